"""A person's moves: replay, cancel, bury, resolve, pause, resume, put.

The one facade that every door (command line, console) moves messages through. A move
that makes work ready rings for it.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from jmswrap.config.sentences import did_you_mean
from jmswrap.errors import IllegalMove, JmswrapError
from jmswrap.message import Message, Receipt, Record
from jmswrap.operate import many
from jmswrap.operate.erasing import Erased, Erases, erase
from jmswrap.states import State
from jmswrap.store.store import Store


class Rings(Protocol):
    """Something that wakes a queue's workers."""

    def ring(self, queue: str) -> None:
        """Say that the queue has work."""


class Moves:
    """The write facade of one integration."""

    def __init__(
        self,
        store: Store,
        bell: Rings,
        queues: Collection[str],
        partners: Collection[str],
        history: Erases | None = None,
    ) -> None:
        self._store = store
        self._bell = bell
        self._queues = queues
        self._partners = partners
        self._history = history

    def chosen(self, choice: many.Choice) -> list[Record]:
        """Return the messages a choice means, in the order they are to be moved in."""
        if choice.queue:
            self._known(choice.queue, "")
        return many.chosen(self._store, choice)

    def replay(self, message_id: str, stale_ok: bool = False, reason: str = "") -> None:
        """Send a DEAD message again."""
        self._wake(self._store.replay(message_id, stale_ok, reason))

    def cancel(self, message_id: str, reason: str = "") -> None:
        """End a message that waits."""
        self._wake(self._store.cancel(message_id, reason))

    def bury(self, message_id: str, reason: str = "") -> None:
        """End a DEAD message and let its key go."""
        self._wake(self._store.bury(message_id, reason))

    def resolve(self, message_id: str, to: State, reason: str = "") -> None:
        """Decide a message IN_DOUBT."""
        self._wake(self._store.resolve(message_id, to, reason))

    def pause(self, queue: str = "", partner: str = "", reason: str = "") -> None:
        """Hold deliveries of a queue or to a partner; accepting goes on."""
        self._known(queue, partner)
        self._store.pause(queue, partner, reason)

    def resume(self, queue: str = "", partner: str = "") -> None:
        """End a pause."""
        self._known(queue, partner)
        self._wake(self._store.resume(queue, partner))

    def erase(self, key: str, queue: str = "") -> Erased:
        """Blank what a key's settled messages carried, here and in the history (see ``operate.erasing``)."""
        self._known(queue, "")
        return erase(self._store, self._history, key, queue)

    def put(self, messages: Sequence[Message]) -> list[Receipt | JmswrapError]:
        """Put messages durably and ring for them; one that fails fails alone."""
        outcomes: list[Receipt | JmswrapError] = list(self._store.accept(messages))
        woken = (m.queue for m, o in zip(messages, outcomes, strict=True) if isinstance(o, Receipt) and o.wake)
        self._wake(dict.fromkeys(woken))
        return outcomes

    def _known(self, queue: str, partner: str) -> None:
        for word, name, known in (("queue", queue, self._queues), ("partner", partner, self._partners)):
            if name and name not in known:
                raise IllegalMove(f"There is no {word} `{name}`{did_you_mean(name, sorted(known))}")

    def _wake(self, queues: Iterable[str]) -> None:
        for queue in queues:
            self._bell.ring(queue)
