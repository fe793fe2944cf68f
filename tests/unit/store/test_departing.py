"""leaving, depart, waiting, erase, lead: settled messages on their way to the history."""

import pytest
from store_desk import Desk

from jmswrap.message import Attempt, Settlement
from jmswrap.states import State
from jmswrap.store.nouns import Hold, Limits
from jmswrap.store.store import Store

SECOND_MS = 1_000


@pytest.fixture
def kept(store: Store) -> Desk:
    """A store whose settled messages wait for the history after a second."""
    return Desk(Store(store.client, store.prefix, Limits(retention_ms=SECOND_MS, purges=False)))


def delivered(desk: Desk, **fields: object) -> str:
    desk.put(**fields)  # type: ignore[arg-type]
    hold = desk.take()
    desk.settle(hold, State.DELIVERED)
    return hold.id


def test_a_settled_message_is_read_whole_once_its_time_here_is_over(kept: Desk) -> None:
    name = delivered(kept, key="A", body=b"<a>1</a>", properties={"p": "1"})
    assert kept.store.leaving(10, with_bodies=True).messages == ()
    kept.pass_ms(2 * SECOND_MS)
    (one,) = kept.store.leaving(10, with_bodies=True).messages
    assert (one.id, one.body, one.record.state, one.record.message.key) == (name, b"<a>1</a>", State.DELIVERED, "A")
    assert [a.outcome for a in one.attempts] == ["DELIVERED"]
    assert kept.store.leaving(10, with_bodies=False).messages[0].body is None
    assert kept.store.leaving(10, with_bodies=False, overdue_ms=60_000).messages == ()
    assert kept.store.leaving(10, with_bodies=False, without={name}).messages == ()


def test_with_a_history_the_sweep_purges_nothing(kept: Desk) -> None:
    name = delivered(kept)
    kept.pass_ms(10 * SECOND_MS)
    assert kept.store.sweep().purged == 0
    assert kept.store.record(name) is not None
    waiting = kept.store.waiting()
    assert waiting.count == 1
    assert 8 * SECOND_MS < waiting.overdue_ms < 60 * SECOND_MS


def test_what_departs_is_gone_counted_out_and_its_id_remembered(kept: Desk) -> None:
    name = delivered(kept, source_id="order 1")
    kept.pass_ms(2 * SECOND_MS)
    batch = kept.store.leaving(10, with_bodies=True).messages
    assert kept.store.depart(batch) == 1
    assert kept.store.depart(batch) == 0
    keys = {key.decode().split(":", 1)[1] for key in kept.store.client.keys(f"{kept.store.prefix}:*")}
    assert {key for key in keys if name in key} == {f"d:{name}"}
    assert not {"settled", "log:q"} & keys
    assert kept.store.waiting().count == 0
    (queue,) = kept.store.queues()
    assert queue.counts == {}


def test_a_late_attempt_keeps_a_message_until_it_is_read_again(kept: Desk) -> None:
    kept.put()
    late = kept.take()
    kept.store.mark_sending([late], "redeliver")
    kept.lapse()
    second = kept.take()
    kept.settle(second, State.DELIVERED)
    kept.pass_ms(2 * SECOND_MS)
    batch = kept.store.leaving(10, with_bodies=True).messages
    attempt = Attempt(1, 0, 12, "w1", "crm.Create", "TIMED_OUT", "It came too late.")
    kept.store.settle([Settlement(late.id, late.fence, State.WAITING, attempt, 1_000)])
    assert kept.store.depart(batch) == 0
    again = kept.store.leaving(10, with_bodies=True).messages
    assert [a.outcome for a in again[0].attempts] == ["LEASE_EXPIRED", "DELIVERED", "TIMED_OUT"]
    assert kept.store.depart(again) == 1


def test_an_id_without_a_record_does_not_stay_among_the_settled(kept: Desk) -> None:
    kept.store.client.zadd(f"{kept.store.prefix}:settled", {"lost": 1})
    assert kept.store.leaving(10, with_bodies=True).messages == ()
    assert kept.store.waiting().count == 0


def test_a_record_that_cannot_be_read_is_named_and_in_nobodys_way(kept: Desk) -> None:
    name, good = delivered(kept), delivered(kept)
    kept.store.client.set(f"{kept.store.prefix}:m:{name}", b'{"v":9}\n{}')
    kept.pass_ms(2 * SECOND_MS)
    found = kept.store.leaving(10, with_bodies=True)
    assert found.unreadable == (name,)
    assert [one.id for one in found.messages] == [good]


def test_no_more_bodies_are_read_at_once_than_memory_should_hold(kept: Desk) -> None:
    for _ in range(3):
        delivered(kept, body=b"<a>" + b"x" * 5_000_000 + b"</a>")
    kept.pass_ms(2 * SECOND_MS)
    assert len(kept.store.leaving(10, with_bodies=True).messages) == 1
    assert len(kept.store.leaving(10, with_bodies=False).messages) == 3


def test_a_cancelled_message_that_departs_leaves_no_tombstone_behind(kept: Desk) -> None:
    first = kept.put(key="A")
    kept.store.cancel(first)
    kept.pass_ms(2 * SECOND_MS)
    assert kept.store.depart(kept.store.leaving(10, with_bodies=True).messages) == 1
    second = kept.put(key="A")
    assert [one.id for one in kept.claim()] == [second]


def test_erasing_blanks_what_a_settled_message_carried_and_leaves_moving_ones_alone(kept: Desk) -> None:
    done = delivered(kept, key="A", properties={"name": "Ann"}, soap_headers=("<h/>",), correlation_id="c")
    moving = kept.put(key="A")
    kept.pass_ms(2 * SECOND_MS)
    batch = kept.store.leaving(10, with_bodies=True).messages
    assert kept.store.erase([done, moving, "unknown"]) == 1
    record = kept.store.record(done, with_body=True)
    assert record is not None
    assert (record.message.body, record.message.soap_headers, dict(record.message.properties)) == (b"", (), {})
    assert (record.message.correlation_id, record.message.key, record.state) == ("c", "A", State.DELIVERED)
    assert [(a.outcome, a.sentence, a.reply) for a in kept.store.attempts(done)] == [("DELIVERED", "", "")]
    assert kept.store.body(moving) == b"<a/>"
    assert kept.store.depart(batch) == 0
    assert kept.store.leaving(10, with_bodies=True).messages[0].erased_ms > 0


def test_one_leads_at_a_time_until_it_lets_go_or_its_time_is_over(kept: Desk) -> None:
    lead = kept.store.lead
    assert [lead("t", "a", 60_000), lead("t", "b", 60_000), lead("t", "a", 60_000)] == [True, False, True]
    assert lead("t", "b", 0) is False
    assert lead("t", "a", 0) is False
    assert lead("t", "b", 60_000) is True


def test_a_hold_on_a_departed_message_settles_nothing(kept: Desk) -> None:
    kept.put()
    hold = kept.take()
    kept.settle(hold, State.DELIVERED)
    kept.pass_ms(2 * SECOND_MS)
    kept.store.depart(kept.store.leaving(10, with_bodies=True).messages)
    assert kept.settle(Hold(hold.id, hold.fence), State.DELIVERED).done is False
