"""claim.lua: order, guards, and when a wake-up is due."""

import pytest
from store_desk import Desk

from jmswrap.clock import derived_id
from jmswrap.message import Message
from jmswrap.states import State
from jmswrap.store.nouns import Guard, Hold, Limits
from jmswrap.store.store import Store


def ids(desk: Desk, guard: Guard | None = None, limit: int = 10) -> list[str]:
    return [one.id for one in desk.claim(limit, guard=guard)]


def test_a_claim_takes_the_head_of_each_key_and_those_that_stand_alone(desk: Desk) -> None:
    a1, a2, b1, lone = desk.put("A"), desk.put("A"), desk.put("B"), desk.put()
    assert ids(desk) == [a1, b1, lone]
    assert ids(desk) == []
    assert desk.state(a2) is State.QUEUED


def test_priority_goes_first_but_never_overtakes_within_a_key(desk: Desk) -> None:
    low, a1, _ = desk.put(priority=1), desk.put("A", priority=4), desk.put("A", priority=9)
    high = desk.put(priority=9)
    assert ids(desk) == [high, a1, low]


def test_a_key_goes_on_when_its_head_is_delivered(desk: Desk) -> None:
    _, second = desk.put("A"), desk.put("A")
    desk.settle(desk.take(), State.DELIVERED)
    assert ids(desk) == [second]


@pytest.mark.parametrize("stepped_back_ms", [0, 7, 30_000])
def test_messages_that_are_delayed_alike_keep_the_order_of_their_key(desk: Desk, stepped_back_ms: int) -> None:
    """Also those of one millisecond, and where the clock steps back between them."""
    messages = [Message(derived_id("r", str(n)), "q", "r", b"<a/>", key="A", delay_ms=60_000) for n in range(20)]
    desk.store.accept(messages[:12])
    desk.pass_ms(-stepped_back_ms)
    desk.store.accept(messages[12:])
    desk.pass_ms(120_000)
    delivered = []
    for _ in messages:
        hold = desk.take()
        desk.settle(hold, State.DELIVERED)
        delivered.append(hold.id)
    assert delivered == [message.id for message in messages]


def test_a_message_whose_time_ran_out_is_not_delivered(desk: Desk) -> None:
    old, next_one = desk.put("A", time_to_live_ms=1_000), desk.put("A")
    desk.pass_ms(2_000)
    assert ids(desk) == [next_one]
    assert desk.state(old) is State.EXPIRED


def test_a_scheduled_message_comes_when_it_is_due_and_the_claim_says_when(desk: Desk) -> None:
    later = desk.put("A", delay_ms=60_000)
    claim = desk.store.claim("q", "w1", 5)
    assert claim.messages == []
    assert claim.wait_ms
    assert 50_000 < claim.wait_ms <= 60_000
    desk.pass_ms(60_000)
    assert ids(desk) == [later]


def test_a_paused_queue_gives_nothing_until_it_is_resumed(desk: Desk) -> None:
    one = desk.put("A")
    desk.store.pause(queue="q", reason="the partner asked")
    assert ids(desk) == []
    assert desk.store.queues()[0].paused == "the partner asked"
    assert desk.store.resume(queue="q") == ("q",)
    assert ids(desk) == [one]


def test_a_paused_partner_gets_nothing(desk: Desk) -> None:
    desk.put()
    desk.store.pause(partner="crm")
    assert ids(desk, Guard("crm")) == []
    desk.store.resume(partner="crm")
    assert len(ids(desk, Guard("crm"))) == 1


def test_a_partner_gets_no_more_calls_at_once_than_it_has_slots(desk: Desk) -> None:
    for _ in range(5):
        desk.put()
    guard = Guard("crm", concurrency=2)
    first = desk.claim(guard=guard)
    assert len(first) == 2
    claim = desk.store.claim("q", "w2", 5, guard)
    assert (claim.messages, claim.wait_ms, claim.backlog) == ([], 50, 3)
    desk.settle(Hold(first[0].id, first[0].fence), State.DELIVERED)
    assert len(ids(desk, guard)) == 1


