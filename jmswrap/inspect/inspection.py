"""Looks into an integration's store and history: queues, lists of messages, one message.

Reads only. What is read in several steps is a picture of a moving thing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from jmswrap import log
from jmswrap.config.partner_settings import Window
from jmswrap.config.suggestions import did_you_mean
from jmswrap.config.windows import closed_until
from jmswrap.errors import HistoryDown, IllegalMove, Unopened
from jmswrap.history.history import History
from jmswrap.history.nouns import Search
from jmswrap.inspect.totals import DayTotals, totals
from jmswrap.inspect.views import (
    AwaitedView,
    BlockedView,
    HistoryView,
    MessageDetail,
    MessageView,
    QueueView,
    awaited,
    detail,
    view,
)
from jmswrap.message import OtherKey, Record
from jmswrap.states import HERE, State
from jmswrap.store.nouns import NO_CAP, Awaiting, QueueSummary
from jmswrap.store.store import Store

_LOG = log.get(__name__)


class Inspection:
    """The read facade of one integration."""

    def __init__(
        self,
        store: Store,
        queues: Mapping[str, tuple[str, ...]],
        partners: Mapping[str, str],
        history: History | None = None,
        windows: Mapping[str, tuple[Window, ...]] | None = None,
    ) -> None:
        self._store = store
        self._history = history
        self._queues = queues
        """The queues the configuration knows, each with the routes that wait on it."""
        self._partners = partners
        """The partner that a queue delivers to, by queue."""
        self._windows = windows or {}
        """The partners' maintenance, by partner."""

    def queues(self) -> list[QueueView]:
        """Return every queue that is configured or ever had a message, by name."""
        found = {summary.name: summary for summary in self._store.queues()}
        pauses = self._store.pauses()
        now_ms = self._store.now_ms()
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
                    held=self._held(name, now_ms),
                    stranded=self._stranded(name, summary),
                    drains=summary.drains if summary else 0,
                    routes=self._queues.get(name, ()),
                    bytes=summary.bytes if summary else 0,
                    most_messages=cap.messages,
                    most_bytes=cap.bytes,
                    blocked=self._blocked(name) if summary else (),
                    awaited=self._awaited(name) if summary else (),
                )
            )
        return views

    def messages(
        self, queue: str = "", state: State | None = None, limit: int = 50, search: Search | None = None
    ) -> list[MessageView]:
        """Return the newest messages of the store and the history, newest first.

        ``search`` says more exactly which; ``queue``, ``state`` and ``limit`` do not count then.
        """
        asked = search or Search(queue=queue, state=state, limit=limit)
        found = {_life(record): record for record in (*self._past(asked), *self._present(asked))}
        routes = sorted({route for names in self._queues.values() for route in names})
        if not found and asked.route not in ("", *routes):
            raise IllegalMove(f"There is no route `{asked.route}`{did_you_mean(asked.route, routes)}")
        records = sorted(found.values(), key=lambda record: record.accepted_ms, reverse=True)
        now_ms = self._store.now_ms()
        return [view(record, now_ms) for record in records[: asked.limit]]

    def past(self, search: Search) -> list[MessageView]:
        """Return messages of the history only, however far back; IllegalMove when there is no history."""
        history = self._the_history()
        now_ms = self._store.now_ms()
        return [view(kept.record, now_ms) for kept in history.find(search)]

    def history(self) -> HistoryView | None:
        """Return what the history holds and what waits for it; None when there is none."""
        if self._history is None:
            return None
        waiting, problem, extent = self._store.waiting(), "", None
        try:
            extent = self._history.extent()
        except HistoryDown as error:
            problem = str(error)
        oldest_ms = extent.oldest_ms if extent else 0
        return HistoryView(
            place=self._history.place.name,
            messages=extent.messages if extent else None,
            oldest_age_ms=self._store.now_ms() - oldest_ms if oldest_ms else 0,
            waiting=waiting.count,
            overdue_ms=waiting.overdue_ms,
            problem=problem,
        )

    def message(self, message_id: str, with_body: bool = False) -> MessageDetail:
        """Return everything about a message; IllegalMove when the store has none by this id."""
        record = self._store.record(message_id, with_body=False)
        if record is None:
            return self._past_message(message_id, with_body)
        attempts = tuple(self._store.attempts(message_id))
        unopened, raw, body = "", None, None
        try:
            raw = self._store.reply(message_id)
            body = self._store.body(message_id) if with_body else None
        except Unopened as error:
            unopened = str(error)
        reply = raw.decode("utf-8", "replace") if raw else next((a.reply for a in reversed(attempts) if a.reply), "")
        found = detail(record, attempts, body, reply, self._store.now_ms())
        return replace(found, waits_for=self._waits_for(record), unopened=unopened)

    def totals(self, day: str = "", queue: str = "") -> list[DayTotals]:
        """Return the control totals of days and queues; IllegalMove for a queue that never was."""
        known = sorted({summary.name for summary in self._store.queues()} | set(self._queues))
        if queue and queue not in known:
            raise IllegalMove(f"There is no queue `{queue}`{did_you_mean(queue, known)}")
        return totals(self._store, day, queue)

    def _present(self, search: Search) -> list[Record]:
        names = [summary.name for summary in self._store.queues()]
        if search.queue:
            known = sorted({*names, *self._queues})
            if search.queue not in known:
                raise IllegalMove(f"There is no queue `{search.queue}`{did_you_mean(search.queue, known)}")
            names = [search.queue]
        return [
            record
            for name in names
            for record in self._store.messages(name, search.state, search.limit, wanted=search.fits)
        ]

    def _past(self, search: Search) -> list[Record]:
        """Return what the history has; without it, what the store has is better than nothing."""
        if self._history is None or search.state in HERE:
            return []
        try:
            return [kept.record for kept in self._history.find(search)]
        except HistoryDown as error:
            _LOG.warning("history-left-out", reason=error)
            return []

    def _past_message(self, message_id: str, with_body: bool) -> MessageDetail:
        kept = self._history.message(message_id, with_body) if self._history else None
        if kept is None:
            where = "store or the history" if self._history else "store"
            raise IllegalMove(f"There is no message {message_id} in the {where}: look for it with `jmswrap messages`.")
        reply = next((attempt.reply for attempt in reversed(kept.attempts) if attempt.reply), "")
        return detail(kept.record, kept.attempts, kept.body, reply, self._store.now_ms())

    def _the_history(self) -> History:
        if self._history is None:
            raise IllegalMove("This integration keeps no history: set `history.url`, then settled messages are kept.")
        return self._history

    def _blocked(self, queue: str) -> tuple[BlockedView, ...]:
        return tuple(
            BlockedView(one.key, one.by.message.id, str(one.by.state), one.by.reason, one.waiting, one.elsewhere)
            for one in self._store.blocked(queue)
        )

    def _awaited(self, queue: str) -> tuple[AwaitedView, ...]:
        found: dict[OtherKey, list[Awaiting]] = {}
        for one in self._store.awaiting(queue):
            found.setdefault(one.key, []).append(one)
        return tuple(awaited(key, waiting) for key, waiting in found.items())

    def _waits_for(self, record: Record) -> str:
        if record.state is not State.QUEUED:
            return ""
        message = record.message
        own = [OtherKey(message.queue, message.key)] if message.key else []
        heads = self._store.heads([*own, *record.waits_for])
        held_by = [(heads[key], f"for this key and is {heads[key].state}") for key in own if key in heads]
        held_by += [
            (heads[key], f"for key {key.key} of queue {key.queue} and is {heads[key].state}")
            for key in record.waits_for
            if key in heads
        ]
        return "; ".join(
            f"{head.message.id}, which came earlier {which}" + (f": {head.reason}" if head.reason else "")
            for head, which in held_by
            if head.message.id != message.id
        )

    def _paused(self, queue: str, pauses: Mapping[str, str]) -> str | None:
        partner = self._partners.get(queue, "")
        if f"q:{queue}" in pauses:
            return pauses[f"q:{queue}"]
        if partner and f"p:{partner}" in pauses:
            return _with_reason(f"partner {partner}", pauses[f"p:{partner}"])
        routes = self._queues.get(queue, ())
        held = [_with_reason(f"route {route}", pauses[f"r:{route}"]) for route in routes if f"r:{route}" in pauses]
        return "; ".join(held) or None

    def _held(self, queue: str, now_ms: int) -> str:
        partner = self._partners.get(queue, "")
        until_ms = closed_until(self._windows.get(partner, ()), now_ms)
        if not until_ms:
            return ""
        until = datetime.fromtimestamp(until_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return f"held by maintenance until {until}"

    def _stranded(self, queue: str, summary: QueueSummary | None) -> str:
        here = sum(n for state, n in summary.counts.items() if state in HERE) if summary else 0
        if not here or queue in self._queues:
            return ""
        return (
            f"no route has this queue any more, so its {here} messages stay: put the route back, or move, cancel or "
            "bury them"
        )


def _life(record: Record) -> tuple[str, int]:
    """Tell apart two messages that had the same id, one after the other."""
    return record.message.id, record.accepted_ms


def _with_reason(what: str, reason: str) -> str:
    return f"{what}: {reason}" if reason else what
