"""operate.lua and the reads: what a person can do and see."""

import pytest
from store_desk import Desk

from jmswrap.clock import new_id
from jmswrap.errors import IllegalMove
from jmswrap.message import Message
from jmswrap.states import State
from jmswrap.store import calls
from jmswrap.store.calls import Call
from jmswrap.store.copies import Copies, Verdict
from jmswrap.store.nouns import Hold


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
    desk.wait_for_noon()
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


def corrected(key: str = "A", queue: str = "q") -> Message:
    return Message(new_id(), queue, "r", b"<corrected/>", key=key)


@pytest.mark.parametrize("state", [State.DEAD, State.IN_DOUBT, State.WAITING])
def test_a_replacement_of_what_held_its_key_goes_first(desk: Desk, state: State) -> None:
    one, following = desk.put("A"), desk.put("A")
    desk.settle(desk.take(), state, wait_ms=60_000)
    by = corrected()
    desk.store.replace(one, by, reason=f"replaced by {by.id}")
    record = desk.store.record(one)
    assert record
    assert (record.state, record.reason) == (State.CANCELLED, f"replaced by {by.id}")
    order = []
    for _ in range(2):
        hold = desk.take()
        order.append(hold.id)
        desk.settle(hold, State.DELIVERED)
    assert order == [by.id, following]


def test_a_replacement_of_a_queued_message_takes_its_place(desk: Desk) -> None:
    first, second, third = desk.put("A"), desk.put("A"), desk.put("A")
    by = corrected()
    desk.store.replace(second, by)
    order = []
    for _ in range(3):
        hold = desk.take()
        order.append(hold.id)
        desk.settle(hold, State.DELIVERED)
    assert order == [first, by.id, third]


def test_a_replacement_of_a_scheduled_message_is_not_delivered_earlier(desk: Desk) -> None:
    one = desk.put("A", delay_ms=60_000)
    by = corrected()
    desk.store.replace(one, by)
    old, new = desk.store.record(one), desk.store.record(by.id)
    assert old
    assert new
    assert new.state is State.SCHEDULED
    desk.pass_ms(60_000)
    assert desk.take().id == by.id


def test_a_replacement_that_comes_twice_makes_nothing_twice(desk: Desk) -> None:
    one, by = dead(desk, "hold"), corrected()
    call = Call("operate", ("replace", one, "", "", *calls.put_block(by, "nonce")))
    answers = [desk.store._runner.run(call) for _ in range(2)]
    assert [answer[0] for answer in answers] == [b"OK", b"OK"]
    assert desk.store.queues()[0].counts == {State.CANCELLED: 1, State.QUEUED: 1}
    with pytest.raises(IllegalMove, match="CANCELLED: only a message that is neither"):
        desk.store.replace(one, corrected())


def test_a_replacement_on_another_queue_lets_the_key_go_and_rings_there(desk: Desk) -> None:
    one, following = dead(desk, "hold"), desk.put("A")
    by = corrected(queue="other")
    assert "other" in desk.store.replace(one, by)
    assert desk.take().id == following
    assert desk.store.claim("other", "w1", 1).messages[0].id == by.id


def test_a_replacement_of_what_was_overtaken_needs_a_word(desk: Desk) -> None:
    one, later = dead(desk, "release"), desk.put("A")
    desk.settle(desk.take(), State.DELIVERED)
    by = corrected()
    with pytest.raises(IllegalMove, match=later):
        desk.store.replace(one, by)
    desk.store.replace(one, by, stale_ok=True)
    assert desk.take().id == by.id


@pytest.mark.parametrize(("state", "then"), [(State.DEAD, State.DEAD), (State.WAITING, State.DEAD)])
def test_a_skipped_message_lets_its_key_go_and_stays_for_a_person(desk: Desk, state: State, then: State) -> None:
    one, following = desk.put("A"), desk.put("A")
    desk.settle(desk.take(), state, wait_ms=60_000, reason="No answer.")
    desk.store.skip(one, "Skipped.")
    record = desk.store.record(one)
    assert record
    assert (record.state, record.reason) == (then, "No answer. Skipped.")
    hold = desk.take()
    assert hold.id == following
    desk.settle(hold, State.DELIVERED)
    with pytest.raises(IllegalMove, match="overtaken"):
        desk.store.replay(one)


def test_a_skipped_message_in_doubt_is_still_resolved_by_a_person(desk: Desk) -> None:
    for to in (State.QUEUED, State.DELIVERED, State.DEAD):
        one, following = desk.put("A"), desk.put("A")
        desk.settle(desk.take(), State.IN_DOUBT)
        desk.store.skip(one, "Skipped.")
        assert desk.state(one) is State.IN_DOUBT
        hold = desk.take()
        assert hold.id == following
        desk.settle(hold, State.DELIVERED)
        if to is State.QUEUED:
            with pytest.raises(IllegalMove, match="overtaken"):
                desk.store.resolve(one, to)
        desk.store.resolve(one, to, stale_ok=True)
        assert desk.state(one) is to
        for claimed in desk.claim():
            desk.settle(Hold(claimed.id, claimed.fence), State.DELIVERED)


def test_what_holds_its_key_behind_a_cancelled_message_is_seen_and_skipped(desk: Desk) -> None:
    cancelled, held, following = desk.put("A"), desk.put("A"), desk.put("A")
    desk.store.cancel(cancelled)
    # No claim has met the key since: only a restored copy brings a message behind others into doubt.
    record = desk.store.record(held)
    assert record
    copies = Copies(desk.store.client, desk.store.prefix, desk.store.limits)
    copies.decide([Verdict(held, record.accepted_ms, "doubt")], "Restored.")
    (blocked,) = desk.store.blocked("q")
    assert blocked.by.message.id == held
    desk.store.skip(held, "Skipped.")
    assert desk.take().id == following


def test_only_what_holds_its_key_is_skipped(desk: Desk) -> None:
    one = desk.put("A")
    with pytest.raises(IllegalMove, match="QUEUED: only a message that holds its key"):
        desk.store.skip(one, "Skipped.")
    desk.take()
    with pytest.raises(IllegalMove, match="IN_FLIGHT"):
        desk.store.skip(one, "Skipped.")


def test_who_waits_for_whom_is_told(desk: Desk) -> None:
    one = dead(desk, "hold")
    desk.put("A")
    desk.put("A")
    dead(desk, "hold", key="B")
    (blocked,) = desk.store.blocked("q")
    assert (blocked.key, blocked.by.message.id, blocked.waiting) == ("A", one, 2)
    head = desk.store.head("q", "A")
    assert head
    assert head.message.id == one
    assert desk.store.head("q", "C") is None
