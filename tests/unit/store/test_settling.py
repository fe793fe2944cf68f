"""mark_sending, mark_replied, settle, renew and sweep: what becomes of a held message."""

import pytest
from store_desk import Desk

from jmswrap.clock import derived_id
from jmswrap.message import Message, ReceiptStatus
from jmswrap.states import Phase, State
from jmswrap.store.nouns import Hold


def test_marking_counts_the_delivery_once_per_claim(desk: Desk) -> None:
    one = desk.put()
    hold = desk.take()
    assert desk.store.mark_sending([hold, hold], "park") == [True, True]
    record = desk.store.record(one)
    assert record
    assert (record.deliveries, record.phase, record.redelivered) == (1, Phase.SENDING, False)


def test_a_mark_that_is_made_again_keeps_the_policy_of_the_first(desk: Desk) -> None:
    one = desk.put("A")
    hold = desk.take()
    for policy in ("park", "redeliver"):
        assert desk.store.mark_sending([hold], policy) == [True]
    desk.lapse()
    assert desk.state(one) is State.IN_DOUBT


def test_a_lease_that_ran_out_may_not_begin_to_send(desk: Desk) -> None:
    desk.put()
    hold = desk.take()
    desk.pass_ms(desk.store.limits.lease_ms + 1)
    assert desk.store.mark_sending([hold], "park") == [False]


def test_a_renewed_lease_may(desk: Desk) -> None:
    desk.put()
    hold = desk.take()
    desk.pass_ms(desk.store.limits.lease_ms - 1_000)
    assert desk.store.renew("w1", [hold]) == []
    desk.pass_ms(5_000)
    assert desk.store.mark_sending([hold], "park") == [True]


def test_a_hold_that_is_another_workers_now_is_told_as_lost(desk: Desk) -> None:
    desk.put()
    mine = desk.take()
    desk.lapse()
    theirs = desk.take()
    assert desk.store.renew("w1", [mine, theirs]) == [mine]


def test_delivered_leaves_an_attempt_with_the_servers_time(desk: Desk) -> None:
    one = desk.put("A")
    assert desk.settle(desk.take(), State.DELIVERED).done
    (attempt,) = desk.store.attempts(one)
    assert (attempt.outcome, attempt.target, attempt.http_status) == ("DELIVERED", "crm.Create", 200)
    assert abs(attempt.ended_ms - desk.store.record(one).changed_ms) < 1_000  # type: ignore[union-attr]


def test_a_waiting_message_holds_its_key_until_it_is_due(desk: Desk) -> None:
    first, second = desk.put("A"), desk.put("A")
    desk.settle(desk.take(), State.WAITING, wait_ms=2_000, reason="The partner was busy.")
    assert desk.claim() == []
    desk.pass_ms(2_000)
    assert [one.id for one in desk.claim()] == [first]
    assert desk.state(second) is State.QUEUED


def test_a_dead_message_holds_its_key_or_releases_it(desk: Desk) -> None:
    desk.put("A")
    second = desk.put("A")
    desk.settle(desk.take(), State.DEAD, on_dead="release")
    assert desk.take().id == second
    desk.put("B")
    desk.put("B")
    desk.settle(desk.take(), State.DEAD, on_dead="hold")
    assert desk.claim() == []


def test_a_message_in_doubt_holds_its_key(desk: Desk) -> None:
    desk.put("A")
    desk.put("A")
    desk.settle(desk.take(), State.IN_DOUBT)
    assert desk.claim() == []


def test_a_message_handed_back_comes_first_again(desk: Desk) -> None:
    first, _ = desk.put(), desk.put()
    desk.settle(desk.take(), State.QUEUED, attempt=None)
    assert desk.take().id == first
    assert desk.store.record(first).attempts == 0  # type: ignore[union-attr]


def test_settling_twice_under_one_fence_is_done_and_makes_outputs_once(desk: Desk) -> None:
    one = desk.put("A")
    hold = desk.take()
    output = Message(derived_id(one, "reply"), "answers", "back", b"<reply/>", correlation_id=one)
    first = desk.settle(hold, State.DELIVERED, outputs=(output,))
    again = desk.settle(hold, State.DELIVERED, outputs=(output,))
    assert first.done
    assert first.wake == ("answers",)
    assert again.done
    assert [m.message.id for m in desk.store.messages("answers")] == [output.id]
    assert len(desk.store.attempts(one)) == 1


def test_a_replayed_requests_second_answer_is_not_sent(desk: Desk) -> None:
    one = desk.put("A")
    output = Message(derived_id(one, "reply"), "answers", "back", b"<reply/>")
    desk.settle(desk.take(), State.DEAD, outputs=(output,))
    desk.store.replay(one)
    desk.settle(desk.take(), State.DELIVERED, outputs=(output,))
    assert len(desk.store.messages("answers")) == 1


def test_a_dead_message_is_answered_once_however_long_the_store_remembers_the_answer(desk: Desk) -> None:
    one = desk.put("A")
    for attempt in range(3):
        answer = Message(derived_id(one, f"refusal {attempt}"), "answers", "back", b"<refusal/>")
        desk.settle(desk.take(), State.DEAD, outputs=(answer,))
        record = desk.store.record(one)
        assert record
        assert record.answered
        desk.store.replay(one)
    assert len(desk.store.messages("answers")) == 1


def test_a_stale_workers_settlement_is_refused_but_its_attempt_is_kept(desk: Desk) -> None:
    one = desk.put("A")
    stale = desk.take()
    desk.lapse()
    desk.take()
    assert not desk.settle(stale, State.DEAD).done
    assert desk.state(one) is State.IN_FLIGHT
    assert len(desk.store.attempts(one)) == 1


