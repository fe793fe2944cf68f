"""Sweeps the store again and again, in a thread, and rings for what it found due.

Every ``serve`` and ``work`` process runs one; the scripts are idempotent, so any number
may run. A store that is away is logged once and tried again.
"""

from collections.abc import Collection, Sequence
from threading import Event, Thread
from typing import Protocol

from jmswrap import log
from jmswrap.errors import JmswrapError
from jmswrap.operate.attendance import Knows, RollCall
from jmswrap.store.nouns import Rings

_LOG = log.get(__name__)

ALARM_SECONDS = 60.0
"""Between two lines about a store that stays away."""

EVERY_SECONDS = 1.0
"""Between two sweeps when the last one found little to do."""

MISSING_SECONDS = 0.25
"""The same while a worker is missing."""


class Swept(Protocol):
    """What a sweep reports."""

    @property
    def wake(self) -> Sequence[str]:
        """Queues that have work and need a wake-up."""

    @property
    def more(self) -> bool:
        """The sweep ended at its limit: there is more to do at once."""


class Sweeps(Knows, Protocol):
    """The part of ``store.store.Store`` that is needed."""

    def sweep(self, *, alive: Collection[str]) -> Swept:
        """Do a bounded piece of housekeeping; these workers are known to be alive."""


class Sweeper:
    """The periodic task; ``start`` and ``stop`` once each."""

    def __init__(self, store: Sweeps, bell: Rings, every_seconds: float = EVERY_SECONDS) -> None:
        self._store = store
        self._bell = bell
        self._every_seconds = every_seconds
        self._roll_call = RollCall(store, bell)
        self._stop = Event()
        self._alarm = log.Alarm(_LOG, "sweep-resumed", ALARM_SECONDS)
        self._thread = Thread(target=self._run, name="jmswrap-sweeper", daemon=True)

    def start(self) -> None:
        """Begin to sweep; after the fork, threads do not survive one."""
        self._thread.start()

    def stop(self) -> None:
        """End after the sweep under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def sweep(self) -> bool:
        """Give back what dead workers held, sweep once and ring; True when there is more to do at once."""
        self._roll_call.call()
        swept = self._store.sweep(alive=self._roll_call.alive)
        for queue in swept.wake:
            self._bell.ring(queue)
        return swept.more

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._more():
                soon = min(self._every_seconds, MISSING_SECONDS)
                self._stop.wait(soon if self._roll_call.waits else self._every_seconds)

    def _more(self) -> bool:
        try:
            more = self.sweep()
        except JmswrapError as error:
            self._alarm.ring("sweep-failed", reason=error)
            return False
        except Exception:  # noqa: BLE001 - without a sweeper no lease ends and nobody is woken: go on
            _LOG.error("sweep-broke", exc_info=True)
            return False
        self._alarm.end()
        return more
