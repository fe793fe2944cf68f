"""How long a drain stays, and what it leaves behind."""

import socket
import threading
import time
from collections.abc import Callable

from draining import OK, Bells, delivery, drain, finish, order, put, states
from rogue import CONFIRMED, Rogue, request, rogue

from jmswrap.deliver.crew import Crew
from jmswrap.deliver.pace import Pace
from jmswrap.message import Receipt
from jmswrap.states import State
from jmswrap.store.store import Store


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