def test_a_dead_workers_slot_is_free_when_its_lease_is_over(desk: Desk) -> None:
    desk.put()
    desk.put()
    guard = Guard("crm", concurrency=1)
    assert len(ids(desk, guard)) == 1
    desk.pass_ms(desk.store.limits.lease_ms + 1)
    assert len(ids(desk, guard)) == 1


def test_a_rate_is_kept_over_all_workers(desk: Desk) -> None:
    for _ in range(50):
        desk.put()
    # What a tenth of a second allows may come at once, and never more.
    for _ in range(2):
        assert len(ids(desk, Guard("crm", rate_per_second=20), 50)) == 2
        desk.pass_ms(10_000)
    guard = Guard("erp", rate_per_second=0.01)
    assert len(ids(desk, guard, 50)) == 1
    claim = desk.store.claim("q", "w2", 50, guard)
    assert claim.messages == []
    assert claim.wait_ms
    assert 50_000 < claim.wait_ms <= 100_000
    desk.pass_ms(100_000)
    assert len(ids(desk, guard, 50)) == 1


def test_the_breaker_opens_probes_once_and_closes_again(desk: Desk) -> None:
    for _ in range(6):
        desk.put()
    guard = Guard("crm", breaker_failures=2, breaker_ms=5_000)
    for one in desk.claim(2, guard=guard):
        desk.settle(Hold(one.id, one.fence), State.WAITING, wait_ms=600_000, partner_up=False)
    claim = desk.store.claim("q", "w1", 5, guard)
    assert claim.messages == []
    assert claim.wait_ms
    assert 1_000 < claim.wait_ms <= 5_000
    desk.pass_ms(5_000)
    (probe,) = desk.claim(5, guard=guard)
    assert ids(desk, guard) == []
    desk.settle(Hold(probe.id, probe.fence), State.DELIVERED, partner_up=True)
    assert len(ids(desk, guard)) == 3


def test_a_probe_that_fails_keeps_the_breaker_open(desk: Desk) -> None:
    for _ in range(3):
        desk.put()
    guard = Guard("crm", breaker_failures=1, breaker_ms=5_000)
    for _ in range(2):
        (one,) = desk.claim(1, guard=guard)
        desk.settle(Hold(one.id, one.fence), State.WAITING, wait_ms=600_000, partner_up=False)
        assert ids(desk, guard) == []
        desk.pass_ms(5_000)


def test_a_claim_stops_at_its_cap_of_bytes(desk: Desk) -> None:
    store = Store(desk.store.client, desk.store.prefix, Limits(claim_bytes=1_500))
    for _ in range(4):
        desk.put(body=b"x" * 1_000)
    assert len(store.claim("q", "w", 4).messages) == 2


def wake(store: Store, number: int) -> bool:
    (receipt,) = store.accept([Message(f"{number:026d}", "q", "r", b"<a/>")])
    return receipt.wake  # type: ignore[union-attr]


def test_one_wake_up_is_asked_for_until_it_is_overdue(store: Store) -> None:
    assert [wake(store, n) for n in range(3)] == [True, False, False]
    store.client.incrby(f"{store.prefix}:clock", 5_001)
    assert [wake(store, n) for n in range(3, 6)] == [True, False, False]
    store.client.incrby(f"{store.prefix}:clock", 5_001)
    # The second one in vain: the third comes after twice the time.
    assert not wake(store, 6)


def test_a_claim_that_comes_back_empty_disarms_the_queue(store: Store) -> None:
    assert wake(store, 1)
    assert len(store.claim("q", "w", 5).messages) == 1
    assert not wake(store, 2)
    assert len(store.claim("q", "w", 5).messages) == 1
    assert store.claim("q", "w", 5).messages == []
    assert wake(store, 3)


def test_a_lingering_drain_is_called_by_its_bell_instead_of_a_job(store: Store) -> None:
    assert store.claim("q", "w", 5, linger_ms=60_000).messages == []
    assert not store.listen("q", 0.01)
    assert not wake(store, 1)
    assert store.listen("q", 5)
    assert len(store.claim("q", "w", 5).messages) == 1


