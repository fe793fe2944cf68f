"""Puts everything that is stored under the key that seals now, so that an old key can be removed.

May be stopped and begun again; workers and gateways go on beside it. A process that still
has the old key first goes on sealing with it: restart those before, or do it again after.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from jmswrap.sealing import Resealed


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come."""

    where: str
    """``store`` or ``history``."""
    looked_at: int
    resealed: int


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What it came to."""

    in_store: int
    in_history: int
    left: Mapping[str, int]
    """Messages still under other keys, by key; '' where they are plain."""
    closed: Mapping[str, int]
    """Of these, messages that cannot be opened, by key."""


class Keeps(Protocol):
    """The part of the store and of the history that is needed."""

    def reseal(self) -> Iterator[Resealed]:
        """Put everything under the key that seals now, page by page."""

    def census(self) -> Counter[str]:
        """Count messages by key."""


def rekey(store: Keeps, history: Keeps | None, first: str, say: Callable[[Progress], None]) -> Rekeyed:
    """Put store and history under the key named ``first``; empty: plain."""
    closed: Counter[str] = Counter()
    done = {"store": 0, "history": 0}
    for where, keeps in (("store", store), ("history", history)):
        looked_at = 0
        for step in keeps.reseal() if keeps else ():
            looked_at += step.looked_at
            done[where] += step.resealed
            closed.update(step.closed)
            say(Progress(where, looked_at, done[where]))
    left = still(store, history)
    return Rekeyed(done["store"], done["history"], {key: n for key, n in left.items() if key != first}, closed)


def still(store: Keeps, history: Keeps | None) -> Counter[str]:
    """Count messages by the keys that they are under."""
    return store.census() + (history.census() if history else Counter())
