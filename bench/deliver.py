"""Measures deliveries a second of one worker process: store → drain → partner.

python -m bench.deliver [--messages N] [--size-kb F] [--calls N] [--profile]
"""

import argparse
import cProfile
import pstats
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import redis

from jmswrap import clock
from jmswrap.deliver.crew import Crew
from jmswrap.deliver.delivery import Call, Delivery, QueuePlan
from jmswrap.deliver.drain import Drain
from jmswrap.deliver.pace import Pace
from jmswrap.message import Message
from jmswrap.partner.client import PartnerClient
from jmswrap.retry import Schedule
from jmswrap.store.nouns import Guard
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

WSDL = Path(__file__).parents[1] / "tests/data/partner/orders.wsdl"


class Silent:
    """Nobody needs waking."""

    def ring(self, queue: str) -> None:
        """Do nothing."""


def body(size: int, number: int) -> bytes:
    """Return an order of about this many bytes."""
    head = f'<Place xmlns="urn:example:orders"><number>{number}</number><quantity>2</quantity><note>'.encode()
    tail = b"</note></Place>"
    line = b"a note about the order, in words; "
    return head + (line * (size // len(line) + 1))[: max(size - len(head) - len(tail), 0)] + tail


def fill(store: Store, count: int, size: int) -> None:
    """Put messages, every key distinct."""
    for start in range(0, count, 200):
        store.accept(
            [
                Message(clock.new_id(), "orders", "orders", body(size, number), operation="Place", key=f"k{number}")
                for number in range(start, min(start + 200, count))
            ]
        )


def measure(store: Store, address: str, calls: int, count: int, profile: bool) -> float:
    """Drain everything; return deliveries a second."""
    partner = PartnerClient("orders", WSDL, address=address)
    delivery = Delivery("orders", Call(partner, "Place"), Schedule((1,)))
    guard = Guard("orders", concurrency=1000, breaker_failures=10)
    plan = QueuePlan("orders", {"orders": delivery}, guard)
    crew = Crew(calls)
    drain = Drain(store, Silent(), crew, plan, "bench", Pace(drain_seconds=60, linger_seconds=0))
    profiler = cProfile.Profile() if profile else None
    begun, used = time.perf_counter(), time.process_time()
    if profiler:
        profiler.enable()
    drained = drain.run()
    seconds = time.perf_counter() - begun
    print(f"{(time.process_time() - used) / count * 1e6:.0f} µs of CPU a delivery in the worker", flush=True)
    if profiler:
        profiler.disable()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(18)
    crew.close()
    partner.close()
    if drained.delivered != count:
        sys.exit(f"{drained} instead of {count} deliveries")
    return count / seconds


def main() -> int:
    """Run it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=3000)
    options.add_argument("--size-kb", type=float, action="append")
    options.add_argument("--calls", type=int, default=32)
    options.add_argument("--profile", action="store_true")
    given = options.parse_args()
    partner = subprocess.Popen([sys.executable, "-m", "bench.partner"], stdout=subprocess.PIPE, text=True)
    try:
        address = f"http://127.0.0.1:{int(partner.stdout.readline())}/orders"
        with (
            tempfile.TemporaryDirectory() as folder,
            EmbeddedServer(Path(folder)) as server,
            redis.Redis.from_url(server.url) as client,
        ):
            for number, size_kb in enumerate(given.size_kb or [0.5, 8]):
                store = Store(client, f"b{number}")
                fill(store, given.messages, int(size_kb * 1024))
                rate = measure(store, address, given.calls, given.messages, given.profile)
                print(f"{size_kb:g} KB: {rate:,.0f} deliveries/s", flush=True)
    finally:
        partner.terminate()
        partner.wait()
        partner.stdout.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
