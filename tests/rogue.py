"""A TCP server that answers each connection exactly as a test tells it to."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass
class Rogue:
    """What the server saw, and where it is."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    gone: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/orders"


Behaviour = Callable[[socket.socket, Rogue], None]


@contextlib.contextmanager
def rogue(behave: Behaviour) -> Iterator[Rogue]:
    """Serve every connection with ``behave`` in a thread of its own until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen = Rogue(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            behave(connection, seen)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                seen.connections += 1
                thread = threading.Thread(target=serve, args=(connection,), daemon=True)
                threads.append(thread)
                thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield seen
    finally:
        seen.gone.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        for thread in threads:
            thread.join(5)


def request(connection: socket.socket, seen: Rogue) -> bytes:
    """Read one whole request; empty when the client went away."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
    seen.requests.append(head + b"\r\n\r\n" + body)
    return body


def reset(connection: socket.socket) -> None:
    """Close with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answer(status: str, body: bytes = b"", *headers: str) -> Behaviour:
    """Answer every request on the connection the same way."""
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))

    def behave(connection: socket.socket, seen: Rogue) -> None:
        while request(connection, seen):
            connection.sendall(head.encode() + b"\r\n" + body)

    return behave


def once(status: str, body: bytes = b"", *headers: str) -> Behaviour:
    """Answer one request and close, for clients that outlive the server."""
    head = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers)
    return raw("".join(f"{line}\r\n" for line in head).encode() + b"\r\n" + body)


def raw(data: bytes) -> Behaviour:
    """Read one request, write these bytes, close."""

    def behave(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        connection.sendall(data)

    return behave


def envelope(inside: str, namespace: str = SOAP) -> bytes:
    """Return an envelope around the XML given."""
    return f'<e:Envelope xmlns:e="{namespace}"><e:Body>{inside}</e:Body></e:Envelope>'.encode()


def fault(code: str, text: str = "no", detail: str = "") -> bytes:
    """Return a SOAP 1.1 Fault."""
    return envelope(
        f"<e:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
        f"{f'<detail>{detail}</detail>' if detail else ''}</e:Fault>"
    )


CONFIRMED = envelope('<PlaceResponse xmlns="urn:example:orders"><confirmation>7</confirmation></PlaceResponse>')
