"""The threads of a worker process that transform and call.

They are made when needed, up to the process's call slots, and stay. They never use the store's
connection: what they find goes back through the flight's own queue.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue

Work = Callable[[], None]


class Crew:
    """A bounded set of daemon threads. Make it after a fork: threads do not survive one."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._reserved = 0
        self._lock = threading.Lock()
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = threading.Semaphore(0)

    def do(self, work: Work) -> None:
        """Have a thread do the work; it must not raise."""
        if not self._idle.acquire(blocking=False) and len(self._threads) < self.size:
            thread = threading.Thread(target=self._serve, name=f"jmswrap-call-{len(self._threads)}", daemon=True)
            thread.start()
            self._threads.append(thread)
        self._work.put(work)

    @property
    def slots(self) -> int:
        """How many calls a new drain may have under way."""
        return self.size - self._reserved

    def reserve(self, calls: int) -> None:
        """Take slots from the drains to come, for calls that outlast theirs; negative: give them back."""
        with self._lock:
            self._reserved += calls

    def close(self) -> None:
        """Let the threads end once their work is done."""
        for _ in self._threads:
            self._work.put(None)
        self._threads = []

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            self._idle.release()
