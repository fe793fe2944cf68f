"""Gateway processes: gunicorn's ``asgi`` worker with uvloop, and the C parser where it is installed.

The contracts are read once, before the fork; connections are made after it, in each
process's event loop. ``serve`` returns when it was told to stop.
"""

import logging
import os
import re
import signal
import socket
from collections.abc import Callable
from importlib import metadata
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # gunicorn carries no types
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]

from jmswrap.accept.hosting import Hosting, Open
from jmswrap.errors import ConfigError
from jmswrap.soap.asgi import Gateway
from jmswrap.soap.worker import TOLD, GatewayWorker

Version = tuple[int, ...]

BACKLOG = 1024
GRACEFUL_SECONDS = 20
KEEP_ALIVE_SECONDS = 75
"""Longer than what common proxies and clients keep a connection, so that they close first."""
MOST_GROWTH_BYTES = 805_306_368
"""A process that has grown by this much is replaced (``worker.py``); what may wait for the store is a third of it."""


class GatewayArbiter(Arbiter):  # type: ignore[misc]
    """gunicorn's parent process, which would replace all others at SIGHUP."""

    def spawn_worker(self) -> Any:
        """Start a process; what it is told before it takes signals waits for that and is not lost."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def handle_hup(self) -> None:
        """Have every process look for a new generation."""
        self.kill_workers(signal.SIGHUP)


class GatewayServer(BaseApplication):  # type: ignore[misc]
    """gunicorn, configured here and nowhere else: it reads no file and no environment of its own."""

    def __init__(
        self,
        hosting: Hosting,
        open_engine: Open,
        listener: socket.socket,
        ready: Callable[[], None],
        keep_alive_seconds: int,
        most_growth_bytes: int,
    ) -> None:
        self.most_growth_bytes = most_growth_bytes
        self.tls = hosting.tls
        self._hosting = hosting
        self._open_engine = open_engine
        self._listener = listener
        self._ready = ready
        self._keep_alive_seconds = keep_alive_seconds
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        settings: dict[str, Any] = {
            "bind": f"fd://{self._listener.fileno()}",
            "worker_class": GatewayWorker,
            "workers": self._hosting.settings.processes,
            "asgi_loop": "uvloop",
            "asgi_lifespan": "on",
            "http_parser": http_parser(_version("gunicorn"), _version("gunicorn_h1c")),
            "keepalive": self._keep_alive_seconds,
            "graceful_timeout": GRACEFUL_SECONDS,
            # The body deadline is ours; gunicorn's wait for the next piece must not come first.
            "timeout": round(self._hosting.settings.body_seconds) + 30,
            "backlog": BACKLOG,
            "preload_app": False,
            "accesslog": None,
            "loglevel": "warning",
            "proc_name": f"jmswrap-serve-{self._hosting.integration}",
            "when_ready": lambda _: self._ready(),
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve; SIGHUP is for the gateway's processes, which go on."""
        GatewayArbiter(self).run()

    def load(self) -> Gateway:
        """Make the application; gunicorn calls this in each process, after the fork."""
        _quiet_spyne()
        return Gateway(self._hosting, self._open_engine)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one. ConfigError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(
            f"The gateway cannot listen on {host} port {port} ({os.strerror(error.errno) if error.errno else error}); "
            "choose another `gateway.port`, or stop what uses it."
        ) from error


def serve(
    hosting: Hosting,
    open_engine: Open,
    listener: socket.socket,
    ready: Callable[[], None] = lambda: None,
    keep_alive_seconds: int = KEEP_ALIVE_SECONDS,
    most_growth_bytes: int = MOST_GROWTH_BYTES,
) -> None:
    """Serve until SIGTERM or SIGINT; exits the process as gunicorn does.

    ``ready`` is called in the parent once it listens and before requests are answered.
    """
    listener.set_inheritable(True)
    GatewayServer(hosting, open_engine, listener, ready, keep_alive_seconds, most_growth_bytes).run()


def http_parser(gunicorn: Version, c_parser: Version) -> str:
    """Return which of gunicorn's HTTP parsers to use; an empty version is "not installed".

    gunicorn 27 keeps a next request that comes early in its parser and feeds it again. Its C
    parser before 0.6.14 keeps only 64 KB of it, and gunicorn then closes the connection
    without an answer. It asks for 0.6.14, but pip does not hold it to that.
    """
    if not c_parser or (gunicorn >= (27,) and c_parser < (0, 6, 14)):
        return "python"
    return "fast"


def _version(distribution: str) -> Version:
    try:
        text = metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def _quiet_spyne() -> None:
    # Spyne 2.14 logs payloads of what it cannot read (spyne.protocol.*.invalid).
    spyne = logging.getLogger("spyne")
    spyne.handlers[:] = [logging.NullHandler()]
    spyne.propagate = False
