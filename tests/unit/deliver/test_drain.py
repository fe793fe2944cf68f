"""A drain on a real store against a partner that answers as told."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from rogue import CONFIRMED, Rogue, answer, fault, request, rogue

from jmswrap import clock
from jmswrap.deliver.crew import Crew
from jmswrap.deliver.delivery import Call, Delivery, Put, QueuePlan
from jmswrap.deliver.drain import Drain
from jmswrap.deliver.pace import Pace
from jmswrap.errors import TransformError
from jmswrap.message import Message, Receipt
from jmswrap.partner.answered import Answered
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.transport import HttpReply, Limits
from jmswrap.retry import Schedule
from jmswrap.states import Phase, State
from jmswrap.store.nouns import Guard, Hold
from jmswrap.store.nouns import Limits as StoreLimits
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

WSDL = Path(__file__).parents[2] / "data/partner/orders.wsdl"
OK = answer("200 OK", CONFIRMED)


class Bells:
    """Remembers who was rung for."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, queue: str) -> None:
        self.rung.append(queue)


@pytest.fixture
def crew() -> Iterator[Crew]:
    crew = Crew(8)
    yield crew
    crew.close()


def order(number: int, key: str = "", route: str = "place") -> Message:
    body = f'<Place xmlns="urn:example:orders"><number>{number}</number><quantity>1</quantity></Place>'
    return Message(clock.new_id(), "orders", route, body.encode(), key=key)


def put(store: Store, *messages: Message) -> list[str]:
    store.accept(messages)
    return [message.id for message in messages]


def delivery(address: str, **options: object) -> Delivery:
    partner = PartnerClient("shop", WSDL, address=address, limits=Limits(read_seconds=5, total_seconds=5))
    return Delivery("place", Call(partner, "Place"), Schedule((0.05,), jitter=0), **options)  # type: ignore[arg-type]


def plan(*deliveries: Delivery) -> QueuePlan:
    return QueuePlan("orders", {one.route: one for one in deliveries}, Guard("shop"))


def drain(store: Store, crew: Crew, one: Delivery, pace: Pace | None = None, bells: Bells | None = None) -> Drain:
    return Drain(store, bells or Bells(), crew, plan(one), "w1", pace or Pace(linger_seconds=0))


def finish(one: Delivery) -> None:
    assert isinstance(one.target, Call)
    one.target.partner.close()


def states(store: Store, ids: list[str]) -> list[State]:
    return [record.state for record in (store.record(name) for name in ids) if record is not None]


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
        together.wait(10)
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
        drained = drain(store, crew, one, Pace(linger_seconds=0.5)).run()
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


def test_a_stop_finishes_what_is_under_way_and_begins_nothing_more(store: Store, crew: Crew) -> None:
    stop = threading.Event()

    def stop_then_answer(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        stop.set()
        seen.gone.wait(0.3)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)

    with rogue(stop_then_answer) as seen:
        one = delivery(seen.address)
        ids = put(store, *(order(number, "k") for number in range(3)))
        drained = drain(store, crew, one, Pace(linger_seconds=5, stopping=stop.is_set)).run()
        finish(one)
    assert drained.delivered == 1
    assert states(store, ids) == [State.DELIVERED, State.QUEUED, State.QUEUED]


def test_a_lingering_drain_takes_what_comes_at_once(store: Store, crew: Crew) -> None:
    with rogue(OK) as seen:
        one = delivery(seen.address)
        put(store, order(1))
        late = threading.Timer(0.2, lambda: put(store, order(2)))
        late.start()
        drained = drain(store, crew, one, Pace(linger_seconds=1)).run()
        late.join()
        finish(one)
    assert drained.delivered == 2


def test_a_drain_on_an_empty_queue_leaves_at_once_when_others_wait(store: Store, crew: Crew) -> None:
    one = delivery("http://127.0.0.1:9/")
    begun = time.monotonic()
    drain(store, crew, one, Pace(linger_seconds=20, others_wait=lambda: True)).run()
    assert time.monotonic() - begun < 2


