"""Control totals balance on every day, and say so when they do not."""

import pytest
from store_desk import DAY_MS, Desk

from jmswrap.inspect.totals import totals
from jmswrap.states import State
from jmswrap.store.nouns import Limits
from jmswrap.store.store import Store


@pytest.fixture
def store(store: Store) -> Store:
    """A store whose day does not end while a test runs, but where the test ends it."""
    Desk(store).wait_for_noon()
    return store


def test_what_came_is_what_went_and_what_is_here_on_every_day(store: Store) -> None:
    desk = Desk(Store(store.client, store.prefix, Limits(retention_ms=0)))
    for _ in range(6):
        desk.put()
    desk.settle(desk.take(), State.DELIVERED)
    desk.settle(desk.take(), State.DEAD)
    desk.settle(desk.take(), State.IN_DOUBT)
    desk.store.sweep()
    desk.pass_ms(DAY_MS)
    desk.put(time_to_live_ms=1)
    desk.pass_ms(10)
    desk.store.sweep()
    desk.settle(desk.take(), State.DELIVERED)
    (dead,) = desk.store.messages("q", State.DEAD)
    desk.store.bury(dead.message.id)
    desk.pass_ms(2 * DAY_MS)
    desk.settle(desk.take(), State.DELIVERED)
    found = totals(desk.store)
    assert [(one.brought_forward, one.accepted, one.delivered, one.expired, one.cancelled) for one in found] == [
        (0, 6, 1, 0, 0),
        (5, 1, 1, 1, 1),
        (3, 0, 1, 0, 0),
    ]
    assert [(one.dead, one.in_doubt, one.here) for one in found] == [(1, 1, 3), (0, 1, 2), (0, 1, 1)]
    for one in found:
        gone, left = one.delivered + one.expired + one.cancelled, one.dead + one.in_doubt + one.here
        assert one.brought_forward + one.accepted == gone + left
        assert one.problem == ""
    assert [one.day for one in totals(desk.store, day=found[1].day)] == [found[1].day]
    assert totals(desk.store, queue="other") == []


def test_a_day_that_does_not_balance_is_told_with_the_state(store: Store) -> None:
    desk = Desk(store)
    desk.put()
    desk.store.client.hincrby(f"{store.prefix}:n:q", "QUEUED", 1)
    (one,) = totals(store)
    assert "QUEUED should be 1 and is 2" in one.problem


def test_a_day_that_an_earlier_version_began_is_carried_forward(store: Store) -> None:
    desk = Desk(store)
    desk.put()
    (key,) = store.client.scan_iter(f"{store.prefix}:tot:*")
    store.client.hdel(key, "=at")
    desk.pass_ms(DAY_MS)
    desk.settle(desk.take(), State.DELIVERED)
    (_, second) = totals(store)
    assert (second.brought_forward, second.delivered, second.problem) == (1, 1, "")
    store.client.delete(key)
    assert [one.problem for one in totals(store)] == [""]


def test_a_duplicate_is_counted_and_changes_nothing(store: Store) -> None:
    desk = Desk(store)
    name = desk.put(source_id="a")
    desk.put(id=name, source_id="a")
    (one,) = totals(store)
    assert (one.accepted, one.duplicates, one.problem) == (1, 1, "")


def test_a_clock_that_steps_back_over_midnight_does_not_begin_the_day_before_again(store: Store) -> None:
    desk = Desk(store)
    desk.pass_ms(DAY_MS - desk.store.now_ms() % DAY_MS)
    desk.put()
    desk.pass_ms(-30_000)
    desk.put()
    desk.pass_ms(60_000)
    desk.put()
    (one,) = totals(store)
    assert (one.accepted, one.here, one.problem) == (3, 3, "")
    desk.pass_ms(-DAY_MS)
    desk.put()
    assert len(totals(store)) == 2
