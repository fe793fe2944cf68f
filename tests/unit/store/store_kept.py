"""A message as the model keeps it, and the limits that the model and the store have in common."""

from dataclasses import dataclass, field

from store_partner import HOUR_MS, LEASE_MS

from jmswrap.states import State
from jmswrap.store.nouns import Limits

SUSPECT = 2
LIMITS = Limits(
    lease_ms=LEASE_MS,
    retention_ms=7 * HOUR_MS // 2,
    duplicate_window_ms=21 * HOUR_MS // 2,
    grace_ms=5_000,
    messages_per_drain=4,
)


@dataclass
class Kept:
    """A message as the model keeps it."""

    id: str
    key: str
    body: bytes
    remembered: bool
    state: State
    accepted_ms: int
    due_ms: int = 0
    expires_ms: int = 0
    place: int = 0
    fence: int = 0
    settled_fence: int = 0
    phase: str = ""
    policy: str = ""
    lease_ms: int = 0
    deliveries: int = 0
    attempts: int = 0
    holds_dead: bool = False
    skipped: bool = False
    purge_ms: int = 0
    kills: int = 0
    route: str = "r"
    epoch: int = 0
    onward: bool = False
    probe_ms: int = 0
    asked: int = 0
    declared: tuple[str, ...] = ()
    """Keys it is to wait for."""
    waits: set[str] = field(default_factory=set)
    """Those that it still waits for."""
    guarded: bool = False
    """Its claim counted among the partner's calls."""
    answered: bool = False
    """Its sender was sent a refusal."""
