"""What the processes of bridges say of themselves, for ``health`` and ``queues``."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jmswrap.store import keys, reading
from jmswrap.store.edge import edge
from jmswrap.store.store import Store

FRESH_MS = 20_000
"""A process that has said nothing for so long is gone."""

KEPT_MS = 60_000


@dataclass(frozen=True, slots=True)
class End:
    """One destination and its queue, as a process sees them."""

    queue: str
    destination: str
    incoming: bool
    up: bool
    since_ms: int
    """Since when it is so; server time."""
    reason: str
    """Why it is not up, for a person."""

    @property
    def way(self) -> str:
        """From where to where."""
        ends = (self.destination, self.queue) if self.incoming else (self.queue, self.destination)
        return " → ".join(ends)


def report(store: Store, bridge: str, worker: str, ends: Sequence[End]) -> None:
    """Say how it is; no ends: the process goes. StoreDown."""
    name = keys.bridge(store.prefix, bridge)
    with edge():
        if not ends:
            store.client.hdel(name, worker)
            return
        now_ms = reading.server_ms(store.client, store.prefix)
        said = json.dumps({"at_ms": now_ms, "ends": [asdict(end) for end in ends]})
        pipe: Any = store.client.pipeline(transaction=True)
        pipe.hset(name, worker, said)
        pipe.pexpire(name, KEPT_MS)
        pipe.execute()


def read(store: Store, bridge: str) -> list[tuple[End, ...]]:
    """Return what each of the bridge's processes says; StoreDown."""
    with edge():
        found: Any = store.client.hgetall(keys.bridge(store.prefix, bridge))
        now_ms = reading.server_ms(store.client, store.prefix)
    said = [json.loads(text) for text in found.values()]
    return [tuple(End(**end) for end in one["ends"]) for one in said if now_ms - one["at_ms"] < FRESH_MS]
