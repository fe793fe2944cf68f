"""Looks into an integration's store: queues, lists of messages, one message.

Reads only. What is read in several steps is a picture of a moving thing.
"""

from collections.abc import Mapping
from typing import Any

from jmswrap.config.sentences import did_you_mean
from jmswrap.errors import IllegalMove
from jmswrap.inspect.views import MessageDetail, MessageView, QueueView, detail, view
from jmswrap.states import HERE, State
from jmswrap.store import keys, reading
from jmswrap.store.edge import edge
from jmswrap.store.nouns import NO_CAP
from jmswrap.store.store import Store


class Inspection:
    """The read facade of one integration."""

    def __init__(self, store: Store, queues: Mapping[str, tuple[str, ...]], partners: Mapping[str, str]) -> None:
        self._store = store
        self._queues = queues
        """The queues the configuration knows, each with the routes that wait on it."""
        self._partners = partners
        """The partner that a queue delivers to, by queue."""

    def queues(self) -> list[QueueView]:
        """Return every queue that is configured or ever had a message, by name."""
        found = {summary.name: summary for summary in self._store.queues()}
        pauses = self._pauses()
        views = []
        for name in sorted({*found, *self._queues}):
            summary = found.get(name)
            cap = self._store.limits.caps.get(name, NO_CAP)
            views.append(
                QueueView(
                    name=name,
                    counts={str(s): n for s, n in summary.counts.items() if n} if summary else {},
                    oldest_age_ms=summary.now_ms - summary.oldest_ms if summary and summary.oldest_ms else 0,
                    paused=self._paused(name, pauses),
                    drains=summary.drains if summary else 0,
                    routes=self._queues.get(name, ()),
                    bytes=summary.bytes if summary else 0,
                    most_messages=cap.messages,
                    most_bytes=cap.bytes,
                )
            )
        return views

    def messages(self, queue: str = "", state: State | None = None, limit: int = 50) -> list[MessageView]:
        """Return the newest messages, of one queue or of all, newest first."""
        names = [summary.name for summary in self._store.queues()]
        if queue:
            known = sorted({*names, *self._queues})
            if queue not in known:
                raise IllegalMove(f"There is no queue `{queue}`{did_you_mean(queue, known)}")
            names = [queue]
        records = [record for name in names for record in self._store.messages(name, state, limit)]
        records.sort(key=lambda record: record.accepted_ms, reverse=True)
        now_ms = self._now_ms()
        return [view(record, now_ms) for record in records[:limit]]

    def message(self, message_id: str, with_body: bool = False) -> MessageDetail:
        """Return everything about a message; IllegalMove when the store has none by this id."""
        record = self._store.record(message_id, with_body=False)
        if record is None:
            raise IllegalMove(f"There is no message {message_id} in the store: look for it with `jmswrap messages`.")
        attempts = tuple(self._store.attempts(message_id))
        raw = self._store.reply(message_id)
        reply = raw.decode("utf-8", "replace") if raw else next((a.reply for a in reversed(attempts) if a.reply), "")
        body = self._store.body(message_id) if with_body else None
        return detail(record, attempts, body, reply, self._now_ms())

    def unsettled(self) -> int:
        """Return how many messages still need work or a person."""
        return sum(n for summary in self._store.queues() for state, n in summary.counts.items() if state in HERE)

    def _pauses(self) -> dict[str, str]:
        """Return the reasons of all pauses, by ``q:QUEUE`` and ``p:PARTNER``."""
        with edge():
            marks: Any = self._store.client.hgetall(keys.alone(self._store.prefix, "pause"))
        return {mark.decode(): said.decode().partition(" ")[2] for mark, said in marks.items()}

    def _paused(self, queue: str, pauses: Mapping[str, str]) -> str | None:
        partner = self._partners.get(queue, "")
        if f"q:{queue}" in pauses:
            return pauses[f"q:{queue}"]
        if partner and f"p:{partner}" in pauses:
            return f"partner {partner} {pauses[f'p:{partner}']}".strip()
        return None

    def _now_ms(self) -> int:
        with edge():
            return reading.server_ms(self._store.client, self._store.prefix)
