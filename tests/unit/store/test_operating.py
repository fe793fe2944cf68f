"""operate.lua and the reads: what a person can do and see."""

import pytest
from store_desk import Desk

from jmswrap.errors import IllegalMove
from jmswrap.states import State


def dead(desk: Desk, on_dead: str, key: str = "A") -> str:
    one = desk.put(key)
    hold = desk.take()
    assert hold.id == one
    desk.settle(hold, State.DEAD, on_dead=on_dead, reason="The partner refused it.")
    return one


def test_a_replayed_message_that_held_its_key_goes_first_with_fresh_attempts(desk: Desk) -> None:
    one = dead(desk, "hold")
    desk.put("A")
    assert desk.store.replay(one, reason="mended") == ()
    record = desk.store.record(one)
    assert record
    assert (record.state, record.attempts, record.reason) == (State.QUEUED, 0, "mended")
    assert desk.take().id == one


def test_a_replayed_message_that_let_its_key_go_takes_its_old_place(desk: Desk) -> None:
    first, second = dead(desk, "release"), dead(desk, "release")
    third = desk.put("A")
    desk.store.replay(second)
    desk.store.replay(first)
    order = []
    for _ in range(3):
        hold = desk.take()
        order.append(hold.id)
        desk.settle(hold, State.DELIVERED)
    assert order == [first, second, third]


def test_a_replay_is_refused_when_a_later_message_of_its_key_was_delivered(desk: Desk) -> None:
    one = dead(desk, "release")
    later = desk.put("A")
    desk.settle(desk.take(), State.DELIVERED)
    with pytest.raises(IllegalMove, match=later):
        desk.store.replay(one)
    desk.store.replay(one, stale_ok=True)
    assert desk.take().id == one


def test_a_buried_message_lets_its_key_go(desk: Desk) -> None:
    one = dead(desk, "hold")
    following = desk.put("A")
    # By now nobody counts on the drain that claimed the first one.
    desk.pass_ms(desk.store.limits.grace_ms + 1)
    assert desk.store.bury(one) == ("q",)
    assert desk.state(one) is State.CANCELLED
    assert desk.take().id == following


@pytest.mark.parametrize("fields", [{}, {"delay_ms": 60_000}])
def test_a_message_that_waits_is_cancelled(desk: Desk, fields: dict[str, object]) -> None:
    one = desk.put("A", **fields)
    following = desk.put("A")
    desk.store.cancel(one, "not wanted")
    assert desk.state(one) is State.CANCELLED
    assert desk.take().id == following


def test_cancelling_a_retry_lets_its_key_go(desk: Desk) -> None:
    one, following = desk.put("A"), desk.put("A")
    desk.settle(desk.take(), State.WAITING, wait_ms=60_000)
    desk.store.cancel(one)
    assert desk.take().id == following


@pytest.mark.parametrize("verb", ["replay", "bury", "cancel"])
def test_a_move_that_the_state_does_not_allow_is_refused_in_a_sentence(desk: Desk, verb: str) -> None:
    one = desk.put()
    desk.settle(desk.take(), State.DELIVERED)
    with pytest.raises(IllegalMove, match="DELIVERED"):
        getattr(desk.store, verb)(one)
    with pytest.raises(IllegalMove, match="no message"):
        getattr(desk.store, verb)("unknown")


@pytest.mark.parametrize("to", [State.QUEUED, State.DELIVERED, State.DEAD])
def test_a_doubt_is_resolved_by_a_person(desk: Desk, to: State) -> None:
    one = desk.put("A")
    desk.put("A")
    desk.settle(desk.take(), State.IN_DOUBT)
    desk.store.resolve(one, to, "looked it up")
    assert desk.state(one) is to
    assert len(desk.claim()) == (0 if to is State.DEAD else 1)


def test_a_doubt_is_not_resolved_to_anything_else(desk: Desk) -> None:
    with pytest.raises(IllegalMove, match="resolved to"):
        desk.store.resolve("any", State.WAITING)


def test_messages_are_listed_by_acceptance_or_state(desk: Desk) -> None:
    one, two, three = desk.put(), desk.put(), desk.put()
    desk.settle(desk.take(), State.DEAD)
    assert [m.message.id for m in desk.store.messages("q")] == [three, two, one]
    assert [m.message.id for m in desk.store.messages("q", newest_first=False, limit=2)] == [one, two]
    assert [m.message.id for m in desk.store.messages("q", State.DEAD)] == [one]
    assert [m.message.id for m in desk.store.messages("q", State.QUEUED)] == [three, two]


def test_a_long_log_is_listed_page_by_page(desk: Desk) -> None:
    everything = [desk.put(str(n)) for n in range(450)]
    assert [m.message.id for m in desk.store.messages("q", limit=1_000)] == everything[::-1]
    assert [m.message.id for m in desk.store.messages("q", limit=1_000, newest_first=False)] == everything


def test_a_queue_is_summed_up(desk: Desk) -> None:
    desk.put("A")
    desk.put("A")
    desk.take()
    (summary,) = desk.store.queues()
    assert summary.counts == {State.QUEUED: 1, State.IN_FLIGHT: 1}
    assert (summary.ready, summary.drains, summary.paused) == (0, 1, None)
    assert 0 <= summary.now_ms - summary.oldest_ms < 60_000


def test_control_totals_balance(desk: Desk) -> None:
    dead(desk, "release")
    desk.put("B")
    desk.settle(desk.take(), State.DELIVERED)
    (day,) = {key.decode().split(":")[2] for key in desk.store.client.keys(f"{desk.store.prefix}:tot:*")}
    assert desk.store.totals("q", day) == {
        "->QUEUED": 2,
        "QUEUED>IN_FLIGHT": 2,
        "IN_FLIGHT>DEAD": 1,
        "IN_FLIGHT>DELIVERED": 1,
    }
