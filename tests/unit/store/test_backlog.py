"""A queue with a cap refuses what comes while it is full, and nothing else."""

import pytest
from store_desk import Desk

from jmswrap.clock import new_id
from jmswrap.errors import IdReused, QueueFull
from jmswrap.message import Message, Receipt, ReceiptStatus
from jmswrap.states import State
from jmswrap.store.nouns import Cap, Hold, Limits
from jmswrap.store.store import Store

BODY = b"<a/>"


def capped(desk: Desk, cap: Cap) -> Store:
    return Store(desk.store.client, desk.store.prefix, Limits(caps={"q": cap}))


def message(source_id: str = "", queue: str = "q", body: bytes = BODY) -> Message:
    return Message(new_id(), queue, "r", body, source_id=source_id)


@pytest.mark.parametrize(
    ("cap", "held"), [(Cap(messages=2), "2 messages"), (Cap(bytes=2 * len(BODY)), "8 bytes of messages")]
)
def test_a_full_queue_refuses_in_a_sentence_until_a_message_is_settled(desk: Desk, cap: Cap, held: str) -> None:
    store = capped(desk, cap)
    one, two, three, elsewhere = store.accept([message(), message(), message(), message(queue="other")])
    assert [type(answer) for answer in (one, two, elsewhere)] == [Receipt] * 3
    assert isinstance(three, QueueFull)
    assert str(three).startswith(f"Queue q is full: it holds {held} that are not settled and `backlog_")
    hold = desk.take()
    assert isinstance(store.accept([message()])[0], QueueFull)
    desk.settle(hold, State.DELIVERED)
    assert isinstance(store.accept([message()])[0], Receipt)


def test_what_came_before_is_answered_by_a_full_queue_too(desk: Desk) -> None:
    store = capped(desk, Cap(messages=1))
    first = message("urn:1")
    store.accept([first])
    (again,) = store.accept([first])
    assert isinstance(again, Receipt)
    assert again.status is ReceiptStatus.DUPLICATE
    (other,) = store.accept([Message(first.id, "q", "r", b"<b/>", source_id="urn:1")])
    assert isinstance(other, IdReused)


def test_what_a_settlement_puts_out_is_never_refused(desk: Desk) -> None:
    store = capped(desk, Cap(messages=1, bytes=1))
    store.accept([message()])
    (claimed,) = store.claim("q", "w1", 1).messages
    outputs = (message(), message())
    desk.settle(Hold(claimed.id, claimed.fence), State.DELIVERED, outputs=outputs)
    assert store.queues()[0].counts == {State.DELIVERED: 1, State.QUEUED: 2}
    assert isinstance(store.accept([message()])[0], QueueFull)


def test_a_queues_bytes_are_those_of_messages_not_settled(desk: Desk) -> None:
    desk.put(body=b"<long-one/>")
    gone = desk.put(body=b"<x/>")
    desk.store.cancel(gone)
    desk.settle(desk.take(), State.DEAD)
    (summary,) = desk.store.queues()
    assert (summary.bytes, summary.counts) == (11, {State.DEAD: 1, State.CANCELLED: 1})
