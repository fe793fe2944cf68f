"""A small HTTP/1.1 server on asyncio: whole requests in, whole answers out.

It is for simulated partners on loopback: keep-alive, Content-Length and chunked bodies,
``Expect: 100-continue``, caps, a delay per answer, and it can go away for a while as a
real application does.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

MOST_HEAD_BYTES = 65_536
MOST_BODY_BYTES = 268_435_456
BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came."""

    method: str
    target: str
    """Path and query."""
    headers: Mapping[str, str]
    """By lower-case name; of several, the last."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer, and when."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0
    drop: bool = False
    """Close the connection instead of answering."""
    cut_bytes: int | None = None
    """Close the connection after so many bytes of the body."""
    twice: bool = False
    """Send it two times, the second unasked."""
    afterwards: Callable[[], None] | None = None
    """Called in the server's loop once the answer was sent."""


Respond = Callable[[Request], Answer]


class _MalformedError(Exception):
    """The bytes are no request; ``status`` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Server:
    """One listening port; ``start``, then ``go_away`` as often as wished, then ``stop``.

    Given a socket that listens already, it takes connections from that one; they wait while it is away.
    """

    def __init__(
        self, respond: Respond, host: str = "127.0.0.1", port: int = 0, listener: socket.socket | None = None
    ) -> None:
        self.respond = respond
        self.host = host
        self.port = port
        self.open: set[_Connection] = set()
        self._listener = listener
        self._listening: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._returning: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; ``port`` is then the port taken."""
        loop = asyncio.get_running_loop()
        if self._listener is not None:
            # A copy: the server closes what it was given.
            self._listening = await loop.create_server(lambda: _Connection(self), sock=self._listener.dup())
        else:
            self._listening = await loop.create_server(
                lambda: _Connection(self), self.host, self.port, reuse_address=True, backlog=BACKLOG
            )
        self.port = self._listening.sockets[0].getsockname()[1]

    def go_away(self, seconds: float) -> None:
        """Refuse connections for a time; answers under way are still given."""
        if self._timer is None:
            self._close()
            self._timer = asyncio.get_running_loop().call_later(seconds, self._come_back)

    def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._timer is not None:
            self._timer.cancel()
        self._close()

    def _come_back(self) -> None:
        self._timer = None
        self._returning = asyncio.get_running_loop().create_task(self.start())

    def _close(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for connection in list(self.open):
            connection.end()


class _Connection(asyncio.Protocol):
    """One client's connection; requests are answered one after the other."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._received = bytearray()
        self._busy = False
        self._ending = False
        self._continued = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.open.discard(self)
        self._ending = True

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._busy:
            self._next()

    def end(self) -> None:
        """Close, after the answer under way."""
        self._ending = True
        if not self._busy:
            self._transport.close()

    def _next(self) -> None:
        try:
            request = self._request()
        except _MalformedError as error:
            self._ending = True
            self._write(Answer(error.status))
            return
        if request is None:
            return
        self._busy = True
        self._continued = False
        if request.headers.get("connection", "").lower() == "close":
            self._ending = True
        answer = self._server.respond(request)
        if answer.delay_seconds > 0:
            asyncio.get_running_loop().call_later(answer.delay_seconds, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: Answer) -> None:
        self._busy = False
        if self._transport.is_closing():
            return
        if answer.drop:
            self._transport.abort()
            return
        phrase = HTTPStatus(answer.status).phrase
        lines = [f"HTTP/1.1 {answer.status} {phrase}", f"Content-Length: {len(answer.body)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if self._ending:
            lines.append("Connection: close")
        sent = "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body[: answer.cut_bytes]
        self._transport.write(sent * 2 if answer.twice else sent)
        if answer.afterwards is not None:
            answer.afterwards()
        if self._ending or answer.cut_bytes is not None:
            self._transport.close()
        elif self._received:
            self._next()

    def _request(self) -> Request | None:
        """Take one whole request off what was received, or None while there is more to come."""
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            if len(self._received) > MOST_HEAD_BYTES:
                raise _MalformedError(431)
            return None
        method, target, headers = _head(bytes(self._received[:end]))
        if headers.get("expect", "").lower() == "100-continue" and not self._continued:
            self._continued = True
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        taken = _body(self._received, end + 4, headers)
        if taken is None:
            return None
        body, after = taken
        del self._received[:after]
        return Request(method, target, headers, body)


def _head(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _MalformedError(400)
    headers: dict[str, str] = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if not colon:
            raise _MalformedError(400)
        headers[name.strip().lower()] = value.strip()
    if words[2] == "HTTP/1.0":
        headers["connection"] = "close"
    return words[0], words[1], headers


def _body(received: bytearray, start: int, headers: Mapping[str, str]) -> tuple[bytes, int] | None:
    """Return the body and where the next request begins, or None while it is not whole."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _chunks(received, start)
    try:
        length = int(headers.get("content-length", "0"))
    except ValueError:
        raise _MalformedError(400) from None
    if length > MOST_BODY_BYTES or length < 0:
        raise _MalformedError(413)
    if len(received) < start + length:
        return None
    return bytes(received[start : start + length]), start + length


def _chunks(received: bytearray, start: int) -> tuple[bytes, int] | None:
    body = bytearray()
    while True:
        line_end = received.find(b"\r\n", start)
        if line_end < 0:
            return None
        try:
            size = int(bytes(received[start:line_end]).split(b";")[0], 16)
        except ValueError:
            raise _MalformedError(400) from None
        if size == 0:
            end = received.find(b"\r\n", line_end + 2)
            return None if end < 0 else (bytes(body), end + 2)
        if len(body) + size > MOST_BODY_BYTES:
            raise _MalformedError(413)
        if len(received) < line_end + 2 + size + 2:
            return None
        body += received[line_end + 2 : line_end + 2 + size]
        start = line_end + 2 + size + 2