def test_a_busy_drain_asks_for_another_when_its_time_is_over(store: Store, crew: Crew) -> None:
    bells = Bells()
    with rogue(OK) as seen:
        one = delivery(seen.address)
        put(store, *(order(number) for number in range(400)))
        drained = drain(store, crew, one, Pace(drain_seconds=0.05, linger_seconds=0), bells).run()
        finish(one)
    assert 0 < drained.delivered < 400
    assert bells.rung[-1] == "orders"
    assert store.queues()[0].counts == {State.DELIVERED: drained.delivered, State.QUEUED: 400 - drained.delivered}


def test_a_message_that_comes_after_a_stopped_drain_asks_for_a_wake_up(store: Store, crew: Crew) -> None:
    stop = threading.Event()
    with rogue(OK) as seen:
        one = delivery(seen.address)
        put(store, order(1))
        late = threading.Timer(0.3, stop.set)
        late.start()
        assert drain(store, crew, one, Pace(linger_seconds=20, stopping=stop.is_set)).run().delivered == 1
        late.join()
        finish(one)
    (receipt,) = store.accept([order(2)])
    assert isinstance(receipt, Receipt)
    assert receipt.wake


def test_a_call_longer_than_the_lease_keeps_it(store: Store, crew: Crew) -> None:
    short = Store(store.client, store.prefix, StoreLimits(lease_ms=600))

    def slow(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        seen.gone.wait(1.5)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)

    with rogue(slow) as seen:
        one = delivery(seen.address)
        (name,) = put(short, order(1))
        drained = drain(short, crew, one).run()
        finish(one)
    assert drained.delivered == 1
    assert states(short, [name]) == [State.DELIVERED]


def test_calls_that_last_leave_the_worker_free_for_other_queues(store: Store, crew: Crew) -> None:
    answered = threading.Event()

    def hang_until_told(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        answered.wait(10)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)

    threads: list[threading.Thread] = []

    def leave(work: Callable[[], None]) -> None:
        threads.append(threading.Thread(target=work))
        threads[0].start()

    with rogue(hang_until_told) as seen:
        one = delivery(seen.address)
        ids = put(store, *(order(number) for number in range(3)))
        begun = time.monotonic()
        drain(store, crew, one, Pace(drain_seconds=0.2, linger_seconds=0, leftover=leave)).run()
        assert time.monotonic() - begun < 3
        assert crew.slots == 5
        assert set(states(store, ids)) == {State.IN_FLIGHT}
        answered.set()
        threads[0].join(10)
        finish(one)
    assert crew.slots == 8
    assert set(states(store, ids)) == {State.DELIVERED}


def test_a_message_that_comes_to_an_idle_drain_is_under_way_within_20_ms(store: Store, crew: Crew) -> None:
    arrivals: list[float] = []

    def note(connection: socket.socket, seen: Rogue) -> None:
        while request(connection, seen):
            arrivals.append(time.monotonic())
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)

    sent: list[float] = []
    stop = threading.Event()

    def send() -> None:
        for number in range(10):
            stop.wait(0.13)
            sent.append(time.monotonic())
            put(store, order(number))
        stop.wait(0.3)
        stop.set()

    with rogue(note) as seen:
        one = delivery(seen.address)
        sender = threading.Thread(target=send)
        sender.start()
        drain(store, crew, one, Pace(linger_seconds=5, stopping=stop.is_set)).run()
        sender.join()
        finish(one)
    waits = sorted(arrived - begun for arrived, begun in zip(arrivals, sent, strict=True))
    # Not the median: on a shared machine the slower half may be somebody else's.
    assert waits[3] < 0.02, waits


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[tuple[EmbeddedServer, Store]]:
    """A server of its own, to be stopped, with a short lease."""
    with EmbeddedServer(tmp_path / "data") as server, closing(redis.Redis.from_url(server.url)) as client:
        yield server, Store(client, "f", StoreLimits(lease_ms=1_500))


