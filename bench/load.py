"""A small load client: keep-alive connections that send one request after another.

    python bench/load.py http://127.0.0.1:8080/services/NAME body.xml --connections 32 --seconds 5

The file is a SOAP envelope; ``@@N@@`` in it becomes the number of the request. It shares
the machine with what it measures, so it does little: a request is one write, an answer
is read up to its Content-Length, and nothing is parsed.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

NUMBER = b"@@N@@"


@dataclass(frozen=True, slots=True)
class Load:
    """What one run came to."""

    seconds: float
    answers: int
    failures: int
    """Answers other than 200, and connections that ended."""
    per_second: float
    """Good answers a second."""
    p50_ms: float
    p99_ms: float


class _Connection(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last is complete."""

    def __init__(self, next_request: Callable[[], bytes | None], done: "asyncio.Future[None]") -> None:
        self.next_request = next_request
        self.done = done
        self.waits: list[float] = []
        self.failures = 0
        self._began = 0.0
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self._received) < end + 4 + length:
            return
        self.waits.append(time.perf_counter() - self._began)
        if not head.startswith(b"http/1.1 200"):
            self.failures += 1
        self._received.clear()
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.failures += 1
            self.done.set_result(None)

    def _send(self) -> None:
        request = self.next_request()
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(request)


async def load(host: str, port: int, make: Callable[[int], bytes], connections: int, seconds: float) -> Load:
    """Send what ``make`` gives for 0, 1, 2 … over some connections for a time."""
    loop = asyncio.get_running_loop()
    ends = time.perf_counter() + seconds
    number = -1

    def next_request() -> bytes | None:
        nonlocal number
        if time.perf_counter() >= ends:
            return None
        number += 1
        return make(number)

    began = time.perf_counter()
    opened: list[_Connection] = []
    for _ in range(connections):
        connection = _Connection(next_request, loop.create_future())
        await loop.create_connection(lambda c=connection: c, host, port)
        opened.append(connection)
    await asyncio.wait_for(asyncio.gather(*(c.done for c in opened)), seconds + 60)
    return _load(opened, time.perf_counter() - began)


def _load(opened: list[_Connection], took: float) -> Load:
    waits = sorted(wait for connection in opened for wait in connection.waits) or [0.0]
    failures = sum(connection.failures for connection in opened)
    answers = sum(len(connection.waits) for connection in opened)
    good = max(answers - failures, 0)
    p50, p99 = (waits[min(int(len(waits) * share), len(waits) - 1)] * 1000 for share in (0.5, 0.99))
    return Load(round(took, 3), answers, failures, round(good / took, 1), round(p50, 2), round(p99, 2))


def run(url: str, envelope: bytes, connections: int, seconds: float, action: str = "", first: int = 0) -> Load:
    """Load a SOAP 1.1 service with an envelope; ``first`` keeps numbers of several runs apart."""
    address = urlsplit(url)
    assert address.hostname is not None
    head = (
        f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: "{action}"\r\nContent-Length: '
    ).encode()

    def make(number: int) -> bytes:
        body = envelope.replace(NUMBER, b"%08d" % (first + number))
        return b"%s%d\r\n\r\n%s" % (head, len(body), body)

    return uvloop.run(load(address.hostname, address.port or 80, make, connections, seconds))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("envelope", type=Path)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--action", default="")
    given = parser.parse_args()
    found = run(given.url, given.envelope.read_bytes(), given.connections, given.seconds, given.action)
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
