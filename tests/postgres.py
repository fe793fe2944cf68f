"""A real PostgreSQL server for tests, where its programs are installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ports import free_port


def program(name: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(installed[-1]) if installed else None)


@contextmanager
def serving() -> Iterator[str]:
    """A PostgreSQL server of its own; it refuses to run as root, so then another user runs it."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("initdb and pg_ctl are not installed")
    pytest.importorskip("psycopg", reason="the driver of jmswrap[postgres] is not installed")
    # Not pytest's folder: that is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="jmswrap-postgres-"))
    data, log = folder / "data", folder / "log"
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        someone = next((u for u in ("postgres", "nobody") if u in {p.pw_name for p in pwd.getpwall()}), None)
        if someone is None:
            pytest.skip("PostgreSQL does not run as root, and there is no other user")
        os.chown(folder, pwd.getpwnam(someone).pw_uid, -1)
        user["user"] = someone
    port = free_port()
    options = f"-p {port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off"

    def run(*words: str) -> None:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd="/", check=False, **user)
        assert done.returncode == 0, done.stderr + (log.read_text() if log.exists() else "")

    # The C locale's own encoding, SQL_ASCII, is the one that has surprised us.
    run(initdb, "-D", str(data), "-U", "jmswrap", "--auth=trust", "--no-sync", "--locale=C")
    subprocess.run(
        [pg_ctl, "-D", str(data), "-l", str(log), "-o", options, "-w", "-t", "30", "start"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        cwd="/",
        check=True,
        **user,
    )
    yield f"postgresql://jmswrap@127.0.0.1:{port}/postgres"
    run(pg_ctl, "-D", str(data), "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


def schema(url: str) -> str:
    """Make a schema of its own for one test."""
    import psycopg  # noqa: PLC0415  # only where it is installed

    with psycopg.connect(url, autocommit=True) as connection:
        name = f"t{connection.info.backend_pid}"
        connection.execute(f"CREATE SCHEMA {name}")
    return name
