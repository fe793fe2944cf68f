"""The stores that rows run on: one embedded server behind the proxy, or three behind Sentinel."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import redis
from redis.exceptions import RedisError

from jmswrap.store import launcher
from jmswrap.store.server import EmbeddedServer, find_program
from tests.crash.loop import Loop
from tests.crash.proxy import Proxy
from tests.ports import free_port

DOWN_MS = 1000
"""After this the sentinels call the primary down, where its end is expected."""

CALM_MS = 120_000
"""At any other time: a disk or a machine that stands still for a moment is no failover."""

START_SECONDS = 90.0

_SERVER = {
    "bind": "127.0.0.1",
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory-policy": "noeviction",
    "save": "",
    "repl-diskless-sync-delay": "0",
}


class Backing(Protocol):
    """What a row needs of its store."""

    url: str
    """For jmswrap's processes."""
    direct: str
    """For the rows themselves."""

    def stop(self) -> None:
        """Stop every server."""


Open = Callable[[Path, Loop], Backing]


class Single:
    """The embedded server, supervised as ``jmswrap up`` does it, with the proxy before it."""

    def __init__(self, folder: Path, loop: Loop, options: Mapping[str, str] | None = None) -> None:
        self.server = EmbeddedServer(folder / "data", options=options).start()
        self.direct = self.server.url
        self.proxy = Proxy(folder / "proxy", Path(self.direct.removeprefix("unix://")))
        self.url = self.proxy.url
        self._loop = loop
        loop.run(self.proxy.start())

    def stop(self) -> None:
        """Stop the proxy and the server."""
        self._loop.run(self.proxy.stop())
        self.server.stop()


class Replicated:
    """A primary, two replicas and three sentinels, each a process of its own on loopback."""

    NAME = "crash"

    def __init__(self, folder: Path, _: Loop, password: str = "", sentinel_password: str = "") -> None:
        self._folder = folder
        self._password, self._sentinel_password = password, sentinel_password
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.ports = [free_port() for _ in range(3)]
        self._sentinels = [free_port() for _ in range(3)]
        primary = self.ports[0]
        try:
            self._start_server(primary)
            for port in self.ports[1:]:
                self._start_server(port, replicaof=f"127.0.0.1 {primary}")
            self._until(lambda: self._info(primary)["connected_slaves"] == 2, "both replicas to be connected")
            for port in self._sentinels:
                self._start_sentinel(port, primary)
            self._until(lambda: all(map(self._knows_all, self._sentinels)), "the sentinels to know each other")
        except BaseException:
            self.stop()
            raise
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._sentinels)
        self.url = self.direct = f"sentinel://{hosts}/{self.NAME}"

    def primary(self) -> int:
        """Return the port of the server that the sentinels call the primary."""
        with self._client(self._sentinels[0]) as client:
            return int(client.sentinel_get_master_addr_by_name(self.NAME)[1])

    def pid(self, port: int) -> int:
        """Return the process id of a server."""
        return self._processes[port].pid

    def cut_off(self, primary: int) -> None:
        """End the primary's connections to its replicas; what it writes from now on is its own."""
        with self._client(primary) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "replica")

    def expect_failover(self) -> None:
        """Let the sentinels be quick from now on: the primary is about to end."""
        self._call_down_after(DOWN_MS)

    def await_failover(self, old: int, seconds: float = 120) -> None:
        """Return when the sentinels have promoted another server and it takes writes; they are calm again then."""

        def promoted() -> bool:
            port = self.primary()
            return port != old and self._info(port)["role"] == "master"

        self._until(promoted, "a replica to be promoted", seconds)
        self._call_down_after(CALM_MS)

    def _call_down_after(self, down_ms: int) -> None:
        for port in self._sentinels:
            with self._client(port) as client:
                client.sentinel_set(self.NAME, "down-after-milliseconds", down_ms)

    def stop(self) -> None:
        """Stop every process that was started here."""
        for process in reversed(self._processes.values()):
            process.kill()
            process.wait()

    def _start_server(self, port: int, **more: str) -> None:
        folder = self._folder / f"server-{port}"
        folder.mkdir()
        locks = {"requirepass": self._password, "masterauth": self._password} if self._password else {}
        options = {**_SERVER, "port": str(port), "dir": str(folder), **locks, **more}
        self._spawn(port, [word for name, value in options.items() for word in (f"--{name}", *_values(name, value))])

    def _start_sentinel(self, port: int, primary: int) -> None:
        folder = self._folder / f"sentinel-{port}"
        folder.mkdir()
        file = folder / "sentinel.conf"
        own = f'requirepass "{self._sentinel_password}"\nsentinel sentinel-pass {self._sentinel_password}\n'
        theirs = f"sentinel auth-pass {self.NAME} {self._password}\n"
        file.write_text(
            f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
            f"sentinel monitor {self.NAME} 127.0.0.1 {primary} 2\n"
            f"sentinel down-after-milliseconds {self.NAME} {CALM_MS}\n"
            f"sentinel failover-timeout {self.NAME} 5000\n"
            f"sentinel parallel-syncs {self.NAME} 2\n"
            f"{own if self._sentinel_password else ''}{theirs if self._password else ''}"
        )
        self._spawn(port, [str(file), "--sentinel"])

    def _spawn(self, port: int, arguments: list[str]) -> None:
        # Tied to this process, as the embedded server is: a row that is killed leaves nothing behind.
        command = [sys.executable, "-I", "-S", launcher.__file__, str(os.getpid()), str(find_program()), *arguments]
        with (self._folder / f"{port}.log").open("ab") as words:
            self._processes[port] = subprocess.Popen(command, stdout=words, stderr=words)
        self._until(lambda: self._answers(port), f"the server on port {port}")

    def _answers(self, port: int) -> bool:
        with self._client(port) as client:
            return bool(client.ping())

    def _info(self, port: int) -> dict[str, object]:
        with self._client(port) as client:
            return dict(client.info("replication"))

    def _knows_all(self, port: int) -> bool:
        with self._client(port) as client:
            state = client.sentinel_masters()[self.NAME]
        return bool(state["num-other-sentinels"] == 2 and state["num-slaves"] == 2)

    def _client(self, port: int) -> redis.Redis:
        password = self._sentinel_password if port in self._sentinels else self._password
        return redis.Redis(port=port, password=password or None, socket_timeout=5, socket_connect_timeout=5)

    def _until(self, true: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                if true():
                    return
            except RedisError as error:
                said: object = error
            else:
                said = "not yet"
            if time.monotonic() > deadline:
                raise TimeoutError(f"in vain waited for {what}: {said}")
            threading.Event().wait(0.05)


def _values(name: str, value: str) -> list[str]:
    return value.split(" ") if name == "replicaof" else [value]
