"""Expired messages: kept to be seen, or sent on to the queue their route names."""

import pytest
from store_desk import Desk

from jmswrap.clock import derived_id
from jmswrap.message import Message
from jmswrap.states import State


@pytest.mark.parametrize("fields", [{}, {"properties": {"site": "north"}}, {"correlation_id": 'a "p":{ b'}])
def test_what_an_expired_message_carried_goes_to_the_queue_its_route_names(
    desk: Desk, fields: dict[str, object]
) -> None:
    old = desk.put("A", time_to_live_ms=1_000, expired_to="late", body=b"<old/>", **fields)
    desk.pass_ms(2_000)
    assert desk.store.sweep().expired == 1
    record = desk.store.record(old)
    assert record
    assert record.state is State.EXPIRED
    assert record.reason == "Its time to live ran out. What it carried went on to queue late."
    (claimed,) = desk.store.claim("late", "w1", 5).messages
    message = claimed.record.message
    assert (claimed.body, message.key, message.route) == (b"<old/>", "A", "")
    given = dict(fields.get("properties", {}))  # type: ignore[call-overload]
    told = {"expiredMessage": old, "expiredReason": "Its time to live ran out."}
    assert message.properties == {**given, **told}
    assert message.correlation_id == fields.get("correlation_id", "")


def test_what_expired_at_once_is_sent_on_in_the_order_it_came(desk: Desk) -> None:
    messages = [
        Message(derived_id("r", str(n)), "q", "r", b"%d" % n, key="A", time_to_live_ms=1_000, expired_to="late")
        for n in range(12)
    ]
    desk.store.accept(messages)
    desk.pass_ms(2_000)
    assert desk.store.sweep().expired == 12
    late = desk.store.messages("late", newest_first=False)
    assert [desk.store.body(one.message.id) for one in late] == [b"%d" % n for n in range(12)]


def test_a_claim_sends_on_what_it_finds_expired_and_the_sweep_rings(desk: Desk) -> None:
    desk.put("A", time_to_live_ms=1_000, expired_to="late")
    desk.pass_ms(2_000)
    assert desk.claim() == []
    assert "late" in desk.store.sweep().wake
    assert len(desk.store.claim("late", "w1", 5).messages) == 1


def test_an_expired_message_of_a_route_that_names_no_queue_stays_to_be_seen(desk: Desk) -> None:
    old = desk.put("A", time_to_live_ms=1_000)
    desk.pass_ms(2_000)
    desk.store.sweep()
    assert desk.state(old) is State.EXPIRED
    assert [queue.name for queue in desk.store.queues()] == ["q"]
