"""gunicorn's ``asgi`` worker, with an end for idle connections and for a process that grows.

gunicorn 26 and 27 wait at SIGTERM until every connection has closed, idle ones too: with
clients that keep theirs, each stop lasted the whole grace period (20 s, measured). Here
connections without a request under way are closed at once; the others get their answer.
A connection on which no request comes is closed after ``keepalive`` seconds, also one that
sends its first header a byte at a time: gunicorn 26 cancels its own timer as it sets it,
and no version has one for the first request.

libxml2 keeps every name it has read, and lxml gives a thread one such dictionary for its
life: who sends elements with ever new names makes a process grow by what they send (300 MB
of names, 300 MB of memory, measured; nothing frees it). A process that has grown too much
ends as at SIGTERM and gunicorn starts the next; connections wait in the backlog meanwhile.
"""

import os
import signal
import ssl
from pathlib import Path
from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol  # type: ignore[import-untyped]  # gunicorn carries no types
from gunicorn.workers import gasgi  # type: ignore[import-untyped]

from jmswrap import log
from jmswrap.accept.tls import Peer, peer
from jmswrap.soap.admission import PEER

LOOKS = 5
"""How often in a row, a second apart, a process must be seen to have grown: large bodies come and go."""
TOLD = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT, signal.SIGHUP)
"""What the parent tells its processes."""
_STATUS = Path("/proc/self/statm")

_LOG = log.get(__name__)


class GatewayProtocol(ASGIProtocol):  # type: ignore[misc]
    """A connection that its worker knows of."""

    def __init__(self, worker: Any) -> None:
        super().__init__(worker)
        self._requests_seen = -1
        self._idle_since = 0.0
        self._peer: Peer | None = None

    def _build_http_scope(self, request: Any, sockname: Any, peername: Any) -> Any:
        scope = super()._build_http_scope(request, sockname, peername)
        if self._peer is not None:
            scope[PEER] = self._peer
        return scope

    def connection_made(self, transport: Any) -> None:
        """Tell the worker of the connection."""
        self.worker.connections.add(self)
        # Once for a connection: the certificate is the same for every request on it.
        self._peer = peer(transport)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that gunicorn stumbles over is answered like one that it refuses."""
        try:
            super().data_received(data)
        except ValueError:
            # gunicorn 27's parser in Python reads a Content-Length of thousands of digits as a number, which none is.
            self._send_error_response(400, "Invalid request head")
            self._close_transport()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the worker forget it."""
        self.worker.connections.discard(self)
        super().connection_lost(exc)

    def close_if_idle(self) -> None:
        """Close the connection unless a request is under way."""
        if self._current_request is None:
            self._close_transport()

    def close_if_long_idle(self, now: float) -> None:
        """Close the connection when no request has begun on it for too long; asked every second."""
        if self._current_request is not None or self.req_count != self._requests_seen:
            self._requests_seen = self.req_count
            self._idle_since = now
        elif now - self._idle_since > self.cfg.keepalive:
            self._close_transport()


class GatewayWorker(gasgi.ASGIWorker):  # type: ignore[misc]
    """The worker process of the gateway."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.connections: set[GatewayProtocol] = set()
        self._bytes_at_first = 0
        self._looks = 0

    def _get_ssl_context(self) -> ssl.SSLContext | None:
        # gunicorn would make it here from files, and without a word serve in clear when that fails.
        context: ssl.SSLContext | None = self.app.tls
        return context

    def init_process(self) -> None:
        """Run the process; in it, and nowhere else, gunicorn makes connections of our class."""
        # The worker names its protocol class by this module variable and offers no other way.
        gasgi.ASGIProtocol = GatewayProtocol
        # It notes what its C parser can do on the class that asks, and reads it from this one.
        ASGIProtocol._check_h1c_protocol_available()
        super().init_process()

    def init_signals(self) -> None:
        """Take signals; SIGHUP looks for a new generation."""
        super().init_signals()
        self.loop.add_signal_handler(signal.SIGHUP, self._look_for_a_new_generation)

    def _look_for_a_new_generation(self) -> None:
        # The application is made after the signals are taken, and is another one when it could not be made.
        ask = getattr(self.asgi, "ask_for_renewal", None)
        if ask is not None:
            ask()

    def notify(self) -> None:
        """Tell the parent that the process lives, each second; look at idle connections and at memory."""
        super().notify()
        now = self.loop.time()
        for connection in list(self.connections):
            connection.close_if_long_idle(now)
        self._end_when_grown(self.app.most_growth_bytes)

    def _end_when_grown(self, most_bytes: int) -> None:
        held = resident_bytes()
        self._bytes_at_first = self._bytes_at_first or held
        grown = held - self._bytes_at_first
        self._looks = self._looks + 1 if grown > most_bytes else 0
        if self._looks == LOOKS:
            _LOG.warning("process-renewed", grown_bytes=grown)
            self.handle_exit_signal()

    async def _serve(self) -> None:
        # Blocked by the parent when it forked: uvloop forgets what comes before it runs.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TOLD)
        await super()._serve()

    async def _shutdown(self) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.connections):
            connection.close_if_idle()
        await super()._shutdown()


def resident_bytes() -> int:
    """Return the memory this process holds; 0 on systems without ``/proc``, where nobody looks."""
    if not _STATUS.exists():
        return 0
    return int(_STATUS.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
