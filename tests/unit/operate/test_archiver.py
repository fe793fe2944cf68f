"""Settled messages go from a real store into a real database, whatever happens on the way."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import eventually

from jmswrap import clock
from jmswrap.errors import HistoryDown, IllegalMove
from jmswrap.history.history import History
from jmswrap.history.nouns import Search
from jmswrap.history.opening import place
from jmswrap.message import Message, Receipt, Settlement
from jmswrap.operate import archiver
from jmswrap.operate.archiver import Archiver
from jmswrap.operate.erasing import Erased, erase
from jmswrap.states import State
from jmswrap.store.nouns import Limits
from jmswrap.store.store import Store


@pytest.fixture
def kept(store: Store) -> Store:
    """A store whose settled messages are to leave at once."""
    return Store(store.client, store.prefix, Limits(retention_ms=0, purges=False))


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History(place("", tmp_path, tmp_path / "data"), "test")
    yield opened
    opened.close()


def put(store: Store, count: int = 1, **given: object) -> list[str]:
    fields = {"queue": "q", "route": "r", "body": b"<a/>", **given}
    messages = [Message(id=clock.new_id(), **fields) for _ in range(count)]  # type: ignore[arg-type]
    assert all(isinstance(receipt, Receipt) for receipt in store.accept(messages))
    return [message.id for message in messages]


def deliver(store: Store, count: int = 1, **given: object) -> list[str]:
    names = put(store, count, **given)
    claimed = store.claim("q", "w", count).messages
    assert len(claimed) == count
    store.settle([Settlement(one.id, one.fence, State.DELIVERED) for one in claimed])
    return names


def ids(history: History, **search: object) -> set[str]:
    return {kept.id for kept in history.find(Search(limit=10_000, **search))}  # type: ignore[arg-type]


def test_what_is_settled_leaves_for_the_history_and_what_moves_stays(kept, history):
    done, moving = deliver(kept, 3), put(kept, 2)
    work = Archiver(kept, history, "me")
    assert work.archive() is True
    assert work.archive() is False
    assert ids(history) == set(done)
    assert {m.message.id for m in kept.messages("q")} == set(moving)
    assert history.message(done[0], with_body=True).body == b"<a/>"


def test_bodies_are_left_out_where_they_are_not_wanted(kept, history):
    (name,) = deliver(kept)
    Archiver(kept, history, "me", bodies=False).archive()
    assert history.message(name, with_body=True).body is None


def test_a_kill_between_writing_and_deleting_is_made_good_by_the_next_batch(kept, history):
    names = deliver(kept, 3)
    batch = kept.leaving(10, with_bodies=True).messages
    history.keep([archiver._kept(one) for one in batch])  # and then the process is killed
    assert {m.message.id for m in kept.messages("q")} == set(names)
    Archiver(kept, history, "another").archive()
    assert history.extent().messages == 3
    assert kept.messages("q") == []


def test_two_that_carry_the_same_batch_at_once_leave_one_row_each(kept, history):
    deliver(kept, 3)
    batches = [kept.leaving(10, with_bodies=True).messages for _ in range(2)]
    for batch in batches:
        history.keep([archiver._kept(one) for one in batch])
    assert [kept.depart(batch) for batch in batches] == [3, 0]
    assert history.extent().messages == 3


def test_a_duplicate_that_comes_in_between_is_answered_and_the_message_carried_again(kept, history):
    (name,) = deliver(kept, source_id="s")
    batch = kept.leaving(10, with_bodies=True).messages
    history.keep([archiver._kept(one) for one in batch])
    time.sleep(0.002)
    again = Message(id=name, queue="q", route="r", body=b"<a/>", source_id="s")
    (receipt,) = kept.accept([again])
    assert receipt.status == "DUPLICATE"
    assert kept.depart(batch) == 0
    Archiver(kept, history, "me").archive()
    assert kept.record(name) is None
    assert kept.accept([again])[0].status == "DUPLICATE"


def test_while_the_history_is_away_messages_wait_and_one_line_says_so(kept, history, tmp_path, caplog):
    blocker = history.place.file
    blocker.mkdir(parents=True)  # a folder where the file should be
    names = deliver(kept, 3)
    work = Archiver(kept, history, "me", every_seconds=0.01)
    with caplog.at_level("INFO", logger="jmswrap.operate.archiver"):
        work.start()
        eventually(lambda: work._failures >= 3, "three tries")
        assert kept.waiting().count == 3
        assert put(kept), "accepting goes on"
        blocker.rmdir()
        eventually(lambda: kept.waiting().count == 0, "the messages to leave")
        work.stop()
    assert ids(history) == set(names)
    assert caplog.text.count("history-away waiting=3") == 1
    assert caplog.text.count("history-resumed") == 1


def test_a_wrong_address_is_an_error_that_hides_the_password(kept, tmp_path):
    pytest.importorskip("psycopg")
    deliver(kept)
    away = History(place("postgresql://me:secret@127.0.0.1:1/x", tmp_path, tmp_path), "test")
    with pytest.raises(HistoryDown, match=r"check history\.url") as caught:
        Archiver(kept, away, "me").archive()
    assert "secret" not in str(caught.value)
    assert kept.waiting().count == 1


def test_a_message_that_cannot_be_read_stays_and_is_in_nobodys_way(kept, history, caplog):
    bad, *good = deliver(kept, 3)
    kept.client.set(f"{kept.prefix}:m:{bad}", b'{"v":9}\n{}')
    work = Archiver(kept, history, "me")
    while work.archive():
        pass
    assert ids(history) == set(good)
    assert kept.waiting().count == 1
    assert caplog.text.count(f"history-refuses message={bad}") == 1


def test_a_message_that_the_database_cannot_write_stays_and_is_in_nobodys_way(kept, history, caplog):
    bad, *good = deliver(kept, 3)
    record = f"{kept.prefix}:m:{bad}"
    kept.client.set(record, re.sub(rb'"a":\d+', b'"a":99999999999999999999', kept.client.get(record), count=1))
    work = Archiver(kept, history, "me")
    while work.archive():
        pass
    assert ids(history) == set(good)
    assert caplog.text.count(f"history-refuses message={bad}") == 1


def test_one_archiver_works_at_a_time_and_a_patient_one_only_when_others_do_not(kept, history):
    deliver(kept, 3)
    assert Archiver(kept, history, "patient", patience_seconds=30).archive() is False
    assert kept.lead("archive", "another", 60_000)
    assert Archiver(kept, history, "me").archive() is False
    assert kept.lead("archive", "another", 0) is False
    assert Archiver(kept, history, "me").archive() is True
    deliver(kept)
    kept.client.set(f"{kept.prefix}:clock", 31_000)
    kept.lead("archive", "me", 0)
    assert Archiver(kept, history, "patient", patience_seconds=30).archive() is True


def test_the_history_forgets_after_its_days(kept, history):
    deliver(kept, 3)
    work = Archiver(kept, history, "me", retention_days=2)
    work.archive()
    assert work.trim() == 0
    kept.client.set(f"{kept.prefix}:clock", 2 * archiver.DAY_MS + 60_000)
    kept.lead("trim", "me", 0)
    later = Archiver(kept, history, "me", retention_days=2)
    assert later.trim() == 3
    assert later.trim() == 0
    assert history.extent().messages == 0


def test_erasing_reaches_the_store_the_history_and_what_is_on_its_way(kept, history):
    (gone,) = deliver(kept, key="K")
    Archiver(kept, history, "me").archive()
    (here,) = deliver(kept, key="K")
    (other,) = deliver(kept, key="L")
    on_its_way = kept.leaving(10, with_bodies=True).messages
    assert erase(kept, history, "K") == Erased(in_store=1, in_history=1)
    history.keep([archiver._kept(one) for one in on_its_way])  # an archiver that had read before
    kept.depart(on_its_way)
    Archiver(kept, history, "me").archive()
    assert [history.message(name, with_body=True).body for name in (gone, other)] == [None, b"<a/>"]
    assert not history.message(here, with_body=True).body


def test_erasing_takes_the_answers_of_messages_that_left_for_the_history(kept, history):
    (gone,) = deliver(kept, key="K")
    kept.client.set(f"{kept.prefix}:ans:{gone}", b'1 {"kind":"reply"}\n<a/>', px=60_000)
    Archiver(kept, history, "me").archive()
    assert kept.record(gone) is None
    assert erase(kept, history, "K") == Erased(in_store=0, in_history=1)
    assert not kept.client.exists(f"{kept.prefix}:ans:{gone}")


def test_nothing_is_erased_while_a_message_of_the_key_moves(kept, history):
    (done,) = deliver(kept, key="K")
    (moving,) = put(kept, key="K")
    with pytest.raises(IllegalMove, match=f"Message {moving} of key K is QUEUED"):
        erase(kept, history, "K")
    assert kept.body(done) == b"<a/>"
    assert erase(kept, None, "K", "elsewhere") == Erased(0, 0)
