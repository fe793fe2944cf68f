"""Tells the store that this process is there, in a thread, and fences it when it is cut off.

The sweepers give back what a worker holds when its own connection has been gone for a moment
(``store/presence.py``). So a process that lost it and does not reach the store again in time ends
its calls first. Where no server runs, nobody gives anything back: calls go on until their leases
end, and a restart of the store costs none of them. The same while the server has the connection
and merely does not answer, for a while.
"""

import threading

from jmswrap import clock, log
from jmswrap.deliver.fence import Fence
from jmswrap.errors import StoreDown
from jmswrap.store.presence import CUT_OFF_SECONDS, Attendance, NoServer

_LOG = log.get(__name__)

BEAT_SECONDS = 0.5
"""Between two signs of life."""

AGAIN_SECONDS = 0.1
"""Between two tries to connect."""

SILENT_BEATS = 20
"""So many beats without an answer: the server may not see this connection any more. Counted, not
timed: to a process that was stopped no time has passed."""


class Presence:
    """One process's own; ``begin`` and ``end`` once each."""

    def __init__(self, attendance: Attendance, fence: Fence) -> None:
        self._attendance, self._fence = attendance, fence
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._here = False
        self._nobody_there = False
        self._silent_beats = 0
        self._heard_at: float | None = None
        """When the last answer was asked for; None: what this process held before counts no more."""
        self._fuse: threading.Timer | None = None
        self._thread = threading.Thread(target=self._run, name="jmswrap-presence", daemon=True)

    def begin(self) -> None:
        """Say that this process is there, before it claims anything; go on doing so."""
        wait_seconds = self._turn()
        self._thread.start()
        if not self._here:
            _LOG.warning("presence-unknown", worker=self._attendance.worker, again_in_seconds=wait_seconds)

    def end(self) -> None:
        """Say that this process goes; nothing is held any more."""
        self._stop.set()
        self._thread.join()
        self._extinguish()
        self._attendance.leave()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(self._turn())

    def _turn(self) -> float:
        """Do what is next; returns for how long there is nothing more to do."""
        try:
            if not self._here:
                self._arrive()
            return self._beat()
        except StoreDown as error:
            self._lost(error)
            return AGAIN_SECONDS

    def _arrive(self) -> None:
        before = clock.monotonic()
        self._attendance.arrive()
        with self._lock:
            self._here, self._heard_at, self._silent_beats = True, before, 0
        self._extinguish()

    def _beat(self) -> float:
        before = clock.monotonic()
        if self._attendance.beat(BEAT_SECONDS):
            with self._lock:
                self._heard_at, self._silent_beats = before, 0
            return BEAT_SECONDS
        self._silent_beats += 1
        if self._silent_beats >= SILENT_BEATS:
            self._fall("the store has not answered for long")
            self._attendance.drop()
            self._here = False
        return 0

    def _lost(self, error: StoreDown) -> None:
        """The connection is lost, or could not be made again."""
        now = clock.monotonic()
        with self._lock:
            self._nobody_there = isinstance(error, NoServer) and not self._here
            heard_at, was_here, self._here = self._heard_at, self._here, False
        if heard_at is None:
            return
        left_seconds = heard_at + CUT_OFF_SECONDS - now
        if was_here:
            _LOG.warning("presence-lost", worker=self._attendance.worker, reason=error)
            # A try to connect may take longer than is left.
            self._fuse = threading.Timer(max(left_seconds, 0), self._burnt_down)
            self._fuse.daemon = True
            self._fuse.start()
        elif left_seconds <= 0 and not self._nobody_there:
            self._fall(str(error))

    def _burnt_down(self) -> None:
        with self._lock:
            due = not self._here and not self._nobody_there
        if due:
            self._fall("the store was not reached again in time")

    def _extinguish(self) -> None:
        if self._fuse is not None:
            self._fuse.cancel()
            self._fuse = None

    def _fall(self, why: str) -> None:
        with self._lock:
            if self._heard_at is None:
                return
            self._heard_at = None
        held = self._fence.fall()
        _LOG.error("cut-off", worker=self._attendance.worker, calls_ended=held, reason=why)
