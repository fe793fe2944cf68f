"""Runs ``jmswrap up`` as a person would, for the tests of this folder."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import PATIENCE_SECONDS, eventually


@dataclass
class Up:
    """A running ``jmswrap up``."""

    folder: Path
    process: subprocess.Popen[bytes]
    facts: dict[str, Any]
    log: Path

    def jmswrap(self, *words: object) -> Any:
        """Run a verb with ``--json`` and return its data."""
        command = [sys.executable, "-m", "jmswrap", *map(str, words), "--json", "-c", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)


@contextlib.contextmanager
def up(folder: Path, *options: object, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[Up]:
    """Run ``up`` on a free port until the block ends."""
    ready, log = folder / "ready.json", folder / "up.log"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "jmswrap", "up", "-c", str(folder), "--port", "0", "--ready-file", str(ready)]
    with log.open("wb") as written:
        process = subprocess.Popen([*command, *map(str, options)], stdout=written, stderr=written)

    def facts() -> dict[str, Any] | None:
        assert process.poll() is None, log.read_text()
        return json.loads(ready.read_text()) if ready.exists() else None

    try:
        yield Up(folder, process, eventually(facts, "up", patience_seconds), log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.strip().startswith("Z")


def descendants(pid: int) -> set[int]:
    """Return the ids of all processes below one."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found: set[int] = set()
    fresh = {pid}
    while fresh:
        fresh = {child for child, parent in parents if parent in fresh}
        found |= fresh
    return found
