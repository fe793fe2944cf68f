"""The two ways that are measured: their processes, started on the same store and partner."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

WSDL = Path(__file__).with_name("orders.wsdl")
WORKERS = 2
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Way:
    """One way to build the front: the commands of its gateway and of one worker."""

    name: str
    gateway: Sequence[str]
    worker: Sequence[str]
    environment: Mapping[str, str]
    path: str
    """Of the service at the gateway."""
    port: int

    @property
    def url(self) -> str:
        """Where the service is called."""
        return f"http://127.0.0.1:{self.port}{self.path}"

    @contextmanager
    def serving(self, log: Path) -> Iterator[None]:
        """Run the gateway until the end of the block."""
        with ExitStack() as stack:
            stack.enter_context(running(self.gateway, self.environment, log))
            _await_port(self.port)
            yield

    @contextmanager
    def working(self, log: Path) -> Iterator[None]:
        """Run the workers until the end of the block."""
        with ExitStack() as stack:
            for _ in range(WORKERS):
                stack.enter_context(running(self.worker, self.environment, log))
            yield


def jmswrap(folder: Path, store: str, partner: str) -> Way:
    """Return jmswrap's way: `serve` and `work` on an integration made by `wrap`."""
    integration = folder / "integration"
    if not integration.exists():
        _run([sys.executable, "-m", "jmswrap", "wrap", str(WSDL), "-o", str(integration)])
    port = free_port()
    overrides = {
        "store": {"url": store},
        "gateway": {"port": port},
        "partners": {"Orders": {"address": partner, "concurrency": 64}},
    }
    environment = {
        "JMSWRAP_CONFIG": str(integration / "jmswrap.yaml"),
        "JMSWRAP_OVERRIDES": json.dumps(overrides),
    }
    command = [sys.executable, "-m", "jmswrap"]
    return Way("jmswrap", [*command, "serve"], [*command, "work"], environment, "/services/Orders", port)


def tutorial(_: Path, store: str, partner: str) -> Way:
    """Return the tutorial's way: gunicorn and rq as their own introductions start them."""
    port = free_port()
    scripts = Path(sys.executable).parent
    gunicorn = [str(scripts / "gunicorn"), "-k", "gthread", "--threads", "16", "-b", f"127.0.0.1:{port}"]
    environment = {
        "PYTHONPATH": str(WSDL.parents[1]),
        "TUTORIAL_REDIS": store,
        "TUTORIAL_PARTNER": partner,
        "TUTORIAL_WSDL": str(WSDL),
    }
    worker = [str(scripts / "rq"), "worker", "-c", "bench.tutorial_worker"]
    return Way("tutorial", [*gunicorn, "bench.tutorial:application()"], worker, environment, "/", port)


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process until the end of the block; its output goes to a file."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=output, stderr=output, cwd=WSDL.parents[1]
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


@contextmanager
def answering_partner() -> Iterator[str]:
    """Run a partner that answers at once; yield its address."""
    command = [sys.executable, "-m", "bench.partner"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=WSDL.parents[1]) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/orders"
        finally:
            process.terminate()


def delivered(partner: str) -> int:
    """Return how many calls the partner has had."""
    with urllib.request.urlopen(partner, timeout=10) as answer:
        return int(answer.read())


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_port(port: int) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"Nobody listened on port {port} within {PATIENCE_SECONDS:g} s.")


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, cwd=WSDL.parents[1], capture_output=True)
