"""messages, show, history and erase over messages that have left the store."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from jmswrap.history.history import History
from jmswrap.history.opening import place
from jmswrap.message import Attempt, Message, Settlement
from jmswrap.operate.archiver import Archiver
from jmswrap.states import State
from jmswrap.store.nouns import Limits
from jmswrap.store.opening import client
from jmswrap.store.store import Store


@pytest.fixture
def archived(folder: Path, store_server) -> Callable[..., None]:
    """Deliver messages of these ids and carry them into the history; one more, ``here``, stays."""

    def archive(*names: str) -> None:
        store = Store(client(store_server.url), f"cli-{folder.parent.name}", Limits(retention_ms=0, purges=False))
        put(store, *names)
        attempt = Attempt(1, 0, 5, "w", "crm.Place", "DELIVERED", "Taken.", 200, "", "<answer/>")
        for one in store.claim("Orders", "w", 10).messages:
            store.settle([Settlement(one.id, one.fence, State.DELIVERED, attempt)])
        carrier = Archiver(store, History(place("", folder, folder / "data"), store.prefix), "test")
        carrier.archive()
        carrier._history.close()
        put(store, "here")
        store.client.close()

    def put(store: Store, *names: str) -> None:
        for name in names:
            given = {"key": f"K-{name}", "source_id": f"S-{name}", "operation": "Place"}
            store.accept([Message(name, "Orders", "Orders", b"<order/>", **given)])

    return archive


def test_messages_and_show_look_in_the_store_and_in_the_history(jmswrap, archived):
    archived("a", "b")

    def listed(*words: object) -> list[str]:
        done = jmswrap("messages", "--json", *words)
        assert done.returncode == 0, done.stderr
        return [one["id"] for one in json.loads(done.stdout)]

    assert sorted(listed()) == ["a", "b", "here"]
    assert listed()[0] == "here"
    assert sorted(listed("--history")) == ["a", "b"]
    assert listed("--key", "K-a") == ["a"]
    assert listed("--key", "K-here", "--route", "Orders", "--since", "1d") == ["here"]
    assert listed("--source-id", "S-b", "--history", "--since", "2020-01-01") == ["b"]
    assert listed("--since", "2999-01-01") == []
    shown = json.loads(jmswrap("show", "a", "--body", "--json").stdout)
    assert (shown["state"], shown["body"], shown["reply"]) == ("DELIVERED", "<order/>", "<answer/>")
    assert "There is no message x in the store or the history" in jmswrap("show", "x").stderr
    wrong = jmswrap("messages", "--since", "soon")
    assert wrong.returncode == 2
    assert "`soon` is no time: write 2026-03-31" in wrong.stderr


def test_history_says_what_it_holds_and_what_waits(jmswrap, archived, folder):
    archived("a", "b")
    found = json.loads(jmswrap("history", "--json").stdout)
    assert (found["messages"], found["waiting"], found["problem"]) == (2, 0, "")
    assert found["place"] == str(folder / "data" / "history.sqlite")
    assert "waiting for it  0" in jmswrap("history").stdout
    assert "keeps no history" in jmswrap("history", history={"url": "none"}).stdout
    assert "keeps no history: set `history.url`" in jmswrap("messages", "--history", history={"url": "none"}).stderr


def test_a_history_that_is_away_is_said_and_the_store_shown(jmswrap, archived, folder):
    archived("a")
    (folder / "data" / "history.sqlite").write_bytes(b"no database" * 100)
    done = jmswrap("messages", "--json")
    assert [one["id"] for one in json.loads(done.stdout)] == ["here"]
    assert "history-left-out" in done.stderr
    assert "check history.url" in json.loads(jmswrap("history", "--json").stdout)["problem"]


def test_erase_blanks_a_key_and_refuses_while_one_moves(jmswrap, archived):
    archived("a")
    done = jmswrap("erase", "K-a", "--yes", "--json")
    assert json.loads(done.stdout) == {"in_store": 0, "in_history": 1}
    assert json.loads(jmswrap("show", "a", "--body", "--json").stdout)["body"] is None
    refused = jmswrap("erase", "K-here", "--yes")
    assert refused.returncode == 1
    assert "Message here of key K-here is QUEUED" in refused.stderr
    unasked = jmswrap("erase", "K-a")
    assert unasked.returncode == 1
    assert "jmswrap: Nothing was blanked, because nobody answered: say --yes where nobody can." in unasked.stderr


def test_check_knows_addresses_that_cannot_be_and_warns_of_a_file_beside_a_server(jmswrap):
    wrong = jmswrap("check", history={"url": "mysql://db/x"})
    assert wrong.returncode == 1
    assert "write sqlite:///FILE, postgresql://HOST/DB or `none`" in wrong.stderr
    assert "set `history.url` to a PostgreSQL" in jmswrap("check").stderr
    assert "set `history.url` to a PostgreSQL" not in jmswrap("check", history={"url": "none"}).stderr
