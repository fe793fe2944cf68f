import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from jmswrap.message import Settlement
from jmswrap.states import State
from jmswrap.store.nouns import Hold
from jmswrap.store.store import Store

Run = Callable[..., subprocess.CompletedProcess[str]]


def fail(store: Store, state: State) -> None:
    (claimed,) = store.claim("Orders", "w", 1).messages
    store.settle([Settlement(claimed.id, claimed.fence, state, reason="it said no")])
    store.client.close()


def send(jmswrap: Run, folder: Path) -> str:
    done = jmswrap("send", "--json", "Orders", folder / "samples" / "Place.xml")
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)[0]["message_id"])


def test_a_sent_file_is_a_message_that_can_be_looked_at(jmswrap, folder):
    message = send(jmswrap, folder)
    (listed,) = json.loads(jmswrap("messages", "--json").stdout)
    assert (listed["id"], listed["state"], listed["operation"]) == (message, "QUEUED", "Place")
    assert message in jmswrap("messages").stdout
    (queue,) = json.loads(jmswrap("queues", "--json").stdout)
    assert (queue["name"], queue["counts"], queue["routes"]) == ("Orders", {"QUEUED": 1}, ["Orders"])
    assert "Orders" in jmswrap("queues").stdout
    shown = json.loads(jmswrap("show", "--json", "--body", message).stdout)
    assert shown["type"] == "{urn:example:orders}Place"
    assert "urn:example:orders" in shown["body"]
    assert "QUEUED" in jmswrap("show", message).stdout


def test_a_file_that_does_not_fit_is_refused_and_the_others_are_sent(jmswrap, folder, tmp_path):
    wrong = tmp_path / "wrong.xml"
    wrong.write_text('<Place xmlns="urn:example:orders">\n<quantity>1</quantity></Place>')
    done = jmswrap("send", "Orders", wrong, folder / "samples" / "Place.xml", folder / "samples" / "Tell.xml")
    assert done.returncode == 1
    assert done.stdout.count(" ACCEPTED") == 2
    (sentence,) = done.stderr.splitlines()
    assert "wrong.xml: line 2: " in sentence
    assert "quantity" in sentence


def test_a_soap_envelope_is_opened(jmswrap, folder, tmp_path):
    body = (folder / "samples" / "Place.xml").read_text().partition("?>")[2]
    envelope = tmp_path / "envelope.xml"
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    envelope.write_text(f'<e:Envelope xmlns:e="{soap}"><e:Body>{body}</e:Body></e:Envelope>')
    assert jmswrap("send", "Orders", envelope).returncode == 0


def test_a_route_that_is_not_there_is_one_sentence(jmswrap, folder):
    done = jmswrap("send", "Order", folder / "samples" / "Place.xml")
    assert done.returncode == 1
    assert "has no route `Order`: did you mean `Orders`?" in done.stderr


def test_a_dead_message_is_sent_again_or_buried(jmswrap, folder, held):
    message = send(jmswrap, folder)
    fail(held, State.DEAD)
    (listed,) = json.loads(jmswrap("messages", "--json", "-s", "DEAD").stdout)
    assert listed["reason"] == "it said no"
    assert jmswrap("retry", message).stdout == f"{message}: queued again\n"
    done = jmswrap("bury", message)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    fail(held, State.DEAD)
    assert jmswrap("bury", "--reason", "old", message).returncode == 0


def test_a_message_in_doubt_is_decided(jmswrap, folder, held):
    message = send(jmswrap, folder)
    (claimed,) = held.claim("Orders", "w", 1).messages
    held.settle([Settlement(claimed.id, claimed.fence, State.IN_DOUBT, reason="no answer")])
    assert "only a DEAD message is replayed; decide it with `jmswrap resolve`" in jmswrap("retry", message).stderr
    assert jmswrap("resolve", "--to", "DELIVERED", message).returncode == 0
    assert json.loads(jmswrap("show", "--json", message).stdout)["state"] == "DELIVERED"


