"""How long a drain lasts, and what it did: what the worker gives it and gets back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from jmswrap.states import State


class Rings(Protocol):
    """Something that wakes a queue's workers."""

    def ring(self, queue: str) -> None:
        """Say that the queue has work."""


def never() -> bool:
    """Return False: nobody asks."""
    return False


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a drain lasts and who else wants the worker."""

    drain_seconds: float = 20
    linger_seconds: float = 1
    stopping: Callable[[], bool] = never
    """The worker was asked to stop."""
    others_wait: Callable[[], bool] = never
    """Other wake-ups wait in the pool."""
    leftover: Callable[[Callable[[], None]], None] | None = None
    """Takes over what ends a drain whose calls last, so that the worker is free for other queues; None: it waits."""


@dataclass(slots=True)
class Drained:
    """What a drain did, for the job's description."""

    delivered: int = 0
    retried: int = 0
    dead: int = 0
    in_doubt: int = 0
    handed_back: int = 0
    lost: int = 0
    """Messages whose lease was over before they could be settled."""

    def count(self, state: State) -> None:
        """Count one settlement."""
        match state:
            case State.DELIVERED:
                self.delivered += 1
            case State.WAITING:
                self.retried += 1
            case State.DEAD:
                self.dead += 1
            case State.IN_DOUBT:
                self.in_doubt += 1
            case _:
                self.handed_back += 1
