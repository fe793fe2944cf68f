"""How long a drain lasts, and what it did: what the worker gives it and gets back."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from jmswrap.deliver.fence import Fence
from jmswrap.deliver.trouble import Tells
from jmswrap.message import Claimed
from jmswrap.states import State

SUSPECT = 2
"""So many workers in a row died while they had a message: from then on it runs alone (``_lease.lua`` counts)."""

DEADLY = 3
"""After so many it is DEAD."""


def never() -> bool:
    """Return False: nobody asks."""
    return False


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

    def add(self, other: "Drained") -> None:
        """Add what another drain did."""
        for counted in fields(self):
            setattr(self, counted.name, getattr(self, counted.name) + getattr(other, counted.name))

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


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a message in a process of its own."""

    drained: Drained | None
    """None: nothing was done, or it is not known what."""
    died: bool = False
    """The process died over it."""
    said: str = ""
    """How, or why it could not be begun."""


Apart = Callable[[Claimed, float], Ended]
"""Delivers a message that is held, in a process of its own and within so many seconds; it must not raise."""


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
    apart: Apart | None = None
    """Delivers a suspected message in a process of its own; None: this process is as good as any."""
    fence: Fence | None = None
    """Ends the drain's calls when this process is cut off from the store; None: only the leases do."""
    tells: Tells | None = None
    """Takes note of messages that need a person, where their routes want that; None: nobody listens."""
