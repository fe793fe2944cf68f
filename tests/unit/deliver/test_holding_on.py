"""What a drain does while the store is away, or answers too late."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from draining import OK, Bells, delivery, drain, finish, order, put, states
from rogue import CONFIRMED, Rogue, request, rogue

from jmswrap import clock
from jmswrap.deliver.crew import Crew
from jmswrap.deliver.held import OWN_SHARE
from jmswrap.deliver.pace import Pace
from jmswrap.errors import StoreDown
from jmswrap.states import State
from jmswrap.store.nouns import Claim
from jmswrap.store.nouns import Limits as StoreLimits
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[tuple[EmbeddedServer, Store]]:
    """A server of its own, to be stopped, with a short lease."""
    with EmbeddedServer(tmp_path / "data") as server, closing(redis.Redis.from_url(server.url)) as client:
        yield server, Store(client, "f", StoreLimits(lease_ms=1_500))


def test_a_call_longer_than_the_lease_keeps_it(store: Store, crew: Crew) -> None:
    short = Store(store.client, store.prefix, StoreLimits(lease_ms=2_000))

    def slow(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        seen.gone.wait(3)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)

    with rogue(slow) as seen:
        one = delivery(seen.address)
        (name,) = put(short, order(1))
        drained = drain(short, crew, one).run()
        finish(one)
    assert drained.delivered == 1
    assert states(short, [name]) == [State.DELIVERED]


def test_a_worker_cut_off_from_the_store_ends_its_calls_before_their_leases(
    fragile: tuple[EmbeddedServer, Store], crew: Crew
) -> None:
    server, store = fragile
    ended: list[float] = []

    def hang(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        server.stop()
        connection.settimeout(60)
        connection.recv(1)
        ended.append(time.monotonic())

    with rogue(hang) as seen:
        one = replace(delivery(seen.address), redeliver=False)
        put(store, order(1))
        begun = time.monotonic()
        drained = drain(store, crew, one).run()
        finish(one)
    assert drained.lost == 1
    # What is late is late by the machine's doing, and not by another lease.
    assert OWN_SHARE < 1
    assert ended[0] - begun < 10


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


class Deaf(Store):
    """Does what it is asked, and now and then does not hear the answer."""

    unheard = 1

    def claim(self, *arguments: Any, **named: Any) -> Claim:
        answer = super().claim(*arguments, **named)
        if answer.messages and self.unheard:
            self.unheard -= 1
            raise StoreDown("the answer was lost on the way")
        return answer


def test_a_claim_whose_answer_was_lost_costs_no_lease(store: Store, crew: Crew) -> None:
    with rogue(OK) as seen:
        one = delivery(seen.address)
        ids = put(store, *(order(number) for number in range(3)))
        began = clock.monotonic()
        pace = Pace(drain_seconds=60, linger_seconds=60, stopping=lambda: len(seen.requests) == 3)
        drained = drain(Deaf(store.client, store.prefix), crew, one, pace).run()
        finish(one)
    assert drained.delivered == 3
    assert set(states(store, ids)) == {State.DELIVERED}
    assert clock.monotonic() - began < store.limits.lease_ms / 1000 / 2


def test_what_a_lost_answer_gave_is_handed_back_when_the_drain_ends(store: Store, crew: Crew) -> None:
    (waiting,) = put(store, order(1))
    bells = Bells()
    with rogue(OK) as seen:
        one = delivery(seen.address)
        ends = iter([False])
        pace = Pace(linger_seconds=0.5, stopping=lambda: next(ends, True))
        drain(Deaf(store.client, store.prefix), crew, one, pace, bells).run()
        finish(one)
        assert seen.requests == []
    assert states(store, [waiting]) == [State.QUEUED]
    assert bells.rung == ["orders"]
