"""What a backlog costs: accepting, claiming and housekeeping with and without 200,000 messages that wait.

``python -m bench.backlog [MESSAGES]``; exit status 1 when accepting is slower by more than a tenth, or a
script held up the server for longer than 50 ms.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from jmswrap import clock
from jmswrap.message import Message
from jmswrap.store import opening
from jmswrap.store.lua import NAMES, script
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

BACKLOG = 200_000
ROUND = 1_000
TURNS = 40
BODY = b"<order>" + b"x" * 497 + b"</order>"
LONGEST_MS = 50.0


def main(backlog: int) -> int:
    """Measure, print, judge."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
        client: Any = opening.client(server.url)
        store, other = Store(client, "full"), Store(client, "empty")
        client.config_set("appendfsync", "no")
        for _ in range(backlog // ROUND):
            put(store, ROUND)
        while client.info("persistence")["aof_rewrite_in_progress"]:
            time.sleep(0.1)
        client.config_set("appendfsync", "always")
        client.config_set("slowlog-log-slower-than", 1_000)
        client.slowlog_reset()
        empty, full = rates(other, store)
        housekeeping(store)
        slow = sorted(((entry["duration"] / 1_000, name(entry)) for entry in client.slowlog_get(128)), reverse=True)
        client.close()
    print(f"accept: {empty:.0f}/s without a backlog, {full:.0f}/s with {backlog:,} messages: {full / empty:.2f}")
    print("slowest: " + ", ".join(f"{what} {took_ms:.1f} ms" for took_ms, what in slow[:4]))
    return int(full < 0.9 * empty or any(took_ms > LONGEST_MS for took_ms, _ in slow))


def name(entry: Any) -> str:
    """Return which script a line of the slow log is about."""
    words = entry["command"].split()
    found = [one for one in NAMES if script(one).sha.encode() in words[:2]]
    return found[0] if found else words[0].decode()


def put(store: Store, count: int, key: str = "") -> None:
    """Accept messages, each under a key of its own unless they share one."""
    store.accept([Message(name := clock.new_id(), "orders", "", BODY, key=key or name) for _ in range(count)])


def rates(*stores: Store) -> list[float]:
    """Return how many messages each accepts a second, 128 together as a gateway does; they take turns."""
    seconds: list[list[float]] = [[] for _ in stores]
    for _ in range(TURNS):
        for store, taken in zip(stores, seconds, strict=True):
            began = clock.monotonic()
            put(store, 128)
            taken.append(clock.monotonic() - began)
    return [128 / median(taken) for taken in seconds]


def housekeeping(store: Store) -> None:
    """Do once what workers, sweepers and people do."""
    put(store, 1_000, key="one")
    last = store.messages("orders", limit=1)[0]
    for worker in ("w1", "w2"):
        store.claim("orders", worker, 32)
    store.abandon("w1")
    store.cancel(last.message.id)
    store.sweep()
    store.pause(route="orders")
    store.claim("orders", "w3", 32)
    store.resume(route="orders")
    store.queues()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("messages", nargs="?", type=int, default=BACKLOG)
    sys.exit(main(parser.parse_args().messages))
