import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from examples.queue_to_queue import applications
from jmswrap import queues
from jmswrap.errors import IdReused, IllegalMove, InvalidDocument, LeaseLost, Refused
from jmswrap.message import ReceiptStatus
from jmswrap.states import State
from jmswrap.store.nouns import Limits
from jmswrap.store.opening import client
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

EXAMPLE = Path(__file__).parents[3] / "examples/queue_to_queue"
CONFIG = """jmswrap: 1
name: site
store: {url: URL, prefix: PREFIX, lease_seconds: 3}
workers: {pool: PREFIX}
history: {url: none}
routes:
  orders: {from: {queue: orders}, key: {xpath: /o/@k}, to: {queue: work}}
bridges:
  broker: {host: localhost, to: [{queue: out, destination: /queue/OUT}]}
"""


@pytest.fixture
def folder(tmp_path: Path, store_server: EmbeddedServer) -> Path:
    text = CONFIG.replace("URL", store_server.url).replace("PREFIX", f"take-{tmp_path.name}")
    (tmp_path / "jmswrap.yaml").write_text(text)
    return tmp_path


@pytest.fixture
def held(folder: Path, store_server: EmbeddedServer) -> Store:
    return Store(client(store_server.url), f"take-{folder.name}", Limits(lease_ms=3000))


def state(store: Store, message_id: str) -> State:
    record = store.record(message_id)
    assert record is not None
    return record.state


def test_what_is_put_is_taken_with_its_header_fields(folder: Path, held: Store) -> None:
    with queues.connect(folder) as site:
        receipt = site.put(
            "work",
            "<a/>",
            key="k",
            source_id="s-1",
            correlation_id="c",
            type="Order",
            reply_to="/queue/R",
            priority=7,
            time_to_live_ms=60_000,
            properties={"colour": "red"},
        )
        message = site.receive("work")
        assert message is not None
        assert (message.message_id, message.queue, message.body) == (receipt.message_id, "work", b"<a/>")
        assert (message.key, message.source_id, message.correlation_id) == ("k", "s-1", "c")
        assert (message.type, message.reply_to, message.priority) == ("Order", "/queue/R", 7)
        assert message.expires_ms == message.accepted_ms + 60_000
        assert message.properties == {"colour": "red"}
        assert (message.delivery_count, message.redelivered) == (1, False)
        assert message.element.tag == "a"
        message.done()
        assert state(held, receipt.message_id) is State.DELIVERED
        (attempt,) = held.attempts(receipt.message_id)
        assert (attempt.outcome, attempt.target) == ("taken", "an application")


def test_one_source_id_is_one_message(folder: Path) -> None:
    with queues.connect(folder) as site:
        assert site.put("work", "<a/>", source_id="1").status is ReceiptStatus.ACCEPTED
        assert site.put("work", "<a/>", source_id="1").status is ReceiptStatus.DUPLICATE
        with pytest.raises(IdReused):
            site.put("work", "<b/>", source_id="1")


def test_messages_of_one_key_come_in_order_and_one_at_a_time(folder: Path) -> None:
    with queues.connect(folder) as site:
        for body in ("<a/>", "<b/>"):
            site.put("work", body, key="k")
        site.put("work", "<c/>")
        first, other = site.receive("work"), site.receive("work")
        assert first is not None
        assert other is not None
        assert (first.body, other.body) == (b"<a/>", b"<c/>")
        assert site.receive("work") is None
        first.done()
        assert [message.body for message in site.take("work")] == [b"<b/>"]


def test_what_is_given_back_comes_again_as_redelivered(folder: Path) -> None:
    with queues.connect(folder) as site:
        site.put("work", "<a/>")
        message = site.receive("work")
        assert message is not None
        message.give_back()
        again = site.receive("work")
        assert again is not None
        assert (again.message_id, again.delivery_count, again.redelivered) == (message.message_id, 2, True)
        with pytest.raises(LeaseLost, match="not this process's any more"):
            message.done()
        again.done()


def test_what_is_rejected_is_dead_with_its_reason_and_holds_its_key_if_asked(folder: Path, held: Store) -> None:
    with queues.connect(folder) as site:
        for key, hold_key in (("held", True), ("free", False)):
            dead = site.put("work", "<a/>", key=key).message_id
            site.put("work", f"<{key}/>", key=key)
            message = site.receive("work")
            assert message is not None
            message.reject("no such customer", hold_key)
            record = held.record(dead)
            assert record is not None
            assert (record.state, record.reason) == (State.DEAD, "no such customer")
            assert [attempt.outcome for attempt in held.attempts(dead)] == ["rejected"]
        assert [message.body for message in site.take("work")] == [b"<free/>"]


def test_what_is_left_without_a_word_comes_again_at_the_end_of_the_block(folder: Path) -> None:
    with queues.connect(folder) as site:
        site.put("work", "<a/>")
        assert site.receive("work") is not None
    with queues.connect(folder) as site:
        message = site.receive("work")
        assert message is not None
        assert message.redelivered
        message.done()


def test_a_lease_is_renewed_while_its_taker_works(folder: Path, held: Store) -> None:
    with queues.connect(folder) as site:
        site.put("work", "<a/>")
        message = site.receive("work")
        assert message is not None
        until = time.monotonic() + 4.5  # a lease and a half
        while time.monotonic() < until:
            assert held.sweep().lapsed == 0
            threading.Event().wait(0.2)
        message.done()


