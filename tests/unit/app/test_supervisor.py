import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jmswrap.app.supervisor import Child, Supervisor

SLEEPER = "import pathlib, os, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(60)"


def child(name: str, told: Path, code: str = SLEEPER, stop_seconds: float = 5) -> Child:
    return Child(name, [sys.executable, "-c", code, str(told)], dict(os.environ), stop_seconds)


async def pid_in(file: Path, other_than: int = 0) -> int:
    async with asyncio.timeout(60):
        while not (file.exists() and file.read_text() and int(file.read_text()) != other_than):
            await asyncio.sleep(0.02)
    return int(file.read_text())


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").exists() else True


async def gone(pid: int) -> bool:
    async with asyncio.timeout(30):
        while alive(pid):
            await asyncio.sleep(0.02)
    return True


def test_a_child_that_dies_is_started_again_at_once(tmp_path, caplog):
    async def run() -> None:
        supervisor = Supervisor()
        kept = child("worker-1", tmp_path / "pid")
        await supervisor.start(kept)
        first = await pid_in(tmp_path / "pid")
        os.kill(first, signal.SIGKILL)
        second = await pid_in(tmp_path / "pid", other_than=first)
        assert kept.restarts == 1
        await supervisor.stop([])
        assert await gone(second)

    with caplog.at_level("ERROR", logger="jmswrap.app.supervisor"):
        asyncio.run(run())
    assert "again_in_seconds=0.05" in caplog.text


def test_a_child_that_cannot_be_started_again_at_once_is_tried_again(tmp_path, caplog):
    program = tmp_path / "program"
    program.symlink_to(sys.executable)

    async def run() -> None:
        supervisor = Supervisor()
        kept = child("worker-1", tmp_path / "pid")
        kept.command = [str(program), *kept.command[1:]]
        await supervisor.start(kept)
        first = await pid_in(tmp_path / "pid")
        program.unlink()
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(60):
            while "child-not-started" not in caplog.text:
                await asyncio.sleep(0.02)
        program.symlink_to(sys.executable)
        second = await pid_in(tmp_path / "pid", other_than=first)
        await supervisor.stop([])
        assert await gone(second)

    with caplog.at_level("ERROR", logger="jmswrap.app.supervisor"):
        asyncio.run(run())


def test_the_end_of_a_child_is_told_with_its_process_id(tmp_path):
    async def run() -> None:
        told: asyncio.Queue[int] = asyncio.Queue()
        supervisor = Supervisor()
        kept = child("worker-1", tmp_path / "pid")
        kept.ended = told.put
        await supervisor.start(kept)
        first = await pid_in(tmp_path / "pid")
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(30):
            assert await told.get() == first
        await supervisor.stop([])
        assert told.empty()

    asyncio.run(run())


def test_children_stop_kind_after_kind_and_what_does_not_stop_is_killed(tmp_path):
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEPER

    async def run() -> None:
        supervisor = Supervisor()
        await supervisor.start(child("store", tmp_path / "store"))
        await supervisor.start(child("door", tmp_path / "door", stubborn, stop_seconds=0.2))
        pids = [await pid_in(tmp_path / name) for name in ("store", "door")]
        await supervisor.stop(["door", "store"])
        assert not any(alive(pid) for pid in pids)

    asyncio.run(run())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_child_outlives_a_parent_that_is_killed(tmp_path, number):
    watched = "import os; from jmswrap.app import lifeline; lifeline.attach(os.environ);" + SLEEPER
    parent = (
        "import asyncio, sys, os; from jmswrap.app.supervisor import Child, Supervisor\n"
        "async def run():\n"
        "    await Supervisor().start(Child('w', [sys.executable, '-c', *sys.argv[1:]], dict(os.environ), 5))\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(run())"
    )
    process = subprocess.Popen([sys.executable, "-c", parent, watched, str(tmp_path / "pid")])
    pid = asyncio.run(pid_in(tmp_path / "pid"))
    process.send_signal(number)
    process.wait(30)
    assert asyncio.run(gone(pid))
