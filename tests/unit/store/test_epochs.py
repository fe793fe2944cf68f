"""_run.lua: what a failover may have lost is never sent as if for the first time."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from store_desk import Desk

from jmswrap.clock import monotonic
from jmswrap.message import Message
from jmswrap.states import State
from jmswrap.store import opening
from jmswrap.store.nouns import Hold
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[EmbeddedServer, Desk]]:
    """A server that nobody else uses, because its replication id is changed."""
    with EmbeddedServer(tmp_path / "data") as server:
        client = opening.client(server.url)
        yield server, Desk(Store(client, "p"))
        client.close()


def take_over(server: EmbeddedServer, desk: Desk) -> None:
    """Make it a server that goes on with another's history, as a promoted replica does."""
    desk.store.client.execute_command("REPLICAOF", "127.0.0.1", "1")
    desk.store.client.execute_command("REPLICAOF", "NO", "ONE")


def test_after_a_failover_what_waited_goes_out_as_possibly_redelivered(own: tuple[EmbeddedServer, Desk]) -> None:
    server, desk = own
    waiting, later = desk.put("A"), desk.put("B", delay_ms=60_000)
    under_way = desk.put(priority=9)
    assert [one.redelivered for one in desk.claim(1)] == [False]
    desk.store.sweep()
    take_over(server, desk)
    (claimed,) = desk.claim()
    assert (claimed.id, claimed.redelivered) == (waiting, True)
    for message in (waiting, later, under_way):
        record = desk.store.record(message)
        assert record is not None
        assert record.perhaps_sent, message


def test_what_comes_after_a_failover_is_not_marked_but_what_comes_of_older_ones_is(
    own: tuple[EmbeddedServer, Desk],
) -> None:
    server, desk = own
    desk.put("A")
    desk.claim(1)
    take_over(server, desk)
    desk.store.sweep()
    old = desk.put("old")
    fresh = desk.store.record(old)
    assert fresh is not None
    assert not fresh.perhaps_sent
    take_over(server, desk)
    (claimed,) = desk.claim()
    forwarded = Message("f" * 26, "out", "", b"<a/>")
    desk.settle(Hold(claimed.id, claimed.fence), State.DELIVERED, outputs=(forwarded,))
    (first,) = desk.store.claim("out", "w2", 5).messages
    assert (first.id, first.redelivered) == ("f" * 26, True)


def test_a_failover_takes_fencing_tokens_that_nobody_can_hold(own: tuple[EmbeddedServer, Desk]) -> None:
    server, desk = own
    desk.put("A")
    before = desk.take()
    take_over(server, desk)
    desk.put("B")
    assert desk.take().fence > before.fence + 1_000


def test_a_restart_from_its_own_disk_marks_nothing(own: tuple[EmbeddedServer, Desk]) -> None:
    server, desk = own
    message = desk.put("A")
    desk.store.sweep()
    process = server.pid
    assert process is not None
    os.kill(process, 9)
    deadline, pause = monotonic() + 30, Event()
    while server.pid in (process, None) and monotonic() < deadline:
        pause.wait(0.02)
    server.wait_ready(30)
    desk.store.sweep()
    (claimed,) = desk.claim()
    assert (claimed.id, claimed.redelivered) == (message, False)
