"""A receipt is given only for what is on disk: kill -9 of the store, and its system calls."""

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from waiting import eventually

from jmswrap.clock import new_id
from jmswrap.message import Message, Receipt
from jmswrap.store import opening
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

MARK = "durability-of-"
SYSCALLS = "openat,write,writev,pwrite64,send,sendto,sendmsg,fdatasync,fsync,read,recvfrom"


def message() -> Message:
    return Message(new_id(), "orders", "r", f"<order>{MARK}{new_id()}</order>".encode(), key=new_id()[-3:])


def test_what_has_a_receipt_is_there_after_the_store_is_killed(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        store = Store(opening.client(server.url), "d")
        receipts: list[str] = []
        killed = threading.Event()

        def accept_until_killed() -> None:
            while not killed.is_set():
                batch = [message() for _ in range(8)]
                try:
                    answers = store.accept(batch)
                except Exception:  # noqa: BLE001 -- the kill may show in any of redis-py's ways; no receipt, no promise
                    return
                receipts.extend(one.message_id for one in answers if isinstance(one, Receipt))

        clients = [threading.Thread(target=accept_until_killed) for _ in range(3)]
        for client in clients:
            client.start()
        eventually(lambda: len(receipts) > 300, "the first receipts")
        assert server.pid
        first = server.pid
        os.kill(first, signal.SIGKILL)
        killed.set()
        for client in clients:
            client.join()
        eventually(lambda: server.pid not in (None, first), "another server")
        server.wait_ready(60)
        lost = [one for one in receipts if store.record(one) is None or not store.body(one)]
        assert lost == []
        assert sum(sum(queue.counts.values()) for queue in store.queues()) >= len(receipts)
        store.client.close()


@contextmanager
def traced(pid: int, output: Path) -> Iterator[None]:
    """Write a process's system calls to a file while the block runs."""
    tracer = subprocess.Popen(
        ["strace", "-f", "-y", "-s", "4096", "-e", f"trace={SYSCALLS}", "-o", str(output), "-p", str(pid)],
        stderr=subprocess.PIPE,
    )
    assert tracer.stderr
    try:
        told = tracer.stderr.readline().decode()
        if "attached" not in told:
            pytest.skip(f"strace may not attach to our own server here: {told.strip()}")
        yield
    finally:
        tracer.terminate()
        tracer.wait()
        tracer.stderr.close()


def unsynced_replies(lines: list[str]) -> tuple[int, int]:
    """Count replies to accepts, and those sent before the AOF had reached the disk."""
    dirty, replies, early = False, 0, 0
    syncing: set[str] = set()
    """The threads whose last call began to sync the AOF."""
    for line in lines:
        # A call that another thread's came between stands on two lines.
        ended = re.match(r"^(\d+) +<\.\.\. (?:fdatasync|fsync) resumed>.*= 0\b", line)
        if ended and ended[1] in syncing:
            dirty = False
        call = re.match(r"^(\d+) +(\w+)\(", line)
        if not call:
            continue
        thread, name, to_aof = call[1], call[2], ".aof>" in line
        syncing.discard(thread)
        if name in ("fdatasync", "fsync") and to_aof:
            syncing.add(thread)
        if name in ("write", "writev", "pwrite64") and to_aof:
            dirty = True
        elif name in ("fdatasync", "fsync") and to_aof and re.search(r"= 0\b", line):
            dirty = False
        elif "ACCEPTED" in line and name in ("write", "writev", "send", "sendto", "sendmsg"):
            replies += 1
            early += dirty
    return replies, early


def trace_of_accepts(folder: Path, appendfsync: str, accepts: int) -> list[str]:
    with EmbeddedServer(folder / "data", options={"appendfsync": appendfsync}) as server:
        store = Store(opening.client(server.url), "d")
        store.accept([message()])
        assert server.pid
        output = folder / "calls"
        with traced(server.pid, output):
            for _ in range(accepts):
                (answer,) = store.accept([message()])
                assert isinstance(answer, Receipt)
        store.client.close()
    return output.read_text("utf-8", "replace").splitlines()


needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@needs_strace
def test_the_append_only_file_is_synced_before_the_receipts_bytes_go_out(tmp_path: Path) -> None:
    lines = trace_of_accepts(tmp_path, "always", 10)
    assert any(MARK in line and ".aof>" in line for line in lines)
    assert unsynced_replies(lines) == (10, 0)


@needs_strace
def test_the_same_check_goes_red_without_fsync(tmp_path: Path) -> None:
    replies, early = unsynced_replies(trace_of_accepts(tmp_path, "no", 10))
    assert replies == 10
    assert early == 10
