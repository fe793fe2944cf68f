"""The sweeper finds what is due, rings for it, and outlives a store that is away."""

from pathlib import Path

import pytest
from waiting import eventually

from jmswrap import clock
from jmswrap.errors import StoreDown
from jmswrap.message import Message
from jmswrap.operate.sweeper import Sweeper
from jmswrap.states import State
from jmswrap.store import opening
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store


class Bell:
    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, queue: str) -> None:
        self.rung.append(queue)


def test_what_becomes_due_is_queued_and_rung_for(store: Store) -> None:
    message = Message(id=clock.new_id(), queue="q", route="r", body=b"<a/>", delay_ms=100)
    store.accept([message])
    bell = Bell()
    sweeper = Sweeper(store, bell, every_seconds=0.02)
    sweeper.start()
    try:
        eventually(lambda: "q" in bell.rung, "the ring")
    finally:
        sweeper.stop()
    record = store.record(message.id)
    assert record is not None
    assert record.state is State.QUEUED


def test_a_store_that_is_away_is_said_once_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with EmbeddedServer(tmp_path / "store") as server:
        url = server.url
    client = opening.client(url)
    store = Store(client, "away")
    with pytest.raises(StoreDown):
        Sweeper(store, Bell()).sweep()
    sweeper = Sweeper(store, Bell(), every_seconds=0.02)
    with caplog.at_level("WARNING", logger="jmswrap.operate.sweeper"):
        sweeper.start()
        eventually(lambda: "sweep-failed" in caplog.text, "the warning")
        sweeper.stop()
    assert caplog.text.count("sweep-failed") == 1
    client.close()


def test_a_sweep_that_breaks_is_followed_by_another(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Bell):
        def ring(self, queue: str) -> None:
            if not self.rung:
                self.rung.append("broken")
                raise ValueError("no bell")
            super().ring(queue)

    bell = Broken()
    sweeper = Sweeper(store, bell, every_seconds=0.02)
    sweeper.start()
    try:
        for _ in range(2):
            store.accept([Message(id=clock.new_id(), queue="q", route="r", body=b"<a/>")])
            store.client.incrby(f"{store.prefix}:clock", 200_000)
            eventually(lambda: "broken" in bell.rung, "the broken ring")
        eventually(lambda: "q" in bell.rung, "the next ring")
    finally:
        sweeper.stop()
    assert "sweep-broke" in caplog.text
