"""An integration with a bridge, and a wire between bridge and broker that can be cut, for the tests of bridges."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from activemq import PASSWORD, USERNAME, Frame

from jmswrap import queues
from jmswrap.app.health import examine
from jmswrap.app.integration import load
from jmswrap.message import Record
from jmswrap.states import State
from jmswrap.store.nouns import Limits
from jmswrap.store.opening import client
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

PATIENCE_SECONDS = 120.0
LEASE_SECONDS = 5


class Site:
    """An integration with a bridge, and the bridge's process."""

    def __init__(self, folder: Path, server: EmbeddedServer, port: int, **bridge: Any) -> None:
        self.folder, self.prefix = folder, f"bridge-{folder.name}"
        self.port = port
        self.store = Store(client(server.url), self.prefix, Limits(lease_ms=LEASE_SECONDS * 1000))
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(**bridge)

    def configure(self, **bridge: Any) -> None:
        config = {
            "jmswrap": 1,
            "name": "site",
            "store": {"url": self._server.url, "prefix": self.prefix, "lease_seconds": LEASE_SECONDS},
            "workers": {"pool": self.prefix},
            "history": {"url": "none"},
            "routes": {"on": {"from": {"queue": "onward"}, "key": {"xpath": "/o/@k"}, "to": {"queue": "end"}}},
            "bridges": {
                "plant": {
                    "host": "127.0.0.1",
                    "port": self.port,
                    "username": USERNAME,
                    "password": "env:BROKER_PASSWORD",
                    "heartbeat_seconds": 10,
                    "receipt_seconds": 60,
                    **bridge,
                }
            },
        }
        (self.folder / "jmswrap.yaml").write_text(json.dumps(config))

    def start(self) -> "Site":
        command = [sys.executable, "-m", "jmswrap", "bridge", "-c", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            environment = {**os.environ, "BROKER_PASSWORD": PASSWORD}
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        return self

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            assert self._process.wait(PATIENCE_SECONDS) == 0, self.log
        finally:
            self._process.kill()

    def count(self, queue: str, state: State) -> int:
        return next((s.counts.get(state, 0) for s in self.store.queues() if s.name == queue), 0)

    def until(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < deadline, f"in vain waited for {what}\n{self.log[-6000:]}"
            time.sleep(0.05)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def records(self, queue: str) -> list[Record]:
        return self.store.messages(queue, limit=10_000, newest_first=False)

    def put(self, queue: str, count: int, keys: int = 0) -> list[str]:
        with queues.connect(self.folder) as site:
            return [
                site.put(
                    queue, f"<o n='{n}'/>", key=f"k{n % keys}" if keys else "", properties={"n": str(n)}
                ).message_id
                for n in range(count)
            ]


class Cut:
    """Between bridge and broker: passes everything on, until a word goes by in one direction."""

    def __init__(self, to: int) -> None:
        self._to = to
        self.word, self.upward = b"", False
        self.met = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def heal(self) -> None:
        """Pass on what comes over new connections; those that were cut end."""
        self.word = b""
        self._end()

    def close(self) -> None:
        self._end()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _end(self) -> None:
        ended, self._open = self._open, []
        for one in ended:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(("127.0.0.1", self._to))
                self._open += [here, there]
                for one, other, upward in ((here, there, True), (there, here, False)):
                    threading.Thread(target=self._pass, args=(one, other, upward), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, upward: bool) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                if self.word and upward == self.upward and self.word in data:
                    self.met.set()
                    return  # nothing more goes this way, and nobody is told
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


def incoming(site: Site, **said: Any) -> dict[str, Any]:
    return {"destination": f"/queue/OPEN.{site.prefix}.IN", "queue": "inbox", **said}


def outgoing(site: Site, **said: Any) -> dict[str, Any]:
    return {"destination": f"/queue/OPEN.{site.prefix}.OUT", "queue": "outbox", **said}


def bodies(count: int) -> list[bytes]:
    return [b"<o n='%d'/>" % n for n in range(count)]


def sent_ids(frames: list[Frame]) -> Counter[str]:
    return Counter(headers["JMSWRAP_MessageID"] for _, headers, _ in frames)


def today() -> str:
    return time.strftime("%Y%m%d", time.gmtime())


def bridge_findings(site: Site) -> list[str]:
    return [found.sentence for found in examine(load(site.folder)) if found.what == "bridge"]
