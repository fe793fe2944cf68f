"""An integration, and the command line run on it within this process: a process for each call takes a second."""

import io
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jmswrap import log
from jmswrap.cli.main import main
from jmswrap.contract.wrap import wrap
from jmswrap.store.opening import client
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

ORDERS = Path(__file__).parents[2] / "data" / "partner" / "orders.wsdl"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The integration that `wrap` makes of the orders."""
    wrap(str(ORDERS), tmp_path / "orders")
    return tmp_path / "orders"


@pytest.fixture
def signals() -> Iterator[None]:
    """What handled signals before handles them again afterwards: verbs that run on set handlers of theirs."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process's log lines go where a new process's go, and afterwards where they went before."""
    ours = logging.getLogger(log.ROOT)
    level = ours.level
    monkeypatch.setattr(ours, "handlers", [])
    monkeypatch.setattr(ours, "propagate", True)
    ours.setLevel(logging.NOTSET)
    yield
    ours.setLevel(level)


@pytest.fixture
def jmswrap(
    folder: Path, store_server: EmbeddedServer, signals: None, lines: None, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run a verb on the folder and the tests' store, as from a shell; keywords are more settings."""
    prefix = f"cli-{folder.parent.name}"
    own = {"store": {"url": store_server.url, "prefix": prefix}, "workers": {"pool": prefix}}

    def run(*words: object, **settings: object) -> subprocess.CompletedProcess[str]:
        command = ["jmswrap", *map(str, words)]
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        with monkeypatch.context() as patched:
            patched.setenv("JMSWRAP_CONFIG", str(folder))
            patched.setenv("JMSWRAP_OVERRIDES", json.dumps({**own, **settings}))
            patched.setattr(logging.root, "handlers", [])  # pytest's; without any, warnings go to standard error
            patched.setattr(sys, "argv", command)
            patched.setattr(sys, "stdin", io.StringIO())
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as ended:
                main()
        said = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
        return subprocess.CompletedProcess(command, int(ended.value.code or 0), *said)

    return run


@pytest.fixture
def held(folder: Path, store_server: EmbeddedServer) -> Iterator[Store]:
    """The store of the verbs."""
    opened = client(store_server.url)
    yield Store(opened, f"cli-{folder.parent.name}")
    opened.close()
