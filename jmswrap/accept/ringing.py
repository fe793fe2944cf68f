"""Rings the bell for queues, in a thread of its own.

A wake-up costs milliseconds (RQ) and must never delay a receipt. Rings for one queue
that come while one is under way become one. A ring that fails is logged and left to
the sweeper, which finds queues that have work and no wake-up.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from jmswrap import log
from jmswrap.errors import JmswrapError
from jmswrap.store.nouns import Rings

_LOG = log.get(__name__)


class Ringer:
    """Takes rings from any thread and passes them on from one."""

    def __init__(self, bell: Rings) -> None:
        self._bell = bell
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jmswrap-bell")
        self._asked: set[str] = set()
        self._lock = Lock()

    def ring(self, queue: str) -> None:
        """Ask for a wake-up of the queue; returns at once."""
        with self._lock:
            if queue in self._asked:
                return
            self._asked.add(queue)
        self._thread.submit(self._ring, queue)

    def close(self) -> None:
        """Ring what was asked for, then end the thread."""
        self._thread.shutdown(wait=True)

    def _ring(self, queue: str) -> None:
        with self._lock:
            self._asked.discard(queue)
        try:
            self._bell.ring(queue)
        except JmswrapError as error:
            _LOG.warning("ring-failed", queue=queue, reason=error)
