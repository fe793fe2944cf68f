"""What a row plays on: a store, a partner, ``jmswrap up``, and the clients."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jmswrap.app.overrides import CONFIG_VARIABLE
from jmswrap.database import Place
from jmswrap.history.history import History
from jmswrap.store import opening
from jmswrap.store.store import Store
from jmswrap.store.wakeup import Bell
from tests.crash import orders
from tests.crash.load import Load
from tests.crash.loop import Loop
from tests.crash.orders import Plan
from tests.crash.partner import Partner
from tests.crash.proxy import Proxy
from tests.crash.stores import Backing, Open, Single
from tests.crash.strikes import Striker
from tests.ports import free_port

UP_SECONDS = 120.0
STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much a row does; the short matrix does less."""

    keys: int = 12
    each: int = 15
    pace_seconds: float = 0.03
    away_seconds: float = 30
    """How long the store is away in the row that stops it."""
    patience_seconds: float = 90
    cared_for_seconds: float = 5
    """The promise: until then a struck worker's messages are in flight again, or visible as in doubt."""

    @property
    def count(self) -> int:
        """All orders of a row."""
        return self.keys * self.each


@dataclass(slots=True)
class Stage:
    """A running integration and everything around it."""

    folder: Path
    plan: Plan
    size: Size
    backing: Backing
    store: Store
    """The rows' own way to the store, past the proxy."""
    bell: Bell
    partner: Partner
    striker: Striker
    up: "subprocess.Popen[bytes]"
    facts: dict[str, Any]
    load: Load
    history: History | None
    """Where settled messages go, if the plan has one."""
    ends: ExitStack
    """Closed when the row ends."""

    @property
    def single(self) -> Single:
        """The embedded server of a row that has one."""
        assert isinstance(self.backing, Single)
        return self.backing

    @property
    def proxy(self) -> Proxy:
        """What stands between the processes and the store."""
        return self.single.proxy

    def another_worker(self) -> "subprocess.Popen[bytes]":
        """Run a worker that nobody supervises, as on a machine of its own, until the row ends."""
        process = self.ends.enter_context(
            running(["work", "-c", str(self.folder / "orders")], self.folder / "work.log")
        )
        self._until_said("working", process)
        return process

    def _until_said(self, word: str, process: "subprocess.Popen[bytes]") -> None:
        log, pause, deadline = self.folder / "work.log", threading.Event(), time.monotonic() + UP_SECONDS
        while word not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the worker does not start: {log.read_text()[-2000:]}")
            pause.wait(0.05)


@contextmanager
def running(
    words: Sequence[str], log: Path, program: Sequence[str] = (sys.executable, "-m", "jmswrap")
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command of jmswrap, or of another program, until the end of the block."""
    with log.open("ab") as written:
        process = subprocess.Popen([*program, *words], stdin=subprocess.DEVNULL, stdout=written, stderr=written)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def staged(folder: Path, plan: Plan, size: Size, open_store: Open = Single) -> Iterator[Stage]:
    """Run everything on a folder that is empty, until the end of the block."""
    with ExitStack() as stack:
        loop = Loop()
        stack.callback(loop.close)
        backing = open_store(folder, loop)
        stack.callback(backing.stop)
        partner = Partner(loop, folder / "applied.jsonl")
        stack.callback(partner.stop)
        orders.integration(folder / "orders", plan, backing.url, partner.address)
        client = opening.client(backing.direct)
        stack.callback(client.close)
        store = Store(client, "crash")
        history = History(Place(folder / "orders" / orders.HISTORY), "crash") if plan.history else None
        if history is not None:
            stack.callback(history.close)
        up, facts = stack.enter_context(_plain(folder) if plan.plain else _up(folder))
        ledger = folder / "acknowledged.jsonl"
        service = facts["services"]["Orders"]["address"]
        load = Load(service, size.keys, size.each, ledger, size.pace_seconds, size.patience_seconds)
        stack.callback(load.stop)
        bell, striker = Bell(client, "jmswrap"), Striker(store)
        yield Stage(folder, plan, size, backing, store, bell, partner, striker, up, facts, load, history, stack)


@contextmanager
def _up(folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", dict[str, Any]]]:
    """Run everything as one machine does."""
    log, ready = folder / "up.log", folder / "ready.json"
    words = ["up", "-c", str(folder / "orders"), "--port", "0", "--ready-file", str(ready)]
    with running(words, log) as up:
        yield up, until_up(up, ready, log)


@contextmanager
def _plain(folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", dict[str, Any]]]:
    """Run a gateway, and RQ's own worker."""
    log, port = folder / "up.log", free_port()
    variable = f"{CONFIG_VARIABLE}={folder / 'orders' / 'jmswrap.yaml'}"
    program = ("env", variable, str(Path(sys.executable).with_name("rq")))
    with (
        running(["serve", "-c", str(folder / "orders"), "--port", str(port)], log) as gateway,
        running(["worker", "-c", "jmswrap.rq", "--quiet"], log, program) as worker,
    ):
        _until_ready(port, log)
        yield (
            gateway,
            {
                "services": {"Orders": {"address": f"http://127.0.0.1:{port}/services/Orders"}},
                "children": {"gateway": gateway.pid, "worker": worker.pid},
            },
        )


def _until_ready(port: int, log: Path) -> None:
    pause, deadline = threading.Event(), time.monotonic() + UP_SECONDS
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"the gateway does not start: {log.read_text()[-2000:]}")
        pause.wait(0.05)


def until_up(up: "subprocess.Popen[bytes]", ready: Path, log: Path) -> dict[str, Any]:
    """Return the addresses that `up` writes down when all is up."""
    pause, deadline = threading.Event(), time.monotonic() + UP_SECONDS
    while not ready.exists():
        if up.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"jmswrap up does not start: {log.read_text()[-2000:]}")
        pause.wait(0.02)
    found: dict[str, Any] = json.loads(ready.read_text())
    return found
