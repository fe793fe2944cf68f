"""Messages in doubt whose partner can be asked; dead messages whose sender is told."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from rogue import CONFIRMED, Behaviour, Rogue, envelope, request, rogue

from jmswrap import clock
from jmswrap.app.delivery import truth
from jmswrap.deliver.crew import Crew
from jmswrap.deliver.decide import Tried, decide
from jmswrap.deliver.delivery import Call, Delivery, Probe, Put, QueuePlan
from jmswrap.deliver.drain import Drain
from jmswrap.deliver.pace import Pace
from jmswrap.message import Claimed, Message, Record
from jmswrap.outcome import Called, Outcome
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.transport import Limits
from jmswrap.retry import Schedule
from jmswrap.states import State
from jmswrap.store.nouns import Guard, Hold
from jmswrap.store.store import Store

WSDL = Path(__file__).parents[2] / "data/partner/orders.wsdl"
BODY = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>1</quantity></Place>'
KNOWN = envelope('<PlaceResponse xmlns="urn:example:orders"><confirmation>known</confirmation></PlaceResponse>')


class Bells:
    def ring(self, queue: str) -> None:
        """Nobody sleeps here."""


def question(document: bytes, given: object) -> bytes:
    return document.replace(b"<number>1<", b"<number>did 1 arrive?<")


def answering(said: list[bytes | None], asked: list[bytes | None]) -> Behaviour:
    """Answer orders with ``said`` and questions with ``asked``, in turn; None hangs up after reading."""

    def behave(connection: socket.socket, seen: Rogue) -> None:
        while sent := request(connection, seen):
            turn = asked if b"arrive?" in sent else said
            answer = turn.pop(0) if turn else CONFIRMED
            if answer is None:
                return
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer)

    return behave


def deliver(store: Store, address: str, schedule: Schedule) -> str:
    partner = PartnerClient("shop", WSDL, address=address, limits=Limits(read_seconds=30, total_seconds=30))
    found = truth("o:confirmation = 'known'", {"o": "urn:example:orders"})
    probe = Probe(partner, "Place", found, (question,))
    delivery = Delivery("place", Call(partner, "Place"), schedule, probe=probe)
    message = Message(clock.new_id(), "orders", "place", BODY, key="k")
    store.accept([message])
    crew = Crew(4)
    plan = QueuePlan("orders", {"place": delivery}, Guard("shop"))
    Drain(store, Bells(), crew, plan, "w1", Pace(linger_seconds=1.5)).run()
    crew.close()
    partner.close()
    return message.id


def test_a_message_whose_partner_says_it_arrived_is_delivered(store: Store) -> None:
    with rogue(answering([None], [KNOWN])) as seen:
        name = deliver(store, seen.address, Schedule((0.05,), jitter=0))
        assert len(seen.requests) == 2
    record = store.record(name)
    assert record
    assert (record.state, record.reason) == (State.DELIVERED, "shop Place says that it arrived")
    assert [attempt.target for attempt in store.attempts(name)] == ["shop Place", "shop Place (probe)"]


def test_a_message_whose_partner_says_it_did_not_arrive_is_sent_again(store: Store) -> None:
    with rogue(answering([None], [CONFIRMED])) as seen:
        name = deliver(store, seen.address, Schedule((0.05,), jitter=0))
        assert len(seen.requests) == 3
    record = store.record(name)
    assert record
    assert (record.state, record.deliveries) == (State.DELIVERED, 2)


def test_a_partner_that_does_not_answer_is_asked_again_until_the_list_is_used_up(store: Store) -> None:
    with rogue(answering([None], [None, None, None])) as seen:
        name = deliver(store, seen.address, Schedule((0.05,), max_attempts=2, jitter=0))
        assert len(seen.requests) == 3
    record = store.record(name)
    assert record
    assert (record.state, record.probes) == (State.IN_DOUBT, 2)
    assert "asked shop Place 2 times whether it arrived" in record.reason
    assert store.doubtful("orders", 5) == []


def test_what_a_dead_worker_was_sending_is_asked_about(store: Store) -> None:
    message = Message(clock.new_id(), "orders", "place", BODY)
    store.accept([message])
    (one,) = store.claim("orders", "dead", 1).messages
    assert store.mark([(Hold(one.id, one.fence), "probe")]) == [True]
    store.abandon("dead")
    assert store.sweep().wake == ("orders",)
    assert [found.id for found in store.doubtful("orders", 5)] == [message.id]
    assert store.doubtful("orders", 5) == []


def test_nobody_is_asked_while_the_partner_is_paused(store: Store) -> None:
    message = Message(clock.new_id(), "orders", "place", BODY)
    store.accept([message])
    (one,) = store.claim("orders", "dead", 1).messages
    store.mark([(Hold(one.id, one.fence), "probe")])
    store.abandon("dead")
    store.pause(partner="shop")
    assert store.doubtful("orders", 5, Guard("shop")) == []
    store.resume(partner="shop")
    assert len(store.doubtful("orders", 5, Guard("shop"))) == 1


def claimed(attempts: int = 0) -> Claimed:
    message = Message("m1", "orders", "place", b"", key="k")
    return Claimed(Record(message, State.IN_FLIGHT, 1_000, 2_000, attempts=attempts), BODY, 3)


@pytest.mark.parametrize(
    ("called", "text"),
    [
        (Called(Outcome.UNAVAILABLE, "503"), "given up after 3 attempts: 503"),
        (Called(Outcome.HTTP_REFUSED, "400 Bad Request"), "400 Bad Request"),
        (Called(Outcome.KILLED_WORKERS, "it killed its worker three times"), "it killed its worker three times"),
    ],
)
def test_a_dead_message_tells_its_sender_and_lets_its_key_go(called: Called, text: str) -> None:
    partner = PartnerClient("shop", WSDL)
    schedule = Schedule((1,), max_attempts=3, jitter=0)
    delivery = Delivery("place", Call(partner, "Place"), schedule, on_dead="nack", refusal=Put("nacks"))
    settled = decide(called, claimed(2), delivery, Tried("w", 1, 1))
    assert (settled.state, settled.on_dead) == (State.DEAD, "release")
    (nack,) = settled.outputs
    assert etree.fromstring(nack.body).findtext("{*}faultText") == text
    assert settled.reason == f"negative acknowledgement sent: {text}"
    partner.close()


def test_a_dead_message_whose_sender_cannot_be_told_holds_its_key() -> None:
    def broken(document: bytes, given: object) -> bytes:
        raise etree.LxmlError("no")

    partner = PartnerClient("shop", WSDL)
    refusal = Put("nacks", steps=(broken,))
    delivery = Delivery("place", Call(partner, "Place"), Schedule((1,)), on_dead="nack", refusal=refusal)
    settled = decide(Called(Outcome.HTTP_REFUSED, "400"), claimed(), delivery, Tried("w", 1, 1))
    assert (settled.state, settled.on_dead, settled.outputs) == (State.DEAD, "hold", ())
    assert settled.reason.startswith("400; the message for queue nacks could not be made")
    assert replace(delivery, on_dead="hold").in_doubt == "park"
    partner.close()
