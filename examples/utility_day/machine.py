"""What a day needs: the two applications, and jmswrap with its store, gateway and workers."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from jmswrap.testing.utility.application import Settings
from jmswrap.testing.utility.running import CCB, MDM, ApplicationFailed, Running

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "jmswrap" / "integrations" / "ccb_mdm" / "jmswrap.yaml"
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Machine:
    """Everything, running."""

    ccb: Running
    mdm: Running
    gateway: str
    folder: Path
    environment: dict[str, str]
    """With it any jmswrap command looks into this machine."""

    def command(self, *arguments: str) -> str:
        """Run a jmswrap command; return what it says."""
        command = [sys.executable, "-m", "jmswrap", *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise ApplicationFailed(f"jmswrap {' '.join(arguments)} failed: {done.stderr.strip()}")
        return done.stdout

    def jmswrap(self, *arguments: str) -> Any:
        """Run a jmswrap command that gives JSON; return it."""
        return json.loads(self.command(*arguments, "--json"))


def wait_until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait for a condition, a bounded time; name what was waited for when it does not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise SystemExit(f"Waited {seconds:g} s in vain for {what}.")


@contextmanager
def started(folder: Path, workers: int = 1, rq_worker: bool = True, **settings: Any) -> Iterator[Machine]:
    """Start everything on this machine; stop it at the end. ``settings`` are the applications'."""
    with ExitStack() as stack:
        applications = {
            role: stack.enter_context(Running(role, _settings(folder, role, settings))) for role in (CCB, MDM)
        }
        environment = _environment(applications)
        ready = folder / "ready.json"
        command = [sys.executable, "-m", "jmswrap", "up", "--port", "0", "--workers", str(workers)]
        command += ["--data", str(folder / "data"), "--ready-file", str(ready)]
        up = stack.enter_context(_running(command, environment, folder / "up.log"))
        wait_until(lambda: ready.exists() or up.poll() is not None, f"jmswrap up; see {folder / 'up.log'}")
        if up.poll() is not None:
            raise SystemExit(f"jmswrap up ended: see {folder / 'up.log'}")
        found = json.loads(ready.read_text())
        overrides = {**json.loads(environment["JMSWRAP_OVERRIDES"]), "store": {"url": found["store"]}}
        environment["JMSWRAP_OVERRIDES"] = json.dumps(overrides)
        if rq_worker:
            rq = Path(sys.executable).with_name("rq")
            command = [str(rq), "worker", "-c", "jmswrap.rq"]
            stack.enter_context(_running(command, environment, folder / "rq-worker.log"))
        for application in applications.values():
            application.ask("connect", gateway=found["gateway"])
        yield Machine(applications[CCB], applications[MDM], found["gateway"], folder, environment)


def _settings(folder: Path, role: str, settings: dict[str, Any]) -> Settings:
    return Settings(books=str(folder / f"{role}.sqlite"), integration=str(CONFIG.parent), **settings)


def _environment(applications: dict[str, Running]) -> dict[str, str]:
    """Return the environment of jmswrap's processes: each partner's address is that of its application."""
    partners = yaml.safe_load(CONFIG.read_text())["partners"]
    addresses = {
        name: {"address": f"{applications[name.partition('_')[0]].address}/{Path(partner['wsdl']).stem}"}
        for name, partner in partners.items()
    }
    overrides = json.dumps({"partners": addresses})
    return {**os.environ, "JMSWRAP_CONFIG": str(CONFIG), "JMSWRAP_OVERRIDES": overrides}


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=ROOT)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
