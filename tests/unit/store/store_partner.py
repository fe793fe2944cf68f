"""The one partner of the model: how many calls it bears at once, and when its breaker lets any through."""

from dataclasses import dataclass, field

from jmswrap.store.nouns import Guard

HOUR_MS = 3_600_000
"""What passes in the model, which knows nothing of the time that the real store takes: a busy machine takes minutes."""

LEASE_MS = 3 * HOUR_MS // 2
"""Of claims, and for as long as a synchronous call keeps its place."""

GUARD = Guard("p", concurrency=3, breaker_failures=2, breaker_ms=3 * HOUR_MS // 2)


@dataclass
class Partner:
    """What is known of it."""

    failures: int = 0
    last_ms: int = 0
    probe: str = ""
    probe_until_ms: int = 0
    calls: dict[str, int] = field(default_factory=dict)
    """Synchronous calls and until when their places are kept."""

    def told(self, up: bool | None, now_ms: int) -> None:
        """Note what a call said about it."""
        if up:
            self.failures, self.probe, self.probe_until_ms = 0, "", 0
        elif up is False:
            self.failures, self.last_ms = self.failures + 1, now_ms

    def over(self, who: str) -> None:
        """A call ended."""
        self.calls.pop(who, None)
        if self.probe == who:
            self.probe, self.probe_until_ms = "", 0

    @property
    def broken(self) -> bool:
        """The breaker is open, or lets one call through to see."""
        return self.failures >= GUARD.breaker_failures

    def lets_through(self, now_ms: int) -> bool:
        """A call may be begun, if only to see."""
        waits = now_ms < self.last_ms + GUARD.breaker_ms or now_ms < self.probe_until_ms
        return not (self.broken and waits)

    def begins(self, who: str, now_ms: int) -> None:
        """A call begins; while the breaker is open it is the one that sees."""
        if self.broken:
            self.probe, self.probe_until_ms = who, now_ms + LEASE_MS
