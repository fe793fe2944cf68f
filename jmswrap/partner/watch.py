"""Looks at some of a partner's replies for what its contract does not have, and counts."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from jmswrap import clock, xml

EVERY_SECONDS = 1.0
"""Of an operation's replies one is looked at in this time: a look costs as much as reading the reply."""

MOST_NAMES = 100
"""So many are counted at a time: a partner may send as many as it likes."""
_MOST_LETTERS = 300


@dataclass(slots=True)
class Watch:
    """The looks of one partner's client; for several threads."""

    unknown: Callable[[etree._Element], tuple[str, ...]]
    """Returns the names in a reply that the contract does not know."""
    every_seconds: float = EVERY_SECONDS
    _due: dict[str, float] = field(default_factory=dict)
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def due(self, operation: str) -> bool:
        """Tell whether this reply of an operation is to be looked at."""
        now = clock.monotonic()
        with self._lock:
            if now < self._due.get(operation, now):
                return False
            self._due[operation] = now + self.every_seconds
            return True

    def look(self, operation: str, body: bytes) -> None:
        """Look at a reply's body element; a name counts once a reply."""
        found = self.unknown(etree.fromstring(body, xml.parser()))
        with self._lock:
            for name in dict.fromkeys(_short(name) for name in found):
                if len(self._seen) < MOST_NAMES or (operation, name) in self._seen:
                    self._seen[operation, name] += 1

    def taken(self) -> dict[tuple[str, str], int]:
        """Return how many replies had which element, by operation and name, and count anew."""
        with self._lock:
            seen, self._seen = self._seen, Counter()
        return dict(seen)


def _short(name: str) -> str:
    """Return a name; of one that is too long the end, where its local part is."""
    return name if len(name) <= _MOST_LETTERS else f"…{name[1 - _MOST_LETTERS :]}"