TAKER = """
import sys, signal
from jmswrap import queues
with queues.connect(sys.argv[1]) as site:
    message = site.receive("work", 10)
    print(message.message_id, flush=True)
    signal.pause()
"""


def test_what_a_killed_taker_had_comes_again_as_redelivered(folder: Path, held: Store) -> None:
    with queues.connect(folder) as site:
        put = site.put("work", "<a/>").message_id
        with subprocess.Popen([sys.executable, "-c", TAKER, str(folder)], stdout=subprocess.PIPE, text=True) as taker:
            assert taker.stdout is not None
            assert taker.stdout.readline().strip() == put
            os.kill(taker.pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while state(held, put) is State.IN_FLIGHT and time.monotonic() < deadline:
            held.sweep()
            threading.Event().wait(0.1)
        message = site.receive("work", 5)
        assert message is not None
        assert (message.message_id, message.redelivered, message.delivery_count) == (put, True, 2)
        message.done()


def test_a_taker_that_waits_is_rung_for(folder: Path) -> None:
    with queues.connect(folder) as site, queues.connect(folder) as other:
        begun = time.monotonic()
        assert site.receive("work", 0.2) is None
        assert 0.15 < time.monotonic() - begun < 10
        timer = threading.Timer(0.3, other.put, ("work", "<a/>"))
        timer.start()
        message = site.receive("work", 30)
        assert message is not None
        assert time.monotonic() - begun < 20
        message.done()
        timer.join()


def test_what_somebody_else_takes_cannot_be_taken_and_the_unknown_is_told(folder: Path) -> None:
    with queues.connect(folder) as site:
        for queue, said in (("orders", "route `orders` takes"), ("out", "bridge `broker` takes"), ("wrok", "`work`")):
            with pytest.raises(IllegalMove, match=said):
                site.receive(queue)
        with pytest.raises(IllegalMove, match="There is no queue `nowhere`"):
            site.put("nowhere", "<a/>")


def test_what_cannot_be_put_is_refused_with_a_reason(folder: Path) -> None:
    with queues.connect(folder) as site:
        with pytest.raises(InvalidDocument, match="well-formed"):
            site.put("work", "<a>")
        with pytest.raises(InvalidDocument, match="DOCTYPE"):
            site.put("work", "<!DOCTYPE a><a/>")
        with pytest.raises(Refused, match="from 0 to 9"):
            site.put("work", "<a/>", priority=10)


def test_a_queue_that_a_route_reads_is_put_on_as_the_route_says(folder: Path, held: Store) -> None:
    with queues.connect(folder) as site:
        record = held.record(site.put("orders", '<o k="7"/>', correlation_id="c").message_id)
    assert record is not None
    assert (record.message.route, record.message.key, record.message.correlation_id) == ("orders", "7", "c")


def run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jmswrap", *map(str, words), "-c", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def test_put_and_get_from_the_command_line(folder: Path, held: Store, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.xml").write_text(f"<{name}/>")
    files = [tmp_path / f"{name}.xml" for name in "abc"]
    done = run(folder, "put", "work", *files, "--key", "k", "-p", "colour=red", "--priority", "5")
    assert done.returncode == 0, done.stderr
    assert run(folder, "get", "work").stdout == "<a/>\n"
    done = run(folder, "get", "work", "-o", tmp_path / "out")
    assert [file.read_text() for file in (tmp_path / "out").iterdir()] == ["<b/>"]
    assert str(tmp_path / "out") in done.stdout
    assert "(queue work)" in run(folder, "messages").stdout
    (message,) = json.loads(run(folder, "get", "work", "-n", "9", "--json").stdout)
    assert (message["body"], message["key"], message["properties"]) == ("<c/>", "k", {"colour": "red"})
    done = run(folder, "get", "work", "--json")
    assert (done.returncode, done.stdout) == (1, "[]\n")
    done = run(folder, "get", "orders")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    done = run(folder, "put", "work", *files, "--id", "1")
    assert done.returncode == 2
    (summary,) = [one for one in held.queues() if one.name == "work"]
    assert {state: count for state, count in summary.counts.items() if count} == {State.DELIVERED: 3}


def test_what_cannot_be_written_stays_on_its_queue(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<a/>")
    assert run(folder, "put", "work", tmp_path / "a.xml").returncode == 0
    done = run(folder, "get", "work", "-o", tmp_path / "a.xml")
    assert done.returncode == 1
    assert "stays on its queue" in done.stderr
    assert run(folder, "get", "work").stdout == "<a/>\n"


def test_the_example_speaks_through_queues(store_server: EmbeddedServer, tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLE, tmp_path / "example")
    prefix = f"example-{tmp_path.name}"
    text = (folder / "jmswrap.yaml").read_text()
    said = (
        f"store: {{url: '{store_server.url}', prefix: {prefix}}}\nworkers: {{pool: {prefix}}}\nhistory: {{url: none}}\n"
    )
    (folder / "jmswrap.yaml").write_text(text + said)
    for _ in range(2):
        applications.put(9, folder)
    work = [sys.executable, "-m", "jmswrap", "work", "--burst", "-c", str(folder)]
    assert subprocess.run(work, timeout=120, check=False).returncode == 0
    found = applications.work(folder, 0)
    assert sorted(found) == sorted(map(str, range(1, 10)))
    for customer in range(3):
        of_one = [int(number) for number in found if int(number) % 3 == customer]
        assert of_one == sorted(of_one)
