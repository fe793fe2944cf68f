"""Listings of a store that moves: what stays as it is while somebody looks is not passed over."""

import pytest
from store_desk import Desk

from jmswrap.clock import new_id
from jmswrap.message import Message, Record, Settlement
from jmswrap.states import State

RETENTION_MS = 8 * 86_400_000


def put_many(desk: Desk, count: int, priority: int = 4) -> list[str]:
    messages = [Message(new_id(), "q", "r", b"<a/>", priority=priority) for _ in range(count)]
    desk.store.accept(messages)
    return [message.id for message in messages]


def settle_all(desk: Desk, count: int, state: State) -> None:
    claimed = desk.claim(count)
    assert len(claimed) == count
    desk.store.settle([Settlement(one.id, one.fence, state) for one in claimed])


@pytest.mark.parametrize("newest_first", [True, False])
def test_an_error_queue_is_listed_whole_while_somebody_else_empties_it(desk: Desk, newest_first: bool) -> None:
    ids = put_many(desk, 450)
    settle_all(desk, 450, State.DEAD)
    taken = ids[-200:] if newest_first else ids[:200]

    def meanwhile(record: Record) -> bool:
        while taken:
            desk.store.replay(taken.pop())
        return True

    found = desk.store.messages("q", State.DEAD, 1_000, newest_first, meanwhile)
    stayed = [one.message.id for one in found if desk.state(one.message.id) is State.DEAD]
    assert sorted(stayed) == sorted(ids[:-200] if newest_first else ids[200:])


@pytest.mark.parametrize(("newest_first", "stays_before"), [(True, 0), (False, 0), (False, 1)])
def test_a_queue_is_listed_whole_while_its_log_is_trimmed(desk: Desk, newest_first: bool, stays_before: int) -> None:
    first = put_many(desk, stays_before, 0)
    old = [put_many(desk, 450, 0 if newest_first else 9), put_many(desk, 450, 9 if newest_first else 0)]
    stays = first + old[0 if newest_first else 1]
    settle_all(desk, 450, State.DELIVERED)
    desk.pass_ms(RETENTION_MS)
    swept = False

    def meanwhile(record: Record) -> bool:
        nonlocal swept
        if not swept:
            swept = bool(desk.store.sweep(1_000).purged)
            desk.put()
        return True

    found = [one.message.id for one in desk.store.messages("q", State.QUEUED, 2_000, newest_first, meanwhile)]
    assert swept
    assert set(stays) <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("state", [State.WAITING, State.IN_DOUBT, State.DEAD, State.IN_FLIGHT])
def test_the_oldest_message_is_found_behind_many_that_are_settled(desk: Desk, state: State) -> None:
    put_many(desk, 2_300)
    settle_all(desk, 2_300, State.DELIVERED)
    first = desk.put("A")
    hold = desk.take()
    if state is not State.IN_FLIGHT:
        desk.settle(hold, state, wait_ms=60_000)
    desk.pass_ms(5)
    desk.put("A")
    (queue,) = desk.store.queues()
    record = desk.store.record(first)
    assert record is not None
    assert queue.oldest_ms == record.accepted_ms
