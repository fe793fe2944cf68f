"""``make soak``: many small messages while processes are killed at random, bounded in time.

    python -m tests.crash.soak [--messages N] [--seconds S] [--seed N] [--history] [--json FILE]

Every few seconds one of the gateway's processes, the workers, the partner or the store is killed
with ``kill -9``. The verdict is the matrix's: two ledgers and the control totals.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from jmswrap.database import Place
from jmswrap.history.history import History
from jmswrap.store import opening
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store
from jmswrap.store.wakeup import Bell
from jmswrap.testing.host import Hosted
from jmswrap.testing.partner import Behaviour
from tests.crash import orders
from tests.crash.load import Load
from tests.crash.orders import Plan
from tests.crash.person import settle
from tests.crash.stage import running, until_up
from tests.crash.verdict import Verdict, judge
from tests.ports import free_port

KEYS = 40
EVERY_SECONDS = (2.0, 6.0)
"""Between two kills."""

SETTLE_SECONDS = 180.0


class HostedPartner:
    """The partner in a process of its own, started again whenever it was killed."""

    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "applied.jsonl"
        self._port = free_port()
        behaviour = Behaviour(values=orders.VALUES)
        hosted = Hosted("Orders", str(orders.WSDL), "Orders", "Eleven", self._port, str(self.ledger), behaviour)
        self._plan = json.dumps([asdict(hosted)])
        self._log = folder / "partner.log"
        self._stop = threading.Event()
        self.process = self._spawn()
        self._watch = threading.Thread(target=self._keep, name="partner-watch", daemon=True)
        self._watch.start()

    @property
    def address(self) -> str:
        """Where it is called."""
        return f"http://127.0.0.1:{self._port}/Orders"

    def stop(self) -> None:
        """End it for good."""
        self._stop.set()
        self.process.kill()
        self._watch.join()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as written:
            command = [sys.executable, "-m", "jmswrap.testing.host", self._plan]
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written)

    def _keep(self) -> None:
        while True:
            self.process.wait()
            if self._stop.is_set():
                return
            self.process = self._spawn()


class Killer:
    """Kills one process after the other, chosen by chance, until it is told to stop."""

    def __init__(self, up: int, store: EmbeddedServer, partner: HostedPartner, seed: int) -> None:
        self.kills: Counter[str] = Counter()
        self._up, self._store, self._partner = up, store, partner
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Kill no more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._random.uniform(*EVERY_SECONDS)):
            victims = self._victims()
            kind = self._random.choice(sorted(victims))
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._random.choice(victims[kind]), signal.SIGKILL)
                self.kills[kind] += 1

    def _victims(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {"partner": [self._partner.process.pid]}
        if self._store.pid is not None:
            found["store"] = [self._store.pid]
        for process, words in _below(self._up):
            kind = {"serve": "gateway", "work": "worker"}.get(words[3] if len(words) > 3 else "")
            if kind:
                found.setdefault(kind, []).append(process)
        return found


def _below(parent: int) -> list[tuple[int, list[str]]]:
    """Return the processes below one, with their command lines."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    found: list[tuple[int, list[str]]] = []
    parents = {parent}
    while parents:
        below = [(int(pid), args.split()) for pid, above, args in rows if int(above) in parents]
        found += below
        parents = {process for process, _ in below}
    return found


@contextmanager
def _machine(folder: Path, store: EmbeddedServer, partner: HostedPartner, history: bool) -> Iterator[tuple[int, str]]:
    """Run the integration; yields the process id of ``up`` and the service's address."""
    orders.integration(folder / "orders", Plan("redeliver", history=history), store.url, partner.address)
    ready, log = folder / "ready.json", folder / "up.log"
    words = ["up", "-c", str(folder / "orders"), "--port", "0", "--ready-file", str(ready)]
    with running(words, log) as up:
        yield up.pid, until_up(up, ready, log)["services"]["Orders"]["address"]


def soak(messages: int, seconds: float, seed: int, history: bool = False) -> tuple[Verdict, dict[str, object]]:
    """Run the soak and return its verdict and figures."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as name,
        contextlib.ExitStack() as ends,
    ):
        folder = Path(name)
        store_server = ends.enter_context(EmbeddedServer(folder / "data"))
        partner = HostedPartner(folder)
        ends.callback(partner.stop)
        up, service = ends.enter_context(_machine(folder, store_server, partner, history))
        client = opening.client(store_server.url)
        ends.callback(client.close)
        load = Load(service, KEYS, -(-messages // KEYS), folder / "acknowledged.jsonl", 0, seconds)
        killer = Killer(up, store_server, partner, seed)
        load.start()
        killer.start()
        load.join()
        killer.stop()
        sent_seconds = time.monotonic() - began
        store = Store(client, "crash")
        settle(store, Bell(client, "jmswrap"), partner.ledger, SETTLE_SECONDS)
        kept = History(Place(folder / "orders" / orders.HISTORY), "crash") if history else None
        ends.callback(kept.close if kept else lambda: None)
        verdict = judge(store, load.acknowledged(), partner.ledger, kept)
        figures: dict[str, object] = {
            "kills": dict(killer.kills),
            "faults": load.faults,
            "silences": load.silences,
            "sending_seconds": round(sent_seconds, 1),
            "seconds": round(time.monotonic() - began, 1),
            "seed": seed,
        }
        return verdict, figures


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=900, help="the clients give up after this")
    parser.add_argument("--seed", type=int, default=0, help="of the kills; 0: by the clock")
    parser.add_argument("--history", action="store_true", help="settled messages leave for a history meanwhile")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    given = parser.parse_args()
    verdict, figures = soak(given.messages, given.seconds, given.seed or time.time_ns(), given.history)
    found = {**asdict(verdict), **figures}
    text = json.dumps(found, indent=1)
    sys.stdout.write(text + "\n")
    if given.json:
        given.json.write_text(text + "\n", "utf-8")
    broken = verdict.lost or verdict.disordered or verdict.unmarked or verdict.inexact or verdict.vanished
    return 1 if broken or verdict.acknowledged < given.messages else 0


if __name__ == "__main__":
    sys.exit(main())
