"""A partner that answers at once: raw HTTP on asyncio, one canned reply, a count of requests.

    python -m bench.partner [--port N] [--latency-ms N]

Prints its port on the first line; answers ``GET`` with the number of requests so far.
"""

import argparse
import asyncio
import sys

from bench.orders import REPLY


class Responder(asyncio.Protocol):
    """One connection; requests are found by their Content-Length."""

    count = 0
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(REPLY), REPLY)

    def __init__(self, latency_seconds: float) -> None:
        self._latency_seconds = latency_seconds
        self._data = b""
        self._wanted = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while self._data:
            if not self._wanted:
                end = self._data.find(b"\r\n\r\n")
                if end < 0:
                    return
                self._wanted = end + 4 + _length(self._data[:end])
            if len(self._data) < self._wanted:
                return
            is_get = self._data.startswith(b"GET")
            self._data, self._wanted = self._data[self._wanted :], 0
            self._reply(is_get)

    def _reply(self, is_get: bool) -> None:
        if is_get:
            said = str(Responder.count).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
            return
        Responder.count += 1
        if self._latency_seconds:
            asyncio.get_running_loop().call_later(self._latency_seconds, self._transport.write, self.answer)
        else:
            self._transport.write(self.answer)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def serve(port: int, latency_seconds: float) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Responder(latency_seconds), "127.0.0.1", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> int:
    """Run it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--latency-ms", type=float, default=0)
    given = options.parse_args()
    try:
        import uvloop

        run = uvloop.run
    except ImportError:
        run = asyncio.run
    try:
        run(serve(given.port, given.latency_ms / 1000))
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
