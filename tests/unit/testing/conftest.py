import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

WSDL = Path(__file__).parents[2] / "data" / "partner" / "orders.wsdl"


@pytest.fixture
def wsdl() -> Path:
    return WSDL


@pytest.fixture
def simulate(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Start ``jmswrap simulate`` as a person would; gives its address."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: object, wsdl: Path = WSDL) -> str:
        command = [sys.executable, "-m", "jmswrap", "simulate", str(wsdl), "--json", *map(str, options)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        started.append(process)
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while lines[-1] and lines[-1] != "}\n":
            lines.append(process.stdout.readline())
        said: dict[str, Any] = json.loads("".join(lines))
        return str(said["address"])

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()
