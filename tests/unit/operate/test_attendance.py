"""A worker whose own connection is gone loses what it holds; one that merely came back does not."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from waiting import eventually

from jmswrap import clock
from jmswrap.message import Message
from jmswrap.operate.attendance import RollCall
from jmswrap.operate.sweeper import Sweeper
from jmswrap.states import State
from jmswrap.store import opening
from jmswrap.store.presence import Attendance
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

WORKER = "host.7~0a1b2c3d"


class Bell:
    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, queue: str) -> None:
        self.rung.append(queue)


@pytest.fixture
def worker(store: Store) -> Iterator[Attendance]:
    attendance = store.attendance(WORKER)
    attendance.arrive()
    yield attendance
    attendance.drop()


@pytest.fixture
def held(store: Store) -> str:
    message = Message(clock.new_id(), "q", "r", b"<a/>")
    store.accept([message])
    store.claim("q", WORKER, 1)
    return message.id


def state(store: Store, message: str) -> State:
    record = store.record(message)
    assert record is not None
    return record.state


def test_a_worker_is_seen_while_its_own_connection_is_there(store: Store, worker: Attendance) -> None:
    roll = store.roll()
    assert list(roll.connections.values()) == [WORKER]
    assert roll.connected == set(roll.connections)
    assert worker.beat(5)
    worker.leave()
    assert store.roll().connections == {}


def test_what_a_gone_worker_held_is_given_back_before_its_lease_is_over(
    store: Store, worker: Attendance, held: str
) -> None:
    bell, gone_at = Bell(), time.monotonic()
    sweeper = Sweeper(store, bell)
    sweeper.start()
    try:
        worker.drop()
        eventually(lambda: state(store, held) is State.QUEUED, "the message to be given back")
        assert time.monotonic() - gone_at < store.limits.lease_ms / 1000 - 5
        eventually(lambda: bell.rung == ["q"], "the ring")
    finally:
        sweeper.stop()
    assert store.roll().connections == {}
    record = store.record(held)
    assert record is not None
    assert record.kills == 1


def test_a_worker_that_comes_back_keeps_what_it_holds(
    store: Store, worker: Attendance, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("jmswrap.operate.attendance.clock.monotonic", lambda: now[0])
    roll_call = RollCall(store, Bell())
    worker.drop()
    eventually(lambda: not store.roll().connected, "the server to notice")
    for now[0], missing in ((101.0, True), (103.0, True)):
        roll_call.call()
        assert roll_call.waits is missing
        assert roll_call.alive == frozenset()
    worker.arrive()
    for now[0] in (104.0, 110.0):
        roll_call.call()
        assert (roll_call.waits, roll_call.alive) == (False, {WORKER})
    assert len(store.roll().connections) == 1
    worker.drop()
    eventually(lambda: not store.roll().connected, "the server to notice")
    # The time counts from anew.
    now[0] = 111.0
    roll_call.call()
    assert state(store, held) is State.IN_FLIGHT
    now[0] = 113.6
    roll_call.call()
    assert state(store, held) is State.QUEUED


def test_a_worker_that_came_back_since_the_roll_was_read_keeps_what_it_holds(
    store: Store, worker: Attendance, held: str
) -> None:
    missed = tuple(store.roll().connections)
    worker.arrive()
    assert store.abandon(WORKER, missed=missed) == ()
    assert state(store, held) is State.IN_FLIGHT
    assert store.roll().connected
    worker.drop()
    assert store.abandon(WORKER, missed=(*missed, *store.roll().connections)) == ("q",)


def test_who_was_here_in_an_earlier_run_of_the_server_is_not_missed(store: Store, held: str) -> None:
    key = f"{store.prefix}:present"
    store.client.hset(key, "0123456789abcdef:7", WORKER)
    roll_call = RollCall(store, Bell())
    roll_call.call()
    assert not roll_call.waits
    assert state(store, held) is State.IN_FLIGHT
    assert store.client.hgetall(key) == {}


def test_a_lease_that_ran_out_under_a_living_worker_is_no_kill(store: Store, held: str) -> None:
    other = Message(clock.new_id(), "q", "r", b"<a/>")
    store.accept([other])
    store.claim("q", "host.8~ffffffff", 1)
    store.sweep()
    store.client.set(f"{store.prefix}:clock", store.limits.lease_ms + 1)
    assert store.sweep(alive={WORKER}).lapsed == 2
    kills = [record.kills for record in map(store.record, (held, other.id)) if record]
    assert kills == [0, 1]


def test_a_supervisor_names_a_worker_by_host_and_process_only(store: Store, held: str, worker: Attendance) -> None:
    assert store.abandon("host.70") == ()
    assert store.abandon("host") == ()
    assert state(store, held) is State.IN_FLIGHT
    assert store.abandon("host.7") == ("q",)
    assert state(store, held) is State.QUEUED
    assert store.roll().connections == {}


def test_a_store_that_tells_nobody_who_is_connected_is_said_once_and_leases_decide(
    store: Store,
    worker: Attendance,
    store_server: EmbeddedServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("jmswrap.operate.attendance.clock.monotonic", lambda: now[0])
    store.client.execute_command("ACL", "SETUSER", "limited", "on", ">secret", "~*", "&*", "+@all", "-client|list")
    try:
        with closing(opening.client(store_server.url)) as client:
            client.connection_pool.connection_kwargs.update(username="limited", password="secret")
            limited = Store(client, store.prefix)
            roll_call = RollCall(limited, Bell())
            with caplog.at_level("WARNING", logger="jmswrap.operate.attendance"):
                for now[0] in (101.0, 105.0, 109.0):
                    roll_call.call()
            assert caplog.text.count("workers-not-seen") == 1
            assert "CLIENT LIST" in caplog.text
            assert (roll_call.alive, roll_call.waits) == (frozenset(), False)
    finally:
        store.client.execute_command("ACL", "DELUSER", "limited")
