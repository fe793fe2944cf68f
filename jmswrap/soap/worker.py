"""gunicorn's ``asgi`` worker, with an end that does not wait for idle connections.

gunicorn 26 and 27 wait at SIGTERM until every connection has closed, idle ones too: with
clients that keep theirs, each stop lasted the whole grace period (20 s, measured). Here
connections without a request under way are closed at once; the others get their answer.
"""

from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol  # type: ignore[import-untyped]  # gunicorn carries no types
from gunicorn.workers import gasgi  # type: ignore[import-untyped]


class GatewayProtocol(ASGIProtocol):  # type: ignore[misc]
    """A connection that its worker knows of."""

    def connection_made(self, transport: Any) -> None:
        """Tell the worker of the connection."""
        self.worker.connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the worker forget it."""
        self.worker.connections.discard(self)
        super().connection_lost(exc)

    def close_if_idle(self) -> None:
        """Close the connection unless a request is under way."""
        if self._current_request is None:
            self._close_transport()


class GatewayWorker(gasgi.ASGIWorker):  # type: ignore[misc]
    """The worker process of the gateway."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.connections: set[GatewayProtocol] = set()

    def init_process(self) -> None:
        """Run the process; in it, and nowhere else, gunicorn makes connections of our class."""
        # The worker names its protocol class by this module variable and offers no other way.
        gasgi.ASGIProtocol = GatewayProtocol
        # It notes what its C parser can do on the class that asks, and reads it from this one.
        ASGIProtocol._check_h1c_protocol_available()
        super().init_process()

    async def _shutdown(self) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.connections):
            connection.close_if_idle()
        await super()._shutdown()
