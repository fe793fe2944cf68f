"""How long a drain stays, and what it leaves behind."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from draining import OK, Bells, delivery, drain, finish, order, put, states
from rogue import CONFIRMED, Rogue, request, rogue

from jmswrap.deliver.crew import Crew
from jmswrap.deliver.pace import Pace
from jmswrap.message import Receipt
from jmswrap.states import State
from jmswrap.store.nouns import Claim
from jmswrap.store.store import Store


def test_a_stop_finishes_what_is_under_way_and_begins_nothing_more(store: Store, crew: Crew) -> None:
    stop, heard = threading.Event(), threading.Event()

    def stopping() -> bool:
        if stop.is_set():
            heard.set()
        return stop.is_set()

    def stop_then_answer(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        stop.set()
        heard.wait(20)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)

    with rogue(stop_then_answer) as seen:
        one = delivery(seen.address)
        ids = put(store, *(order(number, "k") for number in range(3)))
        drained = drain(store, crew, one, Pace(linger_seconds=5, stopping=stopping)).run()
        finish(one)
    assert drained.delivered == 1
    assert states(store, ids) == [State.DELIVERED, State.QUEUED, State.QUEUED]


def test_a_lingering_drain_takes_what_comes_at_once(store: Store, crew: Crew) -> None:
    with rogue(OK) as seen:
        one = delivery(seen.address)
        put(store, order(1))
        late = threading.Timer(0.2, lambda: put(store, order(2)))
        late.start()
        pace = Pace(drain_seconds=60, linger_seconds=60, stopping=lambda: len(seen.requests) == 2)
        drained = drain(store, crew, one, pace).run()
        late.join()
        finish(one)
    assert drained.delivered == 2


def test_a_drain_on_an_empty_queue_leaves_at_once_when_others_wait(store: Store, crew: Crew) -> None:
    one = delivery("http://127.0.0.1:9/")
    begun = time.monotonic()
    drain(store, crew, one, Pace(linger_seconds=20, others_wait=lambda: True)).run()
    assert time.monotonic() - begun < 10


def test_a_busy_drain_asks_for_another_when_its_time_is_over(store: Store, crew: Crew) -> None:
    bells = Bells()

    def pensive(connection: socket.socket, seen: Rogue) -> None:
        while request(connection, seen):
            seen.gone.wait(0.02)  # eight at once: no machine gets through more than 200 in half a second
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)

    with rogue(pensive) as seen:
        one = delivery(seen.address)
        put(store, *(order(number) for number in range(400)))
        drained = drain(store, crew, one, Pace(drain_seconds=0.5, linger_seconds=0), bells).run()
        finish(one)
    assert 0 < drained.delivered < 400
    assert bells.rung[-1] == "orders"
    assert store.queues()[0].counts == {State.DELIVERED: drained.delivered, State.QUEUED: 400 - drained.delivered}


def test_a_message_that_comes_after_a_stopped_drain_asks_for_a_wake_up(store: Store, crew: Crew) -> None:
    with rogue(OK) as seen:
        one = delivery(seen.address)
        ids = put(store, order(1))
        pace = Pace(drain_seconds=60, linger_seconds=60, stopping=lambda: states(store, ids) == [State.DELIVERED])
        assert drain(store, crew, one, pace).run().delivered == 1
        finish(one)
    (receipt,) = store.accept([order(2)])
    assert isinstance(receipt, Receipt)
    assert receipt.wake


def test_calls_that_last_leave_the_worker_free_for_other_queues(store: Store, crew: Crew) -> None:
    answered = threading.Event()

    def hang_until_told(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        answered.wait(30)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)

    threads: list[threading.Thread] = []

    def leave(work: Callable[[], None]) -> None:
        threads.append(threading.Thread(target=work))
        threads[0].start()

    with rogue(hang_until_told) as seen:
        one = delivery(seen.address)
        ids = put(store, *(order(number) for number in range(3)))
        begun = time.monotonic()
        drain(store, crew, one, Pace(drain_seconds=1.5, linger_seconds=0, leftover=leave)).run()
        assert time.monotonic() - begun < 20
        assert crew.slots == 5
        assert set(states(store, ids)) == {State.IN_FLIGHT}
        answered.set()
        threads[0].join(30)
        finish(one)
    assert crew.slots == 8
    assert set(states(store, ids)) == {State.DELIVERED}


class Counting(Store):
    """Counts how often it is asked for messages."""

    claims = 0

    def claim(self, *arguments: Any, **named: Any) -> Claim:
        self.claims += 1
        return super().claim(*arguments, **named)


def test_an_idle_drain_is_woken_by_the_message_that_comes_and_asks_for_none_meanwhile(
    store: Store, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jmswrap.deliver.drain.LOOK_AROUND_SECONDS", 60)
    counting = Counting(store.client, store.prefix)
    claims: list[int] = []
    came: list[float] = []

    def note(connection: socket.socket, seen: Rogue) -> None:
        came.append(time.monotonic())
        OK(connection, seen)

    def send() -> None:
        time.sleep(0.5)  # it is idle that long
        claims.append(counting.claims)
        came.append(time.monotonic())
        put(store, order(1))

    with rogue(note) as seen:
        one = delivery(seen.address)
        sender = threading.Thread(target=send)
        sender.start()
        drained = drain(counting, crew, one, Pace(linger_seconds=3)).run()
        sender.join()
        finish(one)
    assert drained.delivered == 1
    # Who looks for messages at intervals asks often, or finds this one when the linger ends.
    assert claims[0] <= 2
    assert came[1] - came[0] < 1.5