def test_an_answer_that_is_kept_is_offered_to_be_read_again(jmswrap, folder, held):
    message = send(jmswrap, folder)
    (claimed,) = held.claim("Orders", "w", 1).messages
    hold = Hold(claimed.id, claimed.fence)
    assert held.mark_sending([hold], "park") == [True]
    assert held.mark_replied(hold, b"{}\n<answer/>")
    held.settle([Settlement(claimed.id, claimed.fence, State.IN_DOUBT, reason="its stylesheet broke")])
    shown = jmswrap("show", message).stdout
    assert f"jmswrap resolve {message} --to ANSWERED" in " ".join(shown.split())
    assert jmswrap("resolve", "--to", "answered", message).stdout == f"{message}: now QUEUED: the answer is read\n"
    assert json.loads(jmswrap("show", "--json", message).stdout)["state"] == "QUEUED"


def test_waiting_messages_are_cancelled_and_the_unknown_one_is_told(jmswrap, folder):
    message = send(jmswrap, folder)
    done = jmswrap("cancel", "nothing", message)
    assert done.returncode == 1
    assert done.stdout == f"{message}: cancelled\n"
    assert "There is no message nothing" in done.stderr


def test_a_queue_is_paused_and_resumed_and_must_be_known(jmswrap, folder):
    assert jmswrap("pause", "-q", "Orders", "--reason", "stock-taking").returncode == 0
    assert json.loads(jmswrap("queues", "--json").stdout)[0]["paused"] == "stock-taking"
    assert jmswrap("pause", "-p", "Orders").returncode == 0
    assert jmswrap("resume", "-q", "Orders").returncode == 0
    assert json.loads(jmswrap("queues", "--json").stdout)[0]["paused"] == "partner Orders"
    assert jmswrap("pause", "-p", "Orders", "--reason", "release weekend").returncode == 0
    assert "yes: partner Orders: release weekend" in jmswrap("queues").stdout
    assert jmswrap("resume", "-p", "Orders").returncode == 0
    assert json.loads(jmswrap("queues", "--json").stdout)[0]["paused"] is None
    assert "did you mean `Orders`?" in jmswrap("pause", "-q", "Order").stderr
    assert jmswrap("pause").returncode == 2


def test_all_dead_messages_that_fit_are_sent_again(jmswrap, folder, held):
    for _ in range(3):
        send(jmswrap, folder)
    claimed = held.claim("Orders", "w", 3).messages
    reasons = ("no such customer", "no such customer", "no such meter")
    for one, reason in zip(claimed, reasons, strict=True):
        held.settle([Settlement(one.id, one.fence, State.DEAD, reason=reason, on_dead="release")])
    done = jmswrap("retry", "--all", "--queue", "Orders", "--reason-has", "no such customer", "--rate", 100)
    assert (done.returncode, done.stdout) == (0, "2 messages queued again\n"), done.stderr
    (queue,) = json.loads(jmswrap("queues", "--json").stdout)
    assert queue["counts"] == {"QUEUED": 2, "DEAD": 1}
    held.client.close()


def test_a_move_needs_ids_or_all_and_not_both(jmswrap):
    for words in (("retry",), ("bury", "--all", "x"), ("cancel", "--queue", "Orders", "x")):
        done = jmswrap(*words)
        assert done.returncode == 2, words
        assert "--all" in done.stderr
    for words, word in ((("--queue", "Ordres"), "queue"), (("--route", "Ordres"), "route")):
        assert f"There is no {word} `Ordres`: did you mean `Orders`?" in jmswrap("retry", "--all", *words).stderr
    done = jmswrap("move", "--all", "--to", "Ordres")
    assert (done.stdout, done.stderr) == ("", "jmswrap: There is no queue `Ordres`: did you mean `Orders`?\n")


def test_a_queue_that_is_not_there_is_told_from_one_that_is_empty(jmswrap):
    assert (done := jmswrap("messages", "-q", "Orders", "--json")).returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
    done = jmswrap("messages", "-q", "Ordres")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no queue `Ordres`: did you mean `Orders`?" in done.stderr
    assert "There is no route `Ordres`: did you mean `Orders`?" in jmswrap("messages", "-r", "Ordres").stderr
