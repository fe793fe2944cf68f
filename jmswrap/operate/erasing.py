"""Erasing what one customer's messages carried, in the store and in the history.

That there were messages, when, and what became of them, stays: the control totals and
the audit need it. A message that still moves needs its body, so then nothing is erased.
"""

from dataclasses import dataclass
from typing import Protocol

from jmswrap.errors import IllegalMove
from jmswrap.message import Record
from jmswrap.states import HERE
from jmswrap.store.store import Store


class Erases(Protocol):
    """The part of ``history.history.History`` that is needed."""

    def ids(self, key: str, queue: str) -> list[str]:
        """Return the ids of the messages of a key."""

    def erase(self, key: str, queue: str, now_ms: int) -> int:
        """Blank what the messages of a key carried; returns how many."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How many messages were blanked."""

    in_store: int
    in_history: int


def erase(store: Store, history: Erases | None, key: str, queue: str = "") -> Erased:
    """Blank bodies, headers, properties, answers and sentences of a key's messages, of one queue or of all.

    Raises IllegalMove while one of them still moves; then nothing was erased. Repeat it after an
    Unavailable: what was blanked stays so.
    """
    if not key:
        raise IllegalMove("Name the key whose messages are to be erased.")
    found = _of_key(store, key, queue)
    moving = list({record.message.id: record for record in found if record.state in HERE}.values())
    if moving:
        first = moving[0]
        raise IllegalMove(
            f"Message {first.message.id} of key {key} is {first.state} ({len(moving)} of its messages still move): "
            "let them be delivered, or cancel or bury them, then erase."
        )
    # The store first: what is on its way to the history is then read again.
    in_store = store.erase(list(dict.fromkeys(record.message.id for record in found)))
    if history is None:
        return Erased(in_store, 0)
    # Their answers may still be kept for their callers.
    store.erase(history.ids(key, queue))
    return Erased(in_store, history.erase(key, queue, store.now_ms()))


def _of_key(store: Store, key: str, queue: str) -> list[Record]:
    queues = [queue] if queue else [summary.name for summary in store.queues()]
    return [record for name in queues for record in store.walk(name) if record.message.key == key]
