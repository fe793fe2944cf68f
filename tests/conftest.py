"""Fixtures for every test: a real store, loopback only."""

import itertools
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import postgres
import pytest

from jmswrap.store import opening
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

_LOOPBACK = ("127.", "::1", "localhost")
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test talks to anything but this machine."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(address: Any) -> None:
        if isinstance(address, tuple) and address[0] and not str(address[0]).startswith(_LOOPBACK):
            raise AssertionError(f"A test tried to connect to {address}; tests use loopback only.")

    def guarded(self: socket.socket, address: Any) -> None:
        checked(address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        checked(address)
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)


@pytest.fixture(scope="session")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One embedded server for the whole run; durable, like the shipped one."""
    folder: Path = tmp_path_factory.mktemp("store")
    with EmbeddedServer(folder) as server:
        yield server


@pytest.fixture
def store(store_server: EmbeddedServer) -> Iterator[Store]:
    """A store of its own for one test: a prefix nobody else has."""
    client = opening.client(store_server.url)
    yield Store(client, f"t{next(_numbers)}")
    client.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL server of the tests' own."""
    with postgres.serving() as url:
        yield url
