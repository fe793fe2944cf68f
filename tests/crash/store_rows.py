"""The store: killed, stopped, hanging, full, failed over; and RQ's keys deleted from under it."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import rq
from rq.serializers import JSONSerializer

from jmswrap.clock import monotonic
from jmswrap.store.wakeup import DRAIN
from tests.crash.loop import Loop
from tests.crash.orders import Plan
from tests.crash.row import NotHere, Row
from tests.crash.stage import Stage
from tests.crash.stores import Replicated, Single

HANG_SECONDS = 4.0
FULL_SECONDS = 3.0
SLOW_SECONDS = 0.25
"""Between two orders of a client: they are still sending when the store has long been struck."""

TMPFS_MIB = 160
SPARE_MIB = 20
"""Left on the disk when it is nearly full; jmswrap wants 64 and its data set."""


def _begun(stage: Stage) -> None:
    stage.load.wait_for(stage.size.count // 4)


def _refused(stage: Stage, before: int, seconds: float = 20) -> None:
    """Return when a caller was told that the store takes nothing."""
    pause, deadline = threading.Event(), monotonic() + seconds
    while stage.load.faults == before:
        if monotonic() > deadline:
            raise TimeoutError("no caller was refused, so the fault did not reach the gateway")
        pause.wait(0.02)


def _killed(stage: Stage) -> None:
    _begun(stage)
    process = stage.single.server.pid
    assert process is not None
    stage.striker.noted()
    os.kill(process, signal.SIGKILL)


def _stopped(stage: Stage) -> None:
    _begun(stage)
    stage.single.server.stop()
    stage.striker.noted()
    stage.load.pass_time(stage.size.away_seconds)
    stage.single.server.start()


def _hangs(stage: Stage) -> None:
    _begun(stage)
    process = stage.single.server.pid
    assert process is not None
    stage.striker.noted()
    os.kill(process, signal.SIGSTOP)
    stage.load.pass_time(HANG_SECONDS)
    os.kill(process, signal.SIGCONT)


def _out_of_memory(stage: Stage) -> None:
    _begun(stage)
    client, before = stage.store.client, stage.load.faults
    used = client.info("memory")["used_memory"]
    stage.striker.noted()
    client.config_set("maxmemory", used // 2)
    _refused(stage, before)
    stage.load.pass_time(FULL_SECONDS)
    client.config_set("maxmemory", 0)


def _cannot_grow(stage: Stage) -> None:
    """Let the append-only file grow no further, in the running server: what a full disk does to it."""
    _begun(stage)
    process, data = stage.single.server.pid, stage.single.server.data
    assert process is not None
    largest = max(file.stat().st_size for file in (data / "appendonlydir").iterdir())
    stage.striker.noted()
    resource.prlimit(process, resource.RLIMIT_FSIZE, (largest + 300, largest + 300))
    pause, deadline = threading.Event(), monotonic() + 20
    while stage.single.server.pid == process:
        if monotonic() > deadline:
            raise TimeoutError("the server did not notice that its file cannot grow")
        pause.wait(0.02)


class SmallDisk(Single):
    """An embedded server on a file system of its own, small enough to be filled."""

    def __init__(self, folder: Path, loop: Loop) -> None:
        self.disk = folder / "data"
        self.disk.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MIB}m", "crash-matrix", str(self.disk)]
        try:
            mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise NotHere("it needs a mount command") from None
        if mounted.returncode:
            raise NotHere("it needs the right to mount a small tmpfs")
        try:
            super().__init__(folder, loop)
        except BaseException:
            self._unmount()
            raise

    def stop(self) -> None:
        """Stop the server, then unmount."""
        super().stop()
        self._unmount()

    @contextlib.contextmanager
    def filled(self, spare_mib: int) -> Iterator[None]:
        """Fill the disk but for a little, until the end of the block."""
        ballast = self.disk / "ballast"
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while shutil.disk_usage(self.disk).free > spare_mib * 2**20:
                file.write(bytes(2**16))
        try:
            yield
        finally:
            ballast.unlink()

    def _unmount(self) -> None:
        subprocess.run(["umount", "-l", str(self.disk)], capture_output=True, check=False)


def _nearly_full(stage: Stage) -> None:
    _begun(stage)
    assert isinstance(stage.backing, SmallDisk)
    before = stage.load.faults
    stage.striker.noted()
    with stage.backing.filled(SPARE_MIB):
        _refused(stage, before)
        stage.load.pass_time(FULL_SECONDS)


def _full(stage: Stage) -> None:
    _begun(stage)
    assert isinstance(stage.backing, SmallDisk)
    stage.striker.noted()
    with stage.backing.filled(0):
        stage.load.pass_time(FULL_SECONDS)


def _rq_keys_deleted(stage: Stage) -> None:
    _begun(stage)
    stage.striker.noted()
    _delete_rq_keys(stage, 10)


def _delete_rq_keys(stage: Stage, times: int) -> None:
    client, pause = stage.store.client, threading.Event()
    for _ in range(times):
        keys = list(client.scan_iter("rq:*", count=1000))
        if keys:
            client.delete(*keys)
        pause.wait(0.2)


def _rq_misused(stage: Stage) -> None:
    """Put jobs of others among the wake-ups, delete every key of RQ, put them there again."""
    _begun(stage)
    stage.striker.noted()
    touched = stage.folder / "touched"
    _put_foreign_jobs(stage, touched)
    _delete_rq_keys(stage, 5)
    _put_foreign_jobs(stage, touched)
    stage.load.pass_time(60)
    if touched.exists():
        raise AssertionError("a job ran that is no wake-up")


def _put_foreign_jobs(stage: Stage, touched: Path) -> None:
    """Enqueue what jmswrap did not: commands in JSON and pickled, a drain of no queue, a drain of two."""
    pool, client = stage.bell.pool, stage.store.client
    foreign = rq.Queue(pool, connection=client, serializer=JSONSerializer)
    foreign.enqueue("os.system", args=(f"touch {touched}",))
    rq.Queue(pool, connection=client).enqueue(os.system, f"touch {touched}")
    foreign.enqueue(DRAIN, args=("no-such-queue",))
    foreign.enqueue(DRAIN, args=("Orders", "Orders"))
    client.rpush(f"rq:queue:{pool}", "no-such-job")


def _fails_over(stage: Stage) -> None:
    """Cut the replicas off, let the primary go on alone for a moment, then kill it."""
    _begun(stage)
    assert isinstance(stage.backing, Replicated)
    backing = stage.backing
    primary = backing.primary()
    replicas = [port for port in backing.ports if port != primary]
    stage.partner.latency_seconds = 2.0  # what is accepted now has not arrived there when the primary dies
    for port in replicas:
        os.kill(backing.pid(port), signal.SIGSTOP)
    backing.cut_off(primary)
    stage.load.pass_time(1.5)
    stage.striker.noted()
    backing.expect_failover()
    os.kill(backing.pid(primary), signal.SIGKILL)
    for port in replicas:
        os.kill(backing.pid(port), signal.SIGCONT)
    stage.partner.latency_seconds = 0
    backing.await_failover(primary)


_CUT_OFF = "primary killed after its replicas were cut off for 1.5 s"

ROWS = (
    *(
        Row("store", step, fault, Plan(policy), meanwhile=act, pace_seconds=SLOW_SECONDS)
        for policy in ("redeliver", "park")
        for step, fault, act in (
            ("at work", "kill -9, started again", _killed),
            ("at work", "stopped, started again", _stopped),
        )
    ),
    *(
        Row("store", step, fault, Plan("park"), meanwhile=act, pace_seconds=SLOW_SECONDS)
        for step, fault, act in (
            ("at work", f"SIGSTOP {HANG_SECONDS:g} s", _hangs),
            ("memory limit reached", f"for {FULL_SECONDS:g} s", _out_of_memory),
            ("its file cannot grow", "RLIMIT_FSIZE until it ends", _cannot_grow),
            ("RQ's keys deleted", "ten times in 2 s", _rq_keys_deleted),
        )
    ),
    *(
        Row(
            "store",
            "RQ's keys deleted, `rq worker` only",
            "five times in 1 s, foreign and pickled jobs before and after",
            Plan(policy, plain=True),
            meanwhile=_rq_misused,
            pace_seconds=SLOW_SECONDS,
            shows="the RQ side is expendable: no foreign job ran",
        )
        for policy in ("redeliver", "park")
    ),
    *(
        Row("store", step, fault, Plan("park"), meanwhile=act, open_store=SmallDisk, pace_seconds=SLOW_SECONDS)
        for step, fault, act in (
            ("disk nearly full", f"{SPARE_MIB} MiB left for {FULL_SECONDS:g} s", _nearly_full),
            ("disk full", f"for {FULL_SECONDS:g} s", _full),
        )
    ),
    *(
        Row(
            "store",
            "Sentinel failover, replicas: 1 (WAIT)",
            _CUT_OFF,
            Plan(policy, lease_seconds=4, replicas=1),
            meanwhile=_fails_over,
            open_store=Replicated,
        )
        for policy in ("redeliver", "park")
    ),
    Row(
        "store",
        "Sentinel failover, replicas: 0",
        _CUT_OFF,
        Plan("park", lease_seconds=4),
        meanwhile=_fails_over,
        open_store=Replicated,
        loses=True,
        shows="expected to lose: without WAIT a receipt says only that the primary has the message",
    ),
)
