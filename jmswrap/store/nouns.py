"""What goes into the store's calls and comes out: holds, guards, claims, summaries.

Anybody above may import this module; it knows no Redis.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from jmswrap.errors import IdReused, Unavailable
from jmswrap.message import Attempt, Claimed, OtherKey, Receipt, Record
from jmswrap.states import State

Accepted = Receipt | IdReused | Unavailable
"""What accepting one message came to. Errors are returned, so that one message's
failure is not its neighbours'."""


class Rings(Protocol):
    """What wakes a queue's workers; ``wakeup.Bell`` in life."""

    def ring(self, queue: str) -> None:
        """Say that the queue has work."""


@dataclass(frozen=True, slots=True)
class Cap:
    """How much a queue may hold that is not settled; 0: no cap."""

    messages: int = 0
    bytes: int = 0


NO_CAP = Cap()


@dataclass(frozen=True, slots=True)
class Limits:
    """The store's times and bounds. Milliseconds, whole."""

    lease_ms: int = 30_000
    """How long a claim or renewal lasts."""
    grace_ms: int = 5_000
    """How long a wake-up may take before another is due."""
    messages_per_drain: int = 64
    """Queued messages a running drain is trusted with before another one is asked for."""
    drains_max: int = 8
    """Drains of one queue at once, over all workers."""
    retention_ms: int = 86_400_000
    """How long settled messages stay visible."""
    purges: bool = True
    """Whether the sweep drops them then; False: they wait until the history has them."""
    duplicate_window_ms: int = 604_800_000
    """How long a caller's message id is remembered, from its first acceptance."""
    attempts_kept: int = 20
    """Attempts kept in a message's history."""
    answer_bytes: int = 1_048_576
    """Largest raw answer that is stored before it is interpreted."""
    claim_bytes: int = 8_388_608
    """A claim stops when the bodies it returns reach this."""
    replicas: int = 0
    """Replicas that must have a write before it counts (``WAIT``)."""
    replica_timeout_ms: int = 1_000
    """How long to wait for them."""
    caps: Mapping[str, Cap] = field(default_factory=dict)
    """Queues that refuse what comes while they hold so much."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The partner's limits that a claim respects; no partner, no limits."""

    partner: str = ""
    concurrency: int = 1_000
    """Calls under way at once, over all workers."""
    rate_per_second: float = 0
    """Calls begun a second; 0: no limit."""
    breaker_failures: int = 0
    """Failed calls in a row that open the breaker; 0: no breaker."""
    breaker_ms: int = 5_000
    """How long an open breaker holds calls before one probes."""
    closed: tuple[tuple[int, int], ...] = ()
    """Maintenance, now and soon: server times in ms, from and until."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A worker's claim on one message: the token must match."""

    id: str
    fence: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim brought."""

    messages: list[Claimed]
    wait_ms: int | None
    """When to look again: a guard's wait, or until the next retry is due; None: nothing is known to come."""
    backlog: int
    """Ready entries left on the queue."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a settlement."""

    done: bool
    """False: the lease was lost and the settlement refused (its attempt is recorded)."""
    wake: tuple[str, ...] = ()
    """Queues for which a wake-up is due."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    promoted: int
    """Messages that became due."""
    lapsed: int
    """Leases that ran out."""
    in_doubt: int
    """Of these, messages now in doubt."""
    expired: int
    purged: int
    more: bool
    """A bound was met: sweep again soon."""
    wake: tuple[str, ...]
    """Queues with work that nobody was woken for."""


@dataclass(frozen=True, slots=True)
class QueueSummary:
    """A queue at a glance."""

    name: str
    counts: Mapping[State, int]
    """Records by state; states without records are left out."""
    ready: int
    """Entries that a claim would find now."""
    oldest_ms: int
    """Acceptance time of the oldest message found that waits for work or a person; 0: none."""
    paused: str | None
    """The reason of the pause, None when it is not paused."""
    drains: int
    """Workers draining it now."""
    now_ms: int
    """The server's time of this summary."""
    bytes: int = 0
    """Bytes of the bodies that are not settled."""


@dataclass(frozen=True, slots=True)
class Book:
    """What a day's control totals say of a queue."""

    day: str
    """``yyyymmdd``, UTC."""
    began: Mapping[State, int] | None
    """Records by state before the day's first event; None when a version wrote it that did not keep this."""
    moves: Mapping[str, int]
    """``FROM>TO`` → moves (``-``: outside), ``duplicate``."""


@dataclass(frozen=True, slots=True)
class Books:
    """The days of a queue, the first one first, and what is there after the last."""

    days: tuple[Book, ...]
    now: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Blocked:
    """A key whose first message holds it, so that others wait."""

    key: str
    by: Record
    waiting: int
    """Messages behind it; ended ones that were not dropped yet are among them."""
    elsewhere: int = 0
    """Messages of other keys that wait for this one."""


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A QUEUED message that waits for a key of another route."""

    record: Record
    key: OtherKey
    by: Record | None
    """The message that holds it up there, as far as it was found."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A settled message on its way to the history, as it was read."""

    record: Record
    attempts: tuple[Attempt, ...]
    body: bytes | None
    """None when it was not asked for."""
    erased_ms: int
    """When what it carried was blanked; 0: never."""
    mark: str
    """Stands for what was read: the store lets it leave only if this still holds."""

    @property
    def id(self) -> str:
        """The message's id."""
        return self.record.message.id


@dataclass(frozen=True, slots=True)
class Parting:
    """A batch of settled messages, read on their way to the history."""

    messages: tuple[Leaving, ...]
    unreadable: tuple[str, ...]
    """Ids of records that cannot be understood, written by a later version perhaps."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Settled messages that are past their time in the store."""

    count: int
    overdue_ms: int
    """For how long the first of them has been waiting; 0: there is none."""
