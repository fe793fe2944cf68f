"""A drain on a real store against a partner that answers as told."""

import socket
import threading
from collections.abc import Mapping
from dataclasses import replace

from draining import OK, Bells, delivery, drain, finish, order, plan, put, states
from rogue import CONFIRMED, Rogue, answer, fault, request, rogue

from jmswrap.deliver.crew import Crew
from jmswrap.deliver.delivery import Delivery, Put
from jmswrap.deliver.drain import Drain
from jmswrap.deliver.pace import Pace
from jmswrap.errors import TransformError
from jmswrap.retry import Schedule
from jmswrap.states import State
from jmswrap.store.nouns import Hold
from jmswrap.store.store import Store


def test_everything_on_a_queue_is_delivered_once(store: Store, crew: Crew) -> None:
    with rogue(OK) as seen:
        one = delivery(seen.address)
        ids = put(store, *(order(number, f"k{number % 40}") for number in range(120)))
        drained = drain(store, crew, one).run()
        finish(one)
        assert drained.delivered == 120
        assert len(seen.requests) == 120
        assert set(states(store, ids)) == {State.DELIVERED}


def test_messages_of_one_key_arrive_in_order(store: Store, crew: Crew) -> None:
    with rogue(OK) as seen:
        one = delivery(seen.address)
        put(store, *(order(number, f"k{number % 3}") for number in range(60)))
        drain(store, crew, one).run()
        finish(one)
        numbers = [int(sent.split(b"<number>")[1].split(b"<")[0]) for sent in seen.requests]
    for key in range(3):
        own = [number for number in numbers if number % 3 == key]
        assert own == sorted(own)


def test_calls_are_under_way_at_once(store: Store, crew: Crew) -> None:
    together = threading.Barrier(8)

    def meet(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        together.wait(25)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)

    with rogue(meet) as seen:
        one = delivery(seen.address)
        put(store, *(order(number) for number in range(8)))
        assert drain(store, crew, one).run().delivered == 8
        finish(one)


def test_a_failed_attempt_is_made_again_when_due(store: Store, crew: Crew) -> None:
    tries: list[int] = []

    def twice_busy(connection: socket.socket, seen: Rogue) -> None:
        while request(connection, seen):
            tries.append(1)
            status = "200 OK" if len(tries) > 2 else "503 Service Unavailable"
            body = CONFIRMED if len(tries) > 2 else b""
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    with rogue(twice_busy) as seen:
        one = delivery(seen.address)
        (name,) = put(store, order(1))
        pace = Pace(drain_seconds=60, linger_seconds=60, stopping=lambda: len(tries) == 3)
        drained = drain(store, crew, one, pace).run()
        finish(one)
    assert (drained.retried, drained.delivered) == (2, 1)
    assert [attempt.outcome for attempt in store.attempts(name)] == ["unavailable", "unavailable", "replied"]


def test_a_business_fault_is_dead_and_its_acknowledgement_is_queued(store: Store, crew: Crew) -> None:
    bells = Bells()
    with rogue(answer("500 Internal Server Error", fault("e:Client", "no stock"))) as seen:
        one = delivery(seen.address, refusal=Put("answers"))
        (name,) = put(store, order(1, "k"))
        assert drain(store, crew, one, bells=bells).run().dead == 1
        finish(one)
    record = store.record(name)
    assert record is not None
    assert record.state is State.DEAD
    assert "no stock" in record.reason
    (answered,) = store.messages("answers")
    assert answered.state is State.QUEUED
    assert answered.message.correlation_id == name
    assert bells.rung == ["answers"]


def test_a_reply_goes_on_its_queue(store: Store, crew: Crew) -> None:
    with rogue(OK) as seen:
        one = delivery(seen.address, reply=Put("answers"))
        put(store, order(1))
        drain(store, crew, one).run()
        finish(one)
    (answered,) = store.messages("answers")
    assert answered.message.type == "{urn:example:orders}PlaceResponse"


def test_a_step_changes_what_is_sent_and_its_failure_is_dead(store: Store, crew: Crew) -> None:
    def step(document: bytes, given: object) -> bytes:
        if b"<number>2<" in document:
            raise TransformError("step.xsl:7: no")
        return document.replace(b"<quantity>1<", b"<quantity>9<")

    with rogue(OK) as seen:
        one = delivery(seen.address, steps=(step,))
        second = put(store, order(1), order(2))[1]
        drained = drain(store, crew, one).run()
        finish(one)
        assert (drained.delivered, drained.dead) == (1, 1)
        assert b"<quantity>9<" in seen.requests[0]
    record = store.record(second)
    assert record is not None
    assert record.reason == "step.xsl:7: no"
    assert record.deliveries == 0


def test_a_queue_to_queue_route_passes_messages_on(store: Store, crew: Crew) -> None:
    bells = Bells()
    one = Delivery("place", Put("next"), Schedule((1,)))
    ids = put(store, *(order(number, "k") for number in range(10)))
    assert drain(store, crew, one, bells=bells).run().delivered == 10
    assert set(states(store, ids)) == {State.DELIVERED}
    passed = store.messages("next", newest_first=False)
    assert [record.message.key for record in passed] == ["k"] * 10
    assert "next" in bells.rung


def test_a_message_whose_route_is_unknown_waits(store: Store, crew: Crew) -> None:
    with rogue(OK) as seen:
        one = delivery(seen.address)
        (name,) = put(store, order(1, route="gone"))
        drain(store, crew, one).run()
        finish(one)
        assert seen.requests == []
    record = store.record(name)
    assert record is not None
    assert record.state is State.WAITING
    assert "no route gone" in record.reason


def test_a_step_is_told_when_the_target_may_have_seen_the_message(store: Store, crew: Crew) -> None:
    told: list[str] = []

    def note(document: bytes, given: Mapping[str, str]) -> bytes:
        told.append(given["JMSRedelivered"])
        return document

    with rogue(OK) as seen:
        one = delivery(seen.address, steps=(note,), redeliver=True)
        first = put(store, order(1))[0]
        (claimed,) = store.claim("orders", "dead", 1).messages
        assert not claimed.redelivered
        store.mark_sending([Hold(first, claimed.fence)], "redeliver")
        store.abandon("dead")
        put(store, order(2))
        drain(store, crew, one).run()
        finish(one)
    assert sorted(told) == ["false", "true"]


def test_a_message_that_names_no_route_is_delivered_by_the_one_that_reads_its_queue(store: Store, crew: Crew) -> None:
    with rogue(OK) as seen:
        one = delivery(seen.address)
        (name,) = put(store, order(1, route=""))
        reading = replace(plan(one), reader="place")
        assert Drain(store, Bells(), crew, reading, "w1", Pace(linger_seconds=0)).run().delivered == 1
        finish(one)
        assert states(store, [name]) == [State.DELIVERED]
