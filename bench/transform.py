"""Measures messages a second that one worker process transforms: claimed, transformed, put on the next queue.

python -m bench.transform [--messages N] [--size-kb F] [--calls N]
"""

import argparse
import tempfile
import time
from pathlib import Path

import redis

from bench.deliver import Silent
from jmswrap import clock
from jmswrap.config.settings import Workers
from jmswrap.config.transform_settings import Transforms
from jmswrap.deliver.crew import Crew
from jmswrap.deliver.delivery import Delivery, Put, QueuePlan
from jmswrap.deliver.drain import Drain
from jmswrap.deliver.pace import Pace
from jmswrap.message import Message
from jmswrap.retry import Schedule
from jmswrap.store.nouns import Guard
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store
from jmswrap.transform.limit import TimeLimit
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.resources import Resources
from jmswrap.transform.xslt import Transform

FOLDER = Path(__file__).parent
SHEET = FOLDER / "transform.xsl"
LINE = (
    "<line><article>a-{0:05}</article><quantity>{1}</quantity><unit>{2}</unit><price>{1}.25</price>"
    "<note>to the yard behind the house</note></line>"
)
UNITS = ("piece", "box", "metre", "litre")


def body(size: int, number: int) -> bytes:
    """Return an order of about this many bytes."""
    customer = "<customer><first>Ada</first><last>Example</last></customer>"
    head = f'<Order xmlns="urn:example:orders"><number>{number}</number>{customer}'
    lines = (LINE.format(at, at % 300, UNITS[at % 4]) for at in range(size // len(LINE.format(0, 100, "piece"))))
    return f"{head}{''.join(lines)}</Order>".encode()


def alone(transform: Transform, document: bytes, count: int) -> tuple[float, float]:
    """Return the transforms a second, and a second of processor time, in one thread."""
    transform(document, {})
    begun, used = time.perf_counter(), time.process_time()
    for _ in range(count):
        transform(document, {})
    return count / (time.perf_counter() - begun), count / (time.process_time() - used)


def drained(store: Store, transform: Transform, calls: int, count: int) -> tuple[float, float]:
    """Drain everything; return messages a second, and a second of the worker's processor time."""
    delivery = Delivery("orders", Put("next"), Schedule((1,)), steps=(transform,))
    plan = QueuePlan("orders", {"orders": delivery}, Guard())
    crew = Crew(calls)
    drain = Drain(store, Silent(), crew, plan, "bench", Pace(drain_seconds=60, linger_seconds=0))
    begun, used = time.perf_counter(), time.process_time()
    done = drain.run()
    seconds, used = time.perf_counter() - begun, time.process_time() - used
    crew.close()
    if done.delivered != count:
        raise SystemExit(f"{done} instead of {count} delivered")
    return count / seconds, count / used


def main() -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--size-kb", type=float, default=10)
    parser.add_argument("--calls", type=int, default=Workers.model_validate({}).calls, help="as workers.calls")
    given = parser.parse_args()
    size = int(given.size_kb * 1024)
    limit = TimeLimit(Transforms.model_validate({}).seconds)
    transform = Library(Resources(FOLDER), limit=limit).compiled(SHEET)
    print(f"{len(SHEET.read_text().splitlines())} lines of XSLT, {len(body(size, 1))} bytes a message")
    rate, core = alone(transform, body(size, 1), given.messages)
    print(f"the transform alone: {rate:.0f}/s, {core:.0f}/s a core")
    with tempfile.TemporaryDirectory() as data, EmbeddedServer(Path(data)) as server:
        store = Store(redis.Redis.from_url(server.url), "bench")
        for start in range(0, given.messages, 100):
            numbers = range(start, min(start + 100, given.messages))
            named = ((clock.new_id(), body(size, number), f"k{number}") for number in numbers)
            store.accept([Message(one, "orders", "orders", content, key=key) for one, content, key in named])
        rate, core = drained(store, transform, given.calls, given.messages)
        print(f"in the worker: {rate:.0f} messages/s, {core:.0f}/s a core")


if __name__ == "__main__":
    main()