def test_a_worker_cut_off_from_the_store_ends_its_calls_before_their_leases(
    fragile: tuple[EmbeddedServer, Store], crew: Crew
) -> None:
    server, store = fragile
    ended: list[float] = []

    def hang(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        server.stop()
        connection.settimeout(10)
        connection.recv(1)
        ended.append(time.monotonic())

    with rogue(hang) as seen:
        one = replace(delivery(seen.address), redeliver=False)
        put(store, order(1))
        begun = time.monotonic()
        drained = drain(store, crew, one).run()
        finish(one)
    assert drained.lost == 1
    assert ended[0] - begun < 1.5


def test_a_store_that_comes_back_in_time_loses_nothing(
    fragile: tuple[EmbeddedServer, Store], crew: Crew, tmp_path: Path
) -> None:
    server, store = fragile
    store = Store(store.client, "f", StoreLimits(lease_ms=10_000))

    def restart_then_answer(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        server.stop()
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)
        seen.gone.wait(0.3)
        server.start()

    with rogue(restart_then_answer) as seen:
        one = delivery(seen.address)
        (name,) = put(store, order(1))
        drained = drain(store, crew, one).run()
        finish(one)
    assert drained.delivered == 1
    assert states(store, [name]) == [State.DELIVERED]


def test_an_answer_that_becomes_a_message_is_kept_before_it_is_read(store: Store, crew: Crew) -> None:
    kept: list[tuple[Phase | None, bytes | None]] = []

    def look(document: bytes, given: Mapping[str, str]) -> bytes:
        record = store.record(given["JMSMessageID"])
        assert record is not None
        kept.append((record.phase, store.reply(given["JMSMessageID"])))
        return document

    with rogue(OK) as seen:
        one = delivery(seen.address, reply=Put("answers", steps=(look,)))
        put(store, order(1))
        assert drain(store, crew, one).run().delivered == 1
        finish(one)
    ((phase, raw),) = kept
    assert phase is Phase.REPLIED
    assert raw is not None
    assert raw.endswith(b"\n" + CONFIRMED)


def replied(store: Store, answer: bytes) -> str:
    """Have a worker die between keeping an answer and settling."""
    (name,) = put(store, order(1))
    (claimed,) = store.claim("orders", "dead", 1).messages
    hold = Hold(claimed.id, claimed.fence)
    assert store.mark([(hold, "park")], [(hold, answer)]) == [True, True]
    store.abandon("dead")
    return name


def test_a_kept_answer_is_read_again_without_a_second_call(store: Store, crew: Crew) -> None:
    name = replied(store, Answered("Place", HttpReply(200, {"content-type": "text/xml"}, CONFIRMED)).packed())
    with rogue(OK) as seen:
        one = delivery(seen.address, reply=Put("answers"))
        assert drain(store, crew, one).run().delivered == 1
        finish(one)
        assert seen.requests == []
    assert states(store, [name]) == [State.DELIVERED]
    (answered,) = store.messages("answers")
    assert answered.message.correlation_id == name
    assert [attempt.outcome for attempt in store.attempts(name)] == ["replied"]


@pytest.mark.parametrize(
    "kept", [b"not what we wrote", b"{}\n<a/>", b'{"operation": "Gone", "status": 200, "headers": {}}\n']
)
def test_a_kept_answer_that_cannot_be_read_is_for_a_person(store: Store, crew: Crew, kept: bytes) -> None:
    name = replied(store, kept)
    one = delivery("http://127.0.0.1:9/", reply=Put("answers"))
    assert drain(store, crew, one).run().in_doubt == 1
    finish(one)
    assert states(store, [name]) == [State.IN_DOUBT]


def test_a_kept_answer_whose_route_is_gone_is_for_a_person(store: Store, crew: Crew) -> None:
    name = replied(store, b"any")
    one = replace(delivery("http://127.0.0.1:9/"), route="other")
    drain(store, crew, one).run()
    finish(one)
    assert states(store, [name]) == [State.IN_DOUBT]


def test_a_stop_while_an_answer_is_read_sends_nothing_twice(store: Store, crew: Crew) -> None:
    stop = threading.Event()

    def stop_here(document: bytes, given: object) -> bytes:
        stop.set()
        return document

    with rogue(OK) as seen:
        one = delivery(seen.address, reply=Put("answers", steps=(stop_here,)))
        ids = put(store, *(order(number, "k") for number in range(3)))
        drain(store, crew, one, Pace(linger_seconds=5, stopping=stop.is_set)).run()
        finish(one)
        sent = len(seen.requests)
    assert states(store, ids) == [State.DELIVERED] * sent + [State.QUEUED] * (3 - sent)
    assert len(store.messages("answers")) == sent


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
