"""Calls the roll of the workers and gives back what those held that are gone.

A killed process loses its connections at once. One that is alive and merely lost its connection
comes back with another, or has ended its calls before its leases are ended here
(``store/presence.py`` has both times).
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from jmswrap import clock, log
from jmswrap.store.nouns import Rings
from jmswrap.store.presence import GONE_SECONDS, Roll

_LOG = log.get(__name__)

BETWEEN_SECONDS = 0.2
"""The roll is not called more often."""


class Knows(Protocol):
    """The part of ``store.store.Store`` that is needed."""

    def roll(self) -> Roll:
        """Read who is connected."""

    def strike_off(self, entries: tuple[str, ...]) -> None:
        """Forget connections."""

    def abandon(self, worker: str, *, missed: Collection[str]) -> tuple[str, ...]:
        """End the leases of a worker missed by these connections; returns the queues to wake."""


class RollCall:
    """Looks again and again; for one thread."""

    def __init__(self, store: Knows, bell: Rings) -> None:
        self._store, self._bell = store, bell
        self._called_at = -BETWEEN_SECONDS
        self._missing: dict[str, tuple[frozenset[str], float]] = {}
        self._refused = False
        self.alive: frozenset[str] = frozenset()
        """The workers that are connected."""

    @property
    def waits(self) -> bool:
        """Somebody is missing and may soon have to be given up."""
        return bool(self._missing)

    def call(self) -> None:
        """Look once, unless that was done a moment ago; StoreDown."""
        now = clock.monotonic()
        if now - self._called_at < BETWEEN_SECONDS:
            return
        self._called_at = now
        roll = self._store.roll()
        self._say_refused(roll.refused)
        of_worker = _by_worker(roll.connections)
        self.alive = frozenset(worker for worker, entries in of_worker.items() if entries & roll.connected)
        replaced = [one for worker in self.alive for one in of_worker[worker] - roll.connected]
        self._store.strike_off((*roll.stale, *replaced))
        gone = {worker: entries for worker, entries in of_worker.items() if worker not in self.alive}
        since = {worker: seen_at for worker, (entries, seen_at) in self._missing.items() if entries == gone.get(worker)}
        self._missing = {worker: (entries, since.get(worker, now)) for worker, entries in gone.items()}
        for worker, (entries, seen_at) in list(self._missing.items()):
            if now - seen_at >= GONE_SECONDS:
                self._give_up(worker, entries)

    def _give_up(self, worker: str, entries: frozenset[str]) -> None:
        queues = self._store.abandon(worker, missed=entries)
        del self._missing[worker]
        _LOG.warning("worker-gone", worker=worker, wakes=",".join(queues))
        for queue in queues:
            self._bell.ring(queue)

    def _say_refused(self, said: str) -> None:
        if said and not self._refused:
            _LOG.warning(
                "workers-not-seen",
                reason="the store does not tell who is connected, so what a killed worker held waits for its lease: "
                f"allow its user CLIENT LIST and CLIENT ID ({said})",
            )
        self._refused = bool(said)


def _by_worker(connections: Mapping[str, str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for entry, worker in connections.items():
        found.setdefault(worker, set()).add(entry)
    return {worker: frozenset(entries) for worker, entries in found.items()}
