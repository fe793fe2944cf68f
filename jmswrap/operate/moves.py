"""A person's moves: replay, cancel, bury, resolve, skip, replace, pause, resume, put.

The one facade that every door (command line, Python) moves messages through. A move
that makes work ready rings for it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from jmswrap import clock, xml
from jmswrap.config.suggestions import did_you_mean
from jmswrap.errors import IdReused, IllegalMove, JmswrapError
from jmswrap.message import Message, Receipt, Record
from jmswrap.operate import many
from jmswrap.operate.erasing import Erased, Erases, erase
from jmswrap.states import State
from jmswrap.store import operating
from jmswrap.store.nouns import Rings
from jmswrap.store.store import Store

REPLACES = "JMSWRAP_replaces"
"""The property in which a replacement names the message it came for."""


class Moves:
    """The write facade of one integration."""

    def __init__(
        self,
        store: Store,
        bell: Rings,
        queues: Collection[str],
        partners: Collection[str],
        history: Erases | None = None,
        routes: Collection[str] = (),
    ) -> None:
        self._store = store
        self._bell = bell
        self._queues = queues
        self._partners = partners
        self._routes = routes
        self._history = history

    def chosen(self, choice: many.Choice) -> list[Record]:
        """Return the messages a choice means, in the order they are to be moved in."""
        if choice.queue:
            self._known(choice.queue, "")
        found = many.chosen(self._store, choice)
        if not found:  # else the messages are of a route that was removed
            self._known("", "", choice.route)
        return found

    def answered(self, message_id: str) -> bool:
        """Tell whether the sender of a message was sent a negative answer already."""
        record = self._store.record(message_id)
        return record is not None and record.answered

    def replay(self, message_id: str, stale_ok: bool = False, reason: str = "") -> None:
        """Send a DEAD message again."""
        self._wake(self._store.replay(message_id, stale_ok, reason))

    def cancel(self, message_id: str, reason: str = "") -> None:
        """End a message that waits."""
        self._wake(self._store.cancel(message_id, reason))

    def bury(self, message_id: str, reason: str = "") -> None:
        """End a DEAD message and let its key go."""
        self._wake(self._store.bury(message_id, reason))

    def resolve(self, message_id: str, to: State, reason: str = "", stale_ok: bool = False) -> None:
        """Decide a message IN_DOUBT."""
        self._wake(self._store.resolve(message_id, to, reason, stale_ok=stale_ok))

    def read_again(self, message_id: str, reason: str = "") -> None:
        """Have the answer to a message IN_DOUBT read again, where it was kept; nothing is sent."""
        self._wake(self._store.read_again(message_id, reason))

    def skip(self, queue: str, key: str, reason: str = "") -> str:
        """Let the messages of a key pass the one that holds it, or wait no longer; return what was done."""
        self._known(queue, "")
        head = self._store.head(queue, key)
        if head is None:
            raise IllegalMove(f"Nothing waits on queue {queue} under the key {key}: see `jmswrap queues`.")
        message_id = head.message.id
        if head.waits_for:
            return self.send_on(message_id, reason)
        self._wake(self._store.skip(message_id, _with("Later messages of its key were let pass", reason)))
        return f"{message_id}: skipped, later messages of {key} go on"

    def send_on(self, message_id: str, reason: str = "") -> str:
        """Let a message wait for no other keys; return what was done."""
        record = self._record(message_id)
        if not record.waits_for:
            raise IllegalMove(
                f"Message {message_id} is {record.state} and waits for no other key: name its queue and key to skip it."
            )
        others = ", ".join(f"{one.key} of {one.queue}" for one in record.waits_for)
        self._wake(self._store.skip(message_id, _with(f"Sent on without waiting for {others}", reason)))
        return f"{message_id}: waits for {others} no longer"

    def message(self, message_id: str) -> Message:
        """Return a message with its body, to be edited or moved."""
        return self._record(message_id, with_body=True).message

    def replace(self, message_id: str, by: Message, reason: str = "", stale_ok: bool = False) -> str:
        """End a message and put ``by`` in its place, under a new id that is returned.

        The two name each other: the old one in its reason, the new one in a property.
        """
        new_id = clock.derived_id(message_id, clock.new_id())
        new = replace(by, id=new_id, properties={**by.properties, REPLACES: message_id})
        self._wake(self._store.replace(message_id, new, _with(f"replaced by {new_id}", reason), stale_ok))
        return new_id

    def pause(self, queue: str = "", partner: str = "", reason: str = "", route: str = "") -> None:
        """Hold deliveries of a queue, to a partner or of a route; accepting goes on."""
        self._known(queue, partner, route)
        self._store.pause(queue, partner, reason, route)

    def resume(self, queue: str = "", partner: str = "", route: str = "") -> None:
        """End a pause."""
        self._known(queue, partner, route)
        self._wake(self._store.resume(queue, partner, route))

    def erase(self, key: str, queue: str = "") -> Erased:
        """Blank what a key's settled messages carried, here and in the history (see ``operate.erasing``)."""
        self._known(queue, "")
        return erase(self._store, self._history, key, queue)

    def put(self, messages: Sequence[Message]) -> list[Receipt | JmswrapError]:
        """Put messages durably and ring for them; one that fails fails alone.

        What came before in another serialisation is a DUPLICATE as at the gateway's door
        (``accept.commit.GroupCommit.accept``).
        """
        outcomes: list[Receipt | JmswrapError] = list(self._store.accept(messages))
        for at, message in enumerate(messages):
            if isinstance(outcomes[at], IdReused):
                first = self._store.body(message.id)
                if first is not None and xml.same_document(first, message.body):
                    (outcomes[at],) = self._store.accept([replace(message, body=first)])
        woken = (m.queue for m, o in zip(messages, outcomes, strict=True) if isinstance(o, Receipt) and o.wake)
        self._wake(dict.fromkeys(woken))
        return outcomes

    def _record(self, message_id: str, with_body: bool = False) -> Record:
        record = self._store.record(message_id, with_body)
        if record is None:
            raise operating.unknown(message_id)
        return record

    def _known(self, queue: str, partner: str, route: str = "") -> None:
        named = (("queue", queue, self._queues), ("partner", partner, self._partners), ("route", route, self._routes))
        for word, name, known in named:
            # A queue that the configuration has no more may hold messages, which somebody must move or end.
            if name and name not in known and not (word == "queue" and self._holds(name)):
                raise IllegalMove(f"There is no {word} `{name}`{did_you_mean(name, sorted(known))}")

    def _holds(self, queue: str) -> bool:
        return any(summary.name == queue for summary in self._store.queues())

    def _wake(self, queues: Iterable[str]) -> None:
        for queue in queues:
            self._bell.ring(queue)


def _with(sentence: str, reason: str) -> str:
    return f"{sentence}: {reason}" if reason else sentence