def test_a_lingering_drain_that_polls_writes_next_to_nothing(store: Store) -> None:
    store.claim("q", "w", 5, linger_ms=60_000)
    before = store.client.info("persistence")["aof_current_size"]
    for _ in range(20):
        store.claim("q", "w", 5, linger_ms=60_000)
    assert store.client.info("persistence")["aof_current_size"] == before


def test_a_backlog_asks_for_another_drain_once_a_second_up_to_the_cap(store: Store) -> None:
    small = Store(store.client, store.prefix, Limits(messages_per_drain=4, drains_max=2))
    for number in range(3):
        wake(small, number)
    small.claim("q", "w1", 1)
    # In one round trip, which no disk makes last a second.
    receipts = small.accept([Message(f"{number:026d}", "q", "r", b"<a/>") for number in range(3, 8)])
    assert [receipt.wake for receipt in receipts] == [False, False, True, False, False]  # type: ignore[union-attr]
    small.client.incrby(f"{small.prefix}:clock", 1_000)
    small.claim("q", "w2", 1)
    assert not any(wake(small, n) for n in range(8, 20))


def test_a_drain_that_leaves_work_asks_for_another(desk: Desk) -> None:
    desk.put()
    desk.put()
    desk.claim(1)
    assert desk.store.leave("q", "w1")
    desk.claim(1)
    assert not desk.store.leave("q", "w1")


def test_a_lingering_drain_that_leaves_is_not_counted_on(store: Store) -> None:
    store.claim("q", "w", 5, linger_ms=60_000)
    assert not store.leave("q", "w")
    assert wake(store, 1)


def test_a_drain_that_leaves_because_of_the_breaker_asks_for_none(desk: Desk) -> None:
    desk.put()
    desk.put()
    guard = Guard("crm", breaker_failures=1)
    (one,) = desk.claim(1, guard=guard)
    desk.settle(Hold(one.id, one.fence), State.WAITING, wait_ms=600_000, partner_up=False)
    assert ids(desk, guard) == []
    assert not desk.store.leave("q", "w1")
    assert desk.store.sweep().wake == ()
    desk.pass_ms(5_000)
    assert desk.store.sweep().wake == ("q",)


@pytest.mark.parametrize("worker", ["w1", "w2"])
def test_a_dead_workers_messages_come_back_at_once(desk: Desk, worker: str) -> None:
    one = desk.put("A")
    desk.claim(worker=worker)
    assert desk.store.abandon(worker) == ("q",)
    assert ids(desk) == [one]


def test_a_queue_is_woken_again_soon_after_the_clock_went_back(desk: Desk) -> None:
    desk.pass_ms(3_600_000)
    assert wake(desk.store, 1)
    desk.pass_ms(-3_600_000)
    assert desk.store.sweep().wake == ("q",)


def test_a_clock_that_goes_back_holds_no_partner_for_longer_than_its_guards_do(desk: Desk) -> None:
    guard = Guard("crm", rate_per_second=20, breaker_failures=1, breaker_ms=5_000)
    for _ in range(4):
        desk.put()
    desk.pass_ms(3_600_000)
    (one,) = desk.claim(1, guard=guard)
    desk.settle(Hold(one.id, one.fence), State.WAITING, wait_ms=1, partner_up=False)
    desk.pass_ms(-3_600_000)
    assert len(ids(desk, guard)) == 1


def test_leases_run_out_also_when_the_clock_went_back_after_a_restart(desk: Desk) -> None:
    desk.pass_ms(3_600_000)
    desk.store.sweep()
    desk.pass_ms(-3_600_000)
    one = desk.put()
    desk.take()
    desk.lapse()
    assert desk.state(one) is State.QUEUED


def test_dead_drains_do_not_count_for_ever_when_the_clock_went_back(store: Store) -> None:
    few = Store(store.client, store.prefix, Limits(drains_max=1))
    few.client.incrby(f"{few.prefix}:clock", 3_600_000)
    wake(few, 1)
    few.claim("q", "dead", 1)
    few.client.incrby(f"{few.prefix}:clock", -3_600_000)
    assert wake(few, 2)


