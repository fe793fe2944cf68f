"""A drain that died had armed its queue for itself: nobody else was on the way."""

from dataclasses import replace

from store_desk import Desk

from jmswrap.clock import new_id
from jmswrap.message import Message, Receipt
from jmswrap.states import State
from jmswrap.store.nouns import Hold, Limits
from jmswrap.store.store import Store


def test_what_comes_after_an_abandoned_drain_rings_at_once(desk: Desk) -> None:
    one = desk.put("A")
    hold = desk.take()
    desk.store.mark_sending([hold], "park")
    assert desk.store.abandon("w1") == ()
    assert desk.state(one) is State.IN_DOUBT
    assert desk.store.resolve(one, State.QUEUED) == ("q",)


def test_an_abandoned_drain_leaves_no_ready_message_waiting(desk: Desk) -> None:
    desk.put()
    (one,) = desk.claim()
    desk.settle(Hold(one.id, one.fence), State.DELIVERED)
    desk.put()  # trusted to the drain, which is dead
    assert desk.store.abandon("w1") == ("q",)


def test_a_lease_shorter_than_a_wake_ups_grace_is_not_waited_for_twice(desk: Desk) -> None:
    limits = replace(Limits(), lease_ms=1_000)
    store = Store(desk.store.client, desk.store.prefix, limits)
    desk = Desk(store)
    store.sweep()
    desk.pass_ms(1_000)
    desk.put("A")
    desk.take()
    desk.pass_ms(1_100)
    assert store.sweep().wake == ("q",)
    assert store.sweep().wake == ()


def test_a_ring_on_its_way_is_not_repeated_by_the_sweep(desk: Desk) -> None:
    (receipt,) = desk.store.accept([Message(new_id(), "q", "r", b"<a/>")])
    assert isinstance(receipt, Receipt)
    assert receipt.wake
    assert desk.store.sweep().wake == ()
