"""Maintenance and paused routes: what a claim leaves where it is."""

from store_desk import Desk

from jmswrap.states import State
from jmswrap.store.nouns import Guard


def test_nothing_is_claimed_inside_a_partners_maintenance(desk: Desk) -> None:
    one = desk.put("A")
    now_ms = desk.store.now_ms()
    guard = Guard("crm", closed=((now_ms - 1_000, now_ms + 60_000), (now_ms + 120_000, now_ms + 180_000)))
    claim = desk.store.claim("q", "w1", 5, guard)
    assert (claim.messages, claim.backlog) == ([], 1)
    assert claim.wait_ms
    assert 50_000 < claim.wait_ms <= 60_000
    desk.pass_ms(60_000)
    assert [found.id for found in desk.claim(guard=guard)] == [one]
    desk.put("B")
    desk.pass_ms(60_000)
    assert desk.claim(guard=guard) == []


def test_a_message_held_by_maintenance_counts_as_old(desk: Desk) -> None:
    desk.put("A")
    now_ms = desk.store.now_ms()
    desk.store.claim("q", "w1", 5, Guard("crm", closed=((0, now_ms + 600_000),)))
    desk.pass_ms(300_000)
    (summary,) = desk.store.queues()
    assert summary.now_ms - summary.oldest_ms >= 300_000


def test_a_paused_route_waits_while_others_on_its_queue_go_on(desk: Desk) -> None:
    first, second = desk.put("A", route="slow"), desk.put("A", route="quick")
    other, alone = desk.put("B", route="quick"), desk.put(route="slow", priority=9)
    desk.store.pause(route="slow", reason="a wrong stylesheet")
    assert [one.id for one in desk.claim()] == [other]
    assert desk.claim() == []
    assert desk.store.queues()[0].ready == 0
    assert desk.store.resume(route="slow") == ("q",)
    assert [one.id for one in desk.claim()] == [alone, first]
    assert desk.state(second) is State.QUEUED


def test_the_sweep_brings_back_what_a_resume_left(desk: Desk) -> None:
    ids = [desk.put(route="slow") for _ in range(1_100)]
    desk.store.pause(route="slow")
    while desk.store.claim("q", "w1", 10).backlog:
        pass
    desk.store.resume(route="slow")
    assert desk.store.queues()[0].ready == 1_000
    desk.store.sweep()
    assert [one.id for one in desk.claim(1_100)] == ids


def test_the_message_behind_a_cancelled_one_of_a_paused_route_goes_on(desk: Desk) -> None:
    first, second = desk.put("A", route="slow"), desk.put("A", route="quick")
    desk.store.pause(route="slow")
    assert desk.claim() == []
    desk.store.cancel(first)
    assert [one.id for one in desk.claim()] == [second]


def test_a_replayed_message_goes_on_before_one_whose_route_is_paused(desk: Desk) -> None:
    first = desk.put("A", route="quick")
    held = desk.take()
    desk.settle(held, State.DEAD, on_dead="release")
    desk.put("A", route="slow")
    desk.store.pause(route="slow")
    assert desk.claim() == []
    desk.store.replay(first)
    assert [one.id for one in desk.claim()] == [first]


def test_the_message_behind_a_late_success_of_a_paused_route_goes_on(desk: Desk) -> None:
    first, second = desk.put("A", route="slow"), desk.put("A", route="quick")
    held = desk.take()
    desk.lapse()
    assert desk.state(first) is State.QUEUED
    desk.store.pause(route="slow")
    assert desk.claim() == []
    assert desk.settle(held, State.DELIVERED).done
    assert [one.id for one in desk.claim()] == [second]
