"""How often partners' replies had elements that their pinned contracts do not have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis

from jmswrap.store import keys
from jmswrap.store.edge import edge

KEPT_SECONDS = 7 * 86_400
"""Counts are forgotten when nothing was added for so long."""
MOST_NAMES = 1000
"""A partner may not fill the store with names."""
_NAME = "unknown"


@dataclass(frozen=True, slots=True)
class Unknown:
    """An element that a contract does not have."""

    partner: str
    operation: str
    element: str
    replies: int
    """Of those that were looked at."""


class UnknownSeen:
    """The counts. Methods raise StoreDown."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client, self._key = client, keys.alone(prefix, _NAME)

    def add(self, partner: str, found: Mapping[tuple[str, str], int]) -> None:
        """Add what was seen, by operation and element."""
        with edge():
            known: Any = self._client.hkeys(self._key)
            names = {name.decode() for name in known}
            pipe: Any = self._client.pipeline(transaction=False)
            for (operation, element), count in found.items():
                name = f"{partner} {operation} {element}"
                if name in names or len(names) < MOST_NAMES:
                    names.add(name)
                    pipe.hincrby(self._key, name, count)
            pipe.expire(self._key, KEPT_SECONDS)
            pipe.execute()

    def all(self) -> list[Unknown]:
        """Return the counts, by name."""
        with edge():
            found: Any = self._client.hgetall(self._key)
        rows = sorted((name.decode().split(" ", 2), int(count)) for name, count in found.items())
        return [Unknown(partner, operation, element, count) for (partner, operation, element), count in rows]
