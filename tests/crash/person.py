"""The person behind the desk: looks up at the partner what is in doubt, and says so."""

import threading
import time
from pathlib import Path

from jmswrap.errors import IllegalMove, Unavailable
from jmswrap.states import HERE, State
from jmswrap.store.store import Store
from jmswrap.store.wakeup import Bell
from jmswrap.testing.ledger import entries
from tests.crash import orders

LOOK_SECONDS = 0.1


def settle(store: Store, bell: Bell, applied: Path, seconds: float) -> None:
    """Resolve what is in doubt until nothing waits."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while True:
        try:
            _resolve_all(store, bell, applied)
            left = _left(store)
        except (Unavailable, IllegalMove) as error:
            left = {str(error): 1}  # the store comes back; another may have been quicker
        if not left:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds:g} s there was still work: {left}")
        pause.wait(LOOK_SECONDS)


def _resolve_all(store: Store, bell: Bell, applied: Path) -> None:
    in_doubt = store.messages(orders.QUEUE, State.IN_DOUBT, limit=10_000)
    if not in_doubt:
        return
    arrived = {entry.values["number"] for entry in entries(applied)}
    for record in in_doubt:
        to = State.DELIVERED if record.message.source_id in arrived else State.QUEUED
        for queue in store.resolve(record.message.id, to, "looked up at the partner"):
            bell.ring(queue)


def _left(store: Store) -> dict[str, int]:
    return {
        str(state): count
        for queue in store.queues()
        for state, count in queue.counts.items()
        if state in HERE - {State.DEAD}
    }
