"""What a person sees of queues and messages: plain values, ready for a table or JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jmswrap.message import Attempt, OtherKey, Record
from jmswrap.states import HERE, Phase
from jmswrap.store.nouns import Awaiting
from jmswrap.store.packing import SCHEMA_VERSION, newer


@dataclass(frozen=True, slots=True)
class BlockedView:
    """A key on which messages wait for another one."""

    key: str
    message: str
    """The id of the one that holds the key."""
    state: str
    reason: str
    waiting: int
    """Messages behind it."""
    elsewhere: int = 0
    """Messages of other keys that wait for this one (a route's `waits_for`)."""


@dataclass(frozen=True, slots=True)
class AwaitedView:
    """A key of another queue that messages wait for."""

    queue: str
    key: str
    waiting: int
    first: str
    """The id of the one that has waited longest."""
    message: str
    """The id of the one that holds them up; empty when it left just now."""
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class QueueView:
    """A queue at a glance."""

    name: str
    counts: Mapping[str, int]
    """Messages by state; states without messages are left out."""
    oldest_age_ms: int
    """Age of the oldest message that still needs work or a person; 0: there is none."""
    paused: str | None
    """Why it is paused; None when it is not."""
    drains: int
    """Workers at it now."""
    routes: tuple[str, ...]
    """The routes whose messages wait on it."""
    bytes: int = 0
    """Bytes of the bodies that are not settled."""
    most_messages: int = 0
    """Messages not settled at which it takes no more; 0: no cap."""
    most_bytes: int = 0
    blocked: tuple[BlockedView, ...] = ()
    """Keys on which messages wait for one that is not under way; not more than a few hundred."""
    awaited: tuple[AwaitedView, ...] = ()
    """Keys of other queues that messages wait for; those of the first few hundred."""
    held: str = ""
    """What holds its messages by itself and until when; empty: nothing does."""
    stranded: str = ""
    """Why nobody will take its messages, and what to do; empty: somebody will."""

    @property
    def full(self) -> bool:
        """It takes no message now."""
        here = sum(self.counts.get(str(state), 0) for state in HERE)
        return 0 < self.most_messages <= here or 0 < self.most_bytes <= self.bytes


@dataclass(frozen=True, slots=True)
class BridgeView:
    """One end of a bridge at a glance."""

    bridge: str
    queue: str
    way: str
    """From where to where."""
    incoming: bool
    up: bool
    for_ms: int
    """For how long it has been so."""
    reason: str
    """Why it is not up."""


@dataclass(frozen=True, slots=True)
class HistoryView:
    """The history at a glance."""

    place: str
    """Its file or address, without a password."""
    messages: int | None
    """How many it holds; None when it cannot be asked."""
    oldest_age_ms: int
    waiting: int
    """Settled messages that are past their time in the store and not in the history yet."""
    overdue_ms: int
    """For how long the first of them has been waiting."""
    problem: str
    """Why the history cannot be used; empty when it can."""


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message in a list."""

    id: str
    queue: str
    route: str
    operation: str
    state: str
    key: str
    correlation_id: str
    age_ms: int
    due_in_ms: int
    """For SCHEDULED and WAITING; 0 otherwise."""
    attempts: int
    deliveries: int
    reason: str


@dataclass(frozen=True, slots=True)
class MessageDetail:
    """Everything known of one message."""

    summary: MessageView
    type: str
    source_id: str
    reply_to: str
    priority: int
    redelivered: bool
    perhaps_sent: bool
    """It came before a failover or a restore of the store: it may have been sent though nothing says so."""
    accepted_ms: int
    changed_ms: int
    expires_ms: int
    worker: str
    properties: Mapping[str, str]
    soap_headers: tuple[str, ...]
    attempts: tuple[Attempt, ...] = ()
    body: bytes | None = None
    reply: str = ""
    """The last reply that was kept."""
    answered: bool = False
    """The partner's answer is kept, to be read again instead of asking the partner again."""
    waits_for: str = ""
    """The messages that hold its key, or a key it waits for, and why they do; empty when none does."""
    unopened: str = ""
    """Why its body or reply cannot be shown: they are encrypted with a key that is not here."""

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        values = asdict(self)
        summary = values.pop("summary")
        values["body"] = None if self.body is None else self.body.decode("utf-8", "replace")
        return {**summary, **values}


def view(record: Record, now_ms: int) -> MessageView:
    """Return a record as a list shows it."""
    message = record.message
    return MessageView(
        id=message.id,
        queue=message.queue,
        route=message.route,
        operation=message.operation,
        state=str(record.state),
        key=message.key,
        correlation_id=message.correlation_id,
        age_ms=max(now_ms - record.accepted_ms, 0),
        due_in_ms=max(record.due_ms - now_ms, 0) if record.due_ms else 0,
        attempts=record.attempts,
        deliveries=record.deliveries,
        reason=record.reason or (f"It {newer(record.version)}." if record.version > SCHEMA_VERSION else ""),
    )


def awaited(key: OtherKey, waiting: Sequence[Awaiting]) -> AwaitedView:
    """Return a key and who waits for it, the one that has waited longest first."""
    by = waiting[0].by
    return AwaitedView(
        queue=key.queue,
        key=key.key,
        waiting=len(waiting),
        first=waiting[0].record.message.id,
        message=by.message.id if by else "",
        state=str(by.state) if by else "",
        reason=by.reason if by else "",
    )


def detail(record: Record, attempts: tuple[Attempt, ...], body: bytes | None, reply: str, now_ms: int) -> MessageDetail:
    """Return a record with its history as ``show`` prints it."""
    message = record.message
    return MessageDetail(
        summary=view(record, now_ms),
        type=message.type,
        source_id=message.source_id,
        reply_to=message.reply_to,
        priority=message.priority,
        redelivered=record.redelivered,
        perhaps_sent=record.perhaps_sent,
        accepted_ms=record.accepted_ms,
        changed_ms=record.changed_ms,
        expires_ms=record.expires_ms,
        worker=record.worker,
        properties=dict(message.properties),
        soap_headers=message.soap_headers,
        attempts=attempts,
        body=body,
        reply=reply,
        answered=record.phase is Phase.REPLIED,
    )


def span(ms: float) -> str:
    """Return a length of time as people say it: ``3 s``, ``12 min``, ``5 h``, ``3 d``."""
    seconds = max(ms, 0) / 1000
    for unit, length, limit in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < limit:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"