def test_a_message_that_was_answered_does_not_expire(desk: Desk) -> None:
    one = desk.put("A", time_to_live_ms=60_000)
    hold = desk.take()
    desk.store.mark_sending([hold], "park")
    desk.store.mark_replied(hold, b"<answer/>")
    desk.store.abandon("w1")
    desk.pass_ms(60_001)
    desk.store.sweep()
    assert ids(desk) == [one]


def test_a_claim_looks_at_a_bounded_number_of_tombstones(desk: Desk) -> None:
    messages = [Message(f"{number:026d}", "q", "r", b"<a/>", key="A") for number in range(1_300)]
    desk.store.accept(messages)
    last = desk.put("A")
    for one in messages:
        desk.store.cancel(one.id)
    assert desk.store.claim("q", "w1", 1).messages == []
    assert ids(desk) == [last]


@pytest.mark.parametrize(
    "key", ["~x", "=x", "", 'a"b', "a\\b", "a:b\nc", "\x00\x7f\x1f", "Zürich 日本 😀", " ", "k" * 70_000]
)
def test_any_key_comes_back_as_it_was_and_orders_its_messages(desk: Desk, key: str) -> None:
    first, second = desk.put(key), desk.put(key)
    (one, *others) = desk.claim()
    assert one.record.message.key == key
    assert len(others) == (0 if key else 1)
    desk.settle(Hold(one.id, one.fence), State.DELIVERED, reason=f'said "{key[:50]}"')
    record = desk.store.record(first)
    assert record
    assert (record.message.key, record.reason) == (key, f'said "{key[:50]}"')
    assert key == "" or ids(desk) == [second]


def test_a_priority_beyond_the_ten_is_taken_as_the_nearest(desk: Desk) -> None:
    low, high, normal = desk.put(priority=-3), desk.put(priority=12), desk.put()
    assert ids(desk) == [high, normal, low]


@pytest.mark.parametrize(
    "guard",
    [
        Guard("crm", concurrency=1),
        Guard("crm", rate_per_second=0.1),
        Guard("crm", breaker_failures=1, breaker_ms=5_000),
    ],
)
def test_when_a_guards_wait_ends_the_next_sweep_wakes_the_queue(desk: Desk, guard: Guard) -> None:
    for _ in range(3):
        desk.put()
    (one,) = desk.claim(1, guard=guard)
    desk.settle(Hold(one.id, one.fence), State.WAITING, wait_ms=600_000, partner_up=False)
    if guard.concurrency == 1:
        desk.claim(1, guard=guard)
    for worker in ("w1", "w2"):
        # As drains end: lingering, then without, then leaving.
        waited = desk.store.claim("q", worker, 5, guard, 1_000).wait_ms
        desk.store.claim("q", worker, 5, guard, 0)
        desk.store.claim("q", worker, 0, guard, 0)
        assert not desk.store.leave("q", worker)
    assert waited is not None
    desk.pass_ms(max(waited, 1_000) + 1)
    assert desk.store.sweep().wake == ("q",)
    assert desk.store.sweep().wake == ()


def test_a_claim_that_is_asked_again_gives_the_same_messages(desk: Desk) -> None:
    for key in ("A", "B", "C", "D"):
        desk.put(key)
    guard = Guard("crm", concurrency=2)
    first = desk.store.claim("q", "w1", 5, guard, asked="one")
    assert [one.fence for one in desk.store.claim("q", "w1", 5, guard, asked="one").messages] == [
        one.fence for one in first.messages
    ]
    settled, kept = first.messages
    desk.settle(Hold(settled.id, settled.fence), State.DELIVERED)
    assert [one.id for one in desk.store.claim("q", "w1", 5, guard, asked="one").messages] == [kept.id]
    assert kept.id not in {one.id for one in desk.store.claim("q", "w1", 5, guard, asked="two").messages}
    assert desk.store.claim("q", "w2", 5, guard, asked="one").messages == []


def test_what_was_given_before_is_not_given_once_its_lease_is_over(desk: Desk) -> None:
    one = desk.put("A")
    (first,) = desk.store.claim("q", "w1", 5, asked="one").messages
    desk.lapse()
    (again,) = desk.store.claim("q", "w1", 5, asked="one").messages
    assert (again.id, again.fence > first.fence) == (one, True)
