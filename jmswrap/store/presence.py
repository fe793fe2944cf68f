"""Which workers are connected to the store.

A worker keeps one connection for nothing else and writes down which one it is: the server's run
and the connection's id there, under its own name. When the process dies, however it dies, its
kernel closes the connection, and the server's list of clients tells so at once. Whoever sweeps
asks the server for these few connections only, so hundreds of others cost nothing.

What was written down in an earlier run of the server, or on another one, says nothing.
"""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, ReadOnlyError, RedisError, ResponseError
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError

from jmswrap.errors import StoreDown
from jmswrap.store import keys
from jmswrap.store.calls import limits_argument
from jmswrap.store.edge import edge, translated
from jmswrap.store.lua import script
from jmswrap.store.nouns import Limits

CUT_OFF_SECONDS = 2.0
"""A worker that hears nothing from the store for so long, its connection being lost, ends its calls."""

GONE_SECONDS = 2.5
"""A worker whose connection is gone for so long is dead, or has ended its calls before."""

ANSWER_SECONDS = 1.0
"""How long connecting may take, and each answer while the worker says which connection is its own."""

_RUN = re.compile(rb"run_id:([0-9a-f]+)")
_ENDS = (ConnectionRefusedError, FileNotFoundError, ConnectionResetError, BrokenPipeError)
_CLOSED = "Connection closed by server"


class NoServer(StoreDown):
    """Nobody serves at the store's address now; a server that starts there has no workers yet."""


@dataclass(frozen=True, slots=True)
class Roll:
    """Who wrote down a connection in this run of the server, and which of these connections are there."""

    connections: Mapping[str, str] = field(default_factory=dict)
    """RUN:CLIENT → worker."""
    connected: frozenset[str] = frozenset()
    """The RUN:CLIENT that the server lists."""
    stale: tuple[str, ...] = ()
    """What was written down in other runs."""
    refused: str = ""
    """What the server said instead of answering; then nobody knows who is connected."""


class Attendance:
    """A worker's own connection; for one thread."""

    def __init__(self, client: redis.Redis, prefix: str, limits: Limits, worker: str) -> None:
        self.worker = worker
        self._script = ("EVAL", script("attend").text, "0", prefix, limits_argument(limits))
        self._entry = ""
        self._asked = False
        pool = client.connection_pool
        settings = {
            **pool.connection_kwargs,
            "socket_connect_timeout": ANSWER_SECONDS,
            "socket_timeout": ANSWER_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        self._connection: Any = pool.connection_class(**settings)

    def arrive(self) -> None:
        """Connect and write the connection down; NoServer, StoreDown."""
        self.drop()
        try:
            self._connection.connect()
            client = self._said("CLIENT", "ID")
            run = _RUN.search(self._said("INFO", "server"))
            self._entry = f"{run[1].decode() if run else ''}:{client}"
            self._said(*self._script, self._entry, self.worker)
        except (RedisError, OSError) as error:
            self.drop()
            raise _why(error) from error

    def beat(self, seconds: float) -> bool:
        """Ask for a sign of life; False: none came so soon. NoServer, StoreDown: the connection is lost."""
        try:
            if not self._asked:
                self._connection.send_command("PING", check_health=False)
                self._asked = True
            if not self._connection.can_read(timeout=seconds):
                return False
            self._connection.read_response(disconnect_on_error=True)
        except (RedisError, OSError) as error:
            self.drop()
            raise _why(error) from error
        self._asked = False
        return True

    def leave(self) -> None:
        """Say that the worker goes on its own accord; where that fails, whoever sweeps sees it."""
        with contextlib.suppress(RedisError, OSError):
            if self._entry and not self._asked:
                self._said(*self._script, self._entry, "")
        self.drop()

    def drop(self) -> None:
        """Let go of the connection."""
        self._asked = False
        self._connection.disconnect()

    def _said(self, *words: str) -> Any:
        self._connection.send_command(*words, check_health=False)
        return self._connection.read_response(disconnect_on_error=True)


def roll(client: redis.Redis, prefix: str) -> Roll:
    """Read who is connected; StoreDown."""
    with edge():
        try:
            written: Any = client.hgetall(keys.alone(prefix, "present"))
            if not written:
                return Roll()
            here, stale = _of_run(written, client.info("server")["run_id"])
            ids: list[Any] = [entry.partition(":")[2] for entry in here]
            listed: Any = client.client_list(client_id=ids) if ids else []
        except ResponseError as error:
            return Roll(refused=str(error))
    there = {str(one["id"]) for one in listed}
    return Roll(here, frozenset(entry for entry in here if entry.partition(":")[2] in there), stale)


def strike_off(client: redis.Redis, prefix: str, entries: tuple[str, ...]) -> None:
    """Delete what was written down; StoreDown."""
    if entries:
        with edge():
            client.hdel(keys.alone(prefix, "present"), *entries)


def _of_run(written: Mapping[bytes, bytes], run: str) -> tuple[dict[str, str], tuple[str, ...]]:
    found = {entry.decode(): worker.decode() for entry, worker in written.items()}
    here = {entry: worker for entry, worker in found.items() if entry.partition(":")[0] == run}
    return here, tuple(entry for entry in found if entry not in here)


def _why(error: Exception) -> StoreDown:
    """Tell a server that is not there from one that is out of reach: only the latter may give others our work."""
    text = str(translated(error)) if isinstance(error, RedisError) else str(error)
    return NoServer(text) if _nobody(error) else StoreDown(text)


def _nobody(error: BaseException | None) -> bool:
    if isinstance(error, MasterNotFoundError):
        # Without reasons, the sentinels did answer: there is no primary for the moment.
        return " : " not in str(error)
    while error is not None:
        if isinstance(error, (*_ENDS, BusyLoadingError, ReadOnlyError)) or _CLOSED in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
