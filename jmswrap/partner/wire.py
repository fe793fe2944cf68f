"""One call's line to a partner: deadlines on every byte, a count of what left, an abort.

``Wire`` is what the worker holds of a running call: it may abort it from another thread and
push the lease's end on. ``Line`` stands where urllib3 and http.client expect a socket. The
engine sees only ``Wire``.
"""

import contextlib
import io
import math
import select
import socket
from collections.abc import Callable
from typing import Any

from jmswrap import clock


class Aborted(OSError):
    """The worker ended the call: its lease is over or lost."""


class Wire:
    """One call as the worker sees it; ``abort`` may come from another thread."""

    __slots__ = ("_raw", "aborted", "deadline", "lease_end", "received", "reused", "sent")

    def __init__(self, lease_end: float = math.inf) -> None:
        self.lease_end = lease_end
        """Monotonic seconds; the call ends itself before it. The worker moves it with each renewal."""
        self.deadline = math.inf
        """Monotonic seconds at which the call's total time is over."""
        self.sent = 0
        """Bytes of the request that the kernel took."""
        self.received = 0
        self.reused = False
        """It travels on a connection that carried a call before."""
        self.aborted = False
        self._raw: socket.socket | None = None

    def abort(self) -> None:
        """End the call: whoever waits on its socket is woken with a failure."""
        self.aborted = True
        if (raw := self._raw) is not None:
            _cut(raw)

    def attach(self, raw: socket.socket | None) -> None:
        """Say which socket the call uses now."""
        self._raw = raw
        if raw is not None and self.aborted:
            _cut(raw)

    def beside(self) -> "Wire":
        """Return a wire for a call that this one waits for (for a token, say); an abort ends it too."""
        return _Beside(self)

    def again(self) -> None:
        """Begin a second exchange of the same call; what the first one proved is over."""
        self.sent = self.received = 0
        self.reused = False

    def left(self, at_most: float) -> float:
        """Return how many seconds the next operation may wait; raises when the call is over."""
        if self.aborted:
            raise Aborted("the worker ended the call")
        now = clock.monotonic()
        if now >= self.lease_end:
            self.aborted = True
            raise Aborted("the lease was about to end")
        if now >= self.deadline:
            raise TimeoutError("the call's total time was over")
        return max(0.001, min(at_most, self.deadline - now, self.lease_end - now))


class _Beside(Wire):
    """A wire that hands its socket to another, so that an abort there ends both."""

    __slots__ = ("_waiting",)

    def __init__(self, waiting: Wire) -> None:
        super().__init__(waiting.lease_end)
        self.deadline = waiting.deadline
        self._waiting = waiting

    def attach(self, raw: socket.socket | None) -> None:
        """Say which socket both use now."""
        super().attach(raw)
        self._waiting.attach(raw)

    def left(self, at_most: float) -> float:
        """Return how many seconds the next operation may wait; a renewed lease counts here too."""
        self.lease_end = self._waiting.lease_end
        self.aborted = self.aborted or self._waiting.aborted
        return super().left(at_most)


class Line:
    """A connected socket that carries one call at a time."""

    def __init__(self, raw: socket.socket, read_seconds: float) -> None:
        self._raw = raw
        self._read_seconds = read_seconds
        self._poll = select.poll()
        self._poll.register(raw, select.POLLIN)
        self.wire = Wire()

    def take(self, wire: Wire) -> None:
        """Give the line to a call."""
        self.wire = wire
        wire.attach(self._raw)

    def give_back(self) -> None:
        """End the call's hold of the line, so that a late abort does not hit the next call."""
        self.wire.attach(None)
        self.wire = Wire()

    def quiet(self) -> bool:
        """Tell whether the other side neither closed nor said anything unasked."""
        return not self._poll.poll(0)

    def sendall(self, data: bytes) -> None:
        """Write everything, counting what the kernel took."""
        view = memoryview(data)
        while view:
            taken = self._wait(self._raw.send, view)
            self.wire.sent += taken
            view = view[taken:]

    def readinto(self, buffer: Any) -> int:
        """Read what is there, waiting for it no longer than allowed."""
        count = self._wait(self._raw.recv_into, buffer)
        self.wire.received += count
        if not count and self.wire.aborted:
            raise Aborted("the worker ended the call")
        return count

    def _wait(self, operation: Callable[[Any], int], data: Any) -> int:
        # A lease that was renewed meanwhile lets the operation go on: hence the loop.
        since = clock.monotonic()
        left = self._read_seconds
        while True:
            self._raw.settimeout(self.wire.left(left))
            try:
                return operation(data)
            except TimeoutError:
                left = since + self._read_seconds - clock.monotonic()
                if left <= 0:
                    raise TimeoutError(f"nothing moved for {self._read_seconds:g} s") from None

    def makefile(self, mode: str = "rb", *_: Any, **__: Any) -> io.BufferedReader:
        """Return a buffered reader over the line, as http.client wants one."""
        return io.BufferedReader(_Reading(self), 65_536)

    def settimeout(self, _: float | None) -> None:
        """Do nothing: every operation sets its own."""

    def fileno(self) -> int:
        """Return the socket's file number."""
        return self._raw.fileno()

    def close(self) -> None:
        """Close the socket."""
        self.wire.attach(None)
        with contextlib.suppress(OSError):
            self._raw.close()


class _Reading(io.RawIOBase):
    """The raw half of ``Line.makefile``; closing it leaves the line open."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        return self._line.readinto(buffer)


def _cut(raw: socket.socket) -> None:
    # The plain socket's shutdown also for TLS: SSLSocket.shutdown would pull its
    # state from under the thread that reads.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(raw, socket.SHUT_RDWR)
