"""A worker ends its calls when it is cut off from the store, and not when the store is merely down."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from waiting import eventually

from jmswrap.deliver.fence import Fence
from jmswrap.store import opening
from jmswrap.store.presence import CUT_OFF_SECONDS, GONE_SECONDS
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store
from jmswrap.worker.presence import BEAT_SECONDS, SILENT_BEATS, Presence

WORKER = "host.7~0a1b2c3d"


class Calls:
    """What a drain holds."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    def __len__(self) -> int:
        return 3

    def abort(self) -> None:
        self.ended.set()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path / "store") as server:
        yield server


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def begun(calls: Calls) -> Iterator[Callable[[Store], Presence]]:
    """Begin a worker's presence on a store; ended with the test."""
    begun: list[Presence] = []

    def begin(store: Store) -> Presence:
        fence = Fence()
        fence.watch(calls)
        presence = Presence(store.attendance(WORKER), fence)
        begun.append(presence)
        presence.begin()
        return presence

    yield begin
    for presence in begun:
        presence.end()


def entries(store: Store) -> set[str]:
    """Return which of the worker's connections are there."""
    roll = store.roll()
    return {entry for entry, worker in roll.connections.items() if worker == WORKER and entry in roll.connected}


def test_a_worker_is_there_before_it_begins_and_not_when_it_has_ended(
    store: Store, begun: Callable[[Store], Presence]
) -> None:
    presence = begun(store)
    assert len(entries(store)) == 1
    presence.end()
    assert store.roll().connections == {}


def test_a_lost_connection_is_made_again_and_no_call_ends(
    store: Store, begun: Callable[[Store], Presence], calls: Calls
) -> None:
    begun(store)
    (before,) = entries(store)
    store.client.execute_command("CLIENT", "KILL", "ID", before.partition(":")[2])
    eventually(lambda: entries(store) - {before}, "another connection")
    assert not calls.ended.wait(CUT_OFF_SECONDS + 1)


def test_a_restart_of_the_store_ends_no_call(
    own_server: EmbeddedServer, begun: Callable[[Store], Presence], calls: Calls
) -> None:
    store = Store(opening.client(own_server.url), "here")
    begun(store)
    (before,) = entries(store)
    own_server.stop()
    assert not calls.ended.wait(CUT_OFF_SECONDS + 1.5)
    own_server.start()
    eventually(lambda: entries(store) - {before}, "the worker in the server's new run")
    assert not calls.ended.is_set()
    store.client.close()


def test_a_store_that_hangs_for_a_moment_ends_no_call(
    own_server: EmbeddedServer, begun: Callable[[Store], Presence], calls: Calls
) -> None:
    store = Store(opening.client(own_server.url), "here")
    begun(store)
    before = entries(store)
    process = own_server.pid
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    try:
        assert not calls.ended.wait(CUT_OFF_SECONDS + 1.5)
    finally:
        os.kill(process, signal.SIGCONT)
    assert entries(store) == before
    store.client.close()


def test_a_worker_that_does_not_reach_the_store_again_ends_its_calls_before_it_is_given_up(
    store: Store, begun: Callable[[Store], Presence], calls: Calls
) -> None:
    """Between the worker and the store stands a way that first breaks and then takes no one through."""
    with Way(store.client.connection_pool.connection_kwargs["path"]) as way:
        client = opening.client(f"unix://{way.path}")
        begun(Store(client, store.prefix))
        (before,) = entries(store)
        cut_at = time.monotonic()
        way.close_but_listen()
        assert calls.ended.wait(CUT_OFF_SECONDS + 20)
        # Before it is given up; a busy machine may be late, but not as late as a silent server makes it.
        assert CUT_OFF_SECONDS < GONE_SECONDS
        assert time.monotonic() - cut_at < SILENT_BEATS * BEAT_SECONDS - 1
        way.open_again()
        eventually(lambda: entries(store) - {before}, "the worker to be back")
        client.close()


class Way:
    """A way to a unix socket for one connection after the other."""

    def __init__(self, behind: str) -> None:
        self.path = f"{behind}-way"
        self._behind = behind
        self._open = True
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def __enter__(self) -> "Way":
        self._listener.bind(self.path)
        self._listener.listen(50)
        self._spawn(self._serve)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._cut()
        for thread in self._threads:
            thread.join(10)
        for one in self._sockets:
            one.close()
        os.unlink(self.path)

    def close_but_listen(self) -> None:
        """Cut what there is; from now on connections are made and nothing answers."""
        self._open = False
        self._cut()

    def open_again(self) -> None:
        self._open = True

    def _cut(self) -> None:
        for one in self._sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(near)
            if self._open:
                far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                far.connect(self._behind)
                self._sockets.append(far)
                for source, sink in ((near, far), (far, near)):
                    self._spawn(self._pass_on, source, sink)

    def _spawn(self, work: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    @staticmethod
    def _pass_on(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
        except OSError:
            return
