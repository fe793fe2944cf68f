"""When the next attempt is due: a readable list of waits, with jitter.

Pure. A wait is not an attempt; the worker asks here after an attempt failed.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to wait after each failed attempt, and when to give up."""

    waits_seconds: tuple[float, ...]
    """The wait after the first, second, … failed attempt; the last one repeats."""
    max_attempts: int = 0
    """Give up after this many attempts; 0 means never by count."""
    max_age_seconds: float = 0
    """Give up when a message is older than this; 0 means never by age."""
    jitter: float = 0.1
    """Each wait is stretched by a random share of itself, at most this."""

    def next_wait_ms(self, attempts: int, age_ms: int, at_least_ms: int = 0) -> int | None:
        """Return the wait in ms after ``attempts`` failed attempts, or None to give up.

        ``at_least_ms`` is what the partner asked for (``Retry-After``).
        """
        if self.max_attempts and attempts >= self.max_attempts:
            return None
        base = self.waits_seconds[min(attempts, len(self.waits_seconds)) - 1] * 1000
        spread = random.uniform(0, self.jitter)  # noqa: S311  jitter keeps no secret
        wait = max(int(base * (1 + spread)), at_least_ms)
        if self.max_age_seconds and age_ms + wait > self.max_age_seconds * 1000:
            return None
        return wait
