"""The messages a drain holds, and keeping hold of them: renewal, fencing, letting go.

A flight whose lease cannot be renewed in time ends its call by itself (``Wire.lease_end``); what
is left here is to forget it. A message whose steps never end is no longer renewed.
"""

from collections.abc import Callable
from typing import TypeVar

from jmswrap import clock, log
from jmswrap.deliver.flight import Flight
from jmswrap.deliver.pace import Drained
from jmswrap.deliver.stuck import STUCK_SECONDS
from jmswrap.errors import Unavailable
from jmswrap.store.store import Store

_LOG = log.get(__name__)
_Answer = TypeVar("_Answer")

OWN_SHARE = 0.9
"""The share of a lease that this process believes in; it ends its call before the store ends the lease."""


class Asking:
    """Asks the store; while it is away, the answer is None."""

    def __init__(self, queue: str) -> None:
        self._queue = queue
        self.away = False
        """The last question had no answer."""

    def __call__(self, question: Callable[[], _Answer]) -> _Answer | None:
        """Return the store's answer, or None while it is away."""
        try:
            answer = question()
        except Unavailable as error:
            if not self.away:
                _LOG.warning("store-away", queue=self._queue, reason=error)
            self.away = True
            return None
        if self.away:
            _LOG.info("store-back", queue=self._queue)
        self.away = False
        return answer


class Held:
    """Flights by message, while this process holds them."""

    def __init__(self, store: Store, ask: Asking, worker: str, drained: Drained) -> None:
        self._store, self._ask, self._worker, self._drained = store, ask, worker, drained
        self._lease_seconds = store.limits.lease_ms / 1000
        self._renewed_at = clock.monotonic()
        self._flights: dict[str, Flight] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def lease_end(self, before: float) -> float:
        """Return when this process must have let go, of a lease asked for at ``before``."""
        return before + self._lease_seconds * OWN_SHARE

    def take(self, flight: Flight) -> None:
        """Hold a message."""
        self._flights[flight.claimed.id] = flight

    def has(self, flight: Flight) -> bool:
        """Tell whether this very flight is held; the same message may be under way again, claimed anew."""
        return self._flights.get(flight.claimed.id) is flight

    def forget(self, flight: Flight) -> None:
        """Hold it no longer."""
        if self.has(flight):
            del self._flights[flight.claimed.id]

    def lost(self, flight: Flight) -> None:
        """Let go of a message whose lease is over; the store's sweep decides what becomes of it."""
        _LOG.warning("lease-lost", message=flight.claimed.id, queue=flight.claimed.record.message.queue)
        self.forget(flight)
        self._drained.lost += 1

    def gave_up(self, flight: Flight, leases: int = 0) -> bool:
        """Let go of a flight whose lease, and so many more, are over; tell whether it was."""
        if clock.monotonic() < flight.wire.lease_end + leases * self._lease_seconds:
            return False
        self.lost(flight)
        return True

    def abort(self) -> None:
        """End every call; from any thread."""
        for flight in tuple(self._flights.values()):
            flight.wire.abort()

    def renew(self) -> None:
        """Lengthen the leases in time; let go of what is lost or stuck."""
        now = clock.monotonic()
        if not self._flights or now - self._renewed_at < self._lease_seconds / 3:
            return
        flights = list(self._flights.values())
        for flight in flights:
            if flight.settlement is None:
                self.gave_up(flight, leases=1)
        held = [flight for flight in flights if now < flight.claimed_at + flight.most_seconds + STUCK_SECONDS]
        lost = self._ask(lambda: self._store.renew(self._worker, [flight.hold for flight in held]))
        if lost is None:
            return
        self._renewed_at = now
        gone = set(lost)
        for flight in held:
            if flight.hold in gone:
                flight.wire.abort()
            elif not flight.wire.aborted:
                flight.wire.lease_end = self.lease_end(now)