def test_a_stale_workers_success_wins_while_no_redelivery_was_sent(desk: Desk) -> None:
    one, following = desk.put("A"), desk.put("A")
    stale = desk.take()
    desk.store.mark_sending([stale], "redeliver")
    desk.lapse()
    second = desk.take()
    assert desk.settle(stale, State.DELIVERED).done
    assert desk.state(one) is State.DELIVERED
    assert desk.store.mark_sending([second], "redeliver") == [False]
    assert desk.take().id == following


def test_a_stale_workers_success_comes_too_late_once_the_redelivery_is_sent(desk: Desk) -> None:
    one = desk.put("A")
    stale = desk.take()
    desk.store.mark_sending([stale], "redeliver")
    desk.lapse()
    desk.store.mark_sending([desk.take()], "redeliver")
    assert not desk.settle(stale, State.DELIVERED).done
    assert desk.store.record(one).deliveries == 2  # type: ignore[union-attr]


def test_a_late_success_ends_the_doubt(desk: Desk) -> None:
    one, following = desk.put("A"), desk.put("A")
    stale = desk.take()
    desk.store.mark_sending([stale], "park")
    desk.lapse()
    assert desk.state(one) is State.IN_DOUBT
    assert desk.settle(stale, State.DELIVERED).done
    assert desk.take().id == following


@pytest.mark.parametrize(
    ("sent", "policy", "state", "attempts"),
    [
        (False, "park", State.QUEUED, 0),
        (True, "redeliver", State.QUEUED, 1),
        (True, "park", State.IN_DOUBT, 1),
    ],
)
def test_an_expired_lease_means_what_its_phase_says(
    desk: Desk, sent: bool, policy: str, state: State, attempts: int
) -> None:
    one = desk.put("A")
    hold = desk.take()
    if sent:
        desk.store.mark_sending([hold], policy)
    desk.lapse()
    record = desk.store.record(one)
    assert record
    assert (record.state, record.attempts) == (state, attempts)
    assert len(desk.store.attempts(one)) == attempts


def test_an_answer_kept_before_the_crash_is_read_again_by_the_next_worker(desk: Desk) -> None:
    desk.put("A")
    hold = desk.take()
    desk.store.mark_sending([hold], "park")
    assert desk.store.mark_replied(hold, b"<answer/>")
    desk.lapse()
    (again,) = desk.claim()
    assert again.record.phase is Phase.REPLIED
    assert desk.store.reply(again.id) == b"<answer/>"
    desk.settle(Hold(again.id, again.fence), State.DELIVERED)
    assert desk.store.reply(again.id) is None


def test_no_lease_runs_out_until_a_lease_after_the_server_came_back(desk: Desk) -> None:
    one = desk.put("A")
    desk.store.sweep()
    desk.take()
    desk.pass_ms(desk.store.limits.lease_ms + 1_000)
    desk.store.client.hset(f"{desk.store.prefix}:run", "id", "of-another-life")
    assert desk.store.sweep().lapsed == 0
    assert desk.state(one) is State.IN_FLIGHT
    desk.pass_ms(desk.store.limits.lease_ms)
    assert desk.store.sweep().lapsed == 1


def test_the_sweep_expires_purges_and_remembers(desk: Desk) -> None:
    named = Message(derived_id("r", "urn:9"), "q", "r", b"<a/>", source_id="urn:9")
    desk.store.accept([named])
    desk.settle(desk.take(), State.DELIVERED)
    old = desk.put(time_to_live_ms=1_000)
    desk.pass_ms(2_000)
    assert desk.store.sweep().expired == 1
    assert desk.state(old) is State.EXPIRED
    desk.pass_ms(desk.store.limits.retention_ms)
    assert desk.store.sweep().purged == 2
    assert desk.store.record(named.id) is None
    assert desk.store.body(named.id) is None
    (receipt,) = desk.store.accept([named])
    assert receipt.status is ReceiptStatus.DUPLICATE  # type: ignore[union-attr]
    assert desk.store.messages("q") == []
    assert desk.store.client.llen(f"{desk.store.prefix}:log:q") == 0


def test_the_sweep_is_bounded_and_says_that_there_is_more(desk: Desk) -> None:
    for _ in range(5):
        desk.put(delay_ms=1_000)
    desk.pass_ms(1_000)
    swept = desk.store.sweep(limit=2)
    assert (swept.promoted, swept.more) == (2, True)


def test_the_sweep_finds_a_queue_that_nobody_was_woken_for(desk: Desk) -> None:
    desk.put()
    assert desk.store.sweep().wake == ()
    desk.pass_ms(6_000)
    assert desk.store.sweep().wake == ("q",)
    assert desk.store.sweep().wake == ()


def test_a_dead_message_does_not_keep_the_log_of_all_that_came_after_it(desk: Desk) -> None:
    stays = [desk.put() for _ in range(3)]
    for one in desk.claim(3):
        desk.settle(Hold(one.id, one.fence), State.DEAD)
    for _ in range(40):
        desk.put()
        desk.settle(desk.take(), State.DELIVERED)
    waits = desk.put()
    desk.pass_ms(desk.store.limits.retention_ms)
    purged = 0
    for _ in range(20):
        purged += desk.store.sweep(limit=4).purged
    assert purged == 40
    log = desk.store.client.lrange(f"{desk.store.prefix}:log:q", 0, -1)
    assert len(log) < 12
    assert [one.decode() for one in log if desk.store.record(one.decode())] == [*stays, waits]
