"""Ends a process in which no Python runs any more.

A regular expression that backtracks without end, or a library that keeps the interpreter's lock,
stops every thread of a process: its calls, the renewal of its leases, the answer to a signal. It
looks alive, and soon every worker has met that message. So a timer that needs no Python is wound
again every moment. When it runs out, it writes to stderr where each thread stands and ends the
process; what that held is given back, as when it was killed.
"""

import faulthandler
import threading

WINDINGS = 10
"""How often the timer is wound again in the time that it runs."""

MOST_WAIT_SECONDS = 1.0
"""The longest between two windings."""

_STDERR = 2
"""The descriptor, because ``sys.stderr`` may be none."""


class Pulse:
    """One process's own; ``begin`` and ``end`` once each."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        """How long nothing may move."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jmswrap-pulse", daemon=True)

    def begin(self) -> None:
        """End this process from now on when nothing moves in it for so long."""
        self._thread.start()

    def end(self) -> None:
        """Let it be."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        wait_seconds = min(self.seconds / WINDINGS, MOST_WAIT_SECONDS)
        try:
            while not self._stop.is_set():
                faulthandler.dump_traceback_later(self.seconds, exit=True, file=_STDERR)
                self._stop.wait(wait_seconds)
        finally:
            faulthandler.cancel_dump_traceback_later()
