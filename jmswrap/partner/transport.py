"""The way a partner is reached: a zeep transport over pooled urllib3 connections.

Every call has connect, read and total time-outs. Nothing is retried, no redirect is followed, a
reply is read up to a cap. A connection that idled too long, or was closed meanwhile, is not used
again. A call that fails raises ``NoReply`` with the outcome that the bytes on the wire prove.
"""

import http.client
import ssl
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3.exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from zeep.transports import Transport
from zeep.wsdl.utils import etree_to_string

from jmswrap import __version__, clock
from jmswrap.errors import ContractError, PartnerError
from jmswrap.outcome import Outcome
from jmswrap.partner.wire import Aborted, Line, Wire

_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a call may take and how large its reply may be."""

    connect_seconds: float = 5
    read_seconds: float = 60
    total_seconds: float = 90
    keepalive_idle_seconds: float = 4
    max_reply_bytes: int = 16_777_216


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An HTTP answer, with the names that zeep knows from requests."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    encoding: str = "utf-8"


class NoReply(PartnerError):
    """A call ended without a whole reply; ``outcome`` is what the wire proves."""

    code = "no-reply"

    def __init__(self, outcome: Outcome, sentence: str, http_status: int = 0) -> None:
        super().__init__(sentence)
        self.outcome = outcome
        self.http_status = http_status


class PooledTransport(Transport):
    """zeep's way out: one partner address, its open connections, its limits."""

    def __init__(
        self,
        limits: Limits,
        context: Callable[[], ssl.SSLContext] | None = None,
        pin: Callable[[str, int], str] | None = None,
    ) -> None:
        """``pin`` gives the IP address to dial for a host and port, or raises PartnerError."""
        # Transport.__init__ would make a requests session, which could follow redirects.
        self.cache = None
        self._pin = pin
        self.limits = limits
        self._context = context or ssl.create_default_context
        self.documents: dict[str, bytes] = {}
        self._idle: dict[tuple[str, str, int], deque[tuple[float, _Plain | _Tls]]] = {}

    def __del__(self) -> None:
        """Do nothing: zeep's would close a session that is not there."""

    def load(self, url: str) -> bytes:
        """Return a document of the pinned bundle; anything that is no local file is refused."""
        parts = urlsplit(str(url))
        if parts.scheme not in ("", "file"):
            raise ContractError(f"{url} is not in the pinned bundle; pin the WSDL again, with all that it imports")
        path = Path(unquote(parts.path)) if parts.scheme else Path(url)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ContractError(f"{path} cannot be read ({error.strerror}); pin the WSDL again") from error
        return self.documents.setdefault(str(path.resolve()), content)

    def get(self, address: str, params: Any, headers: Any) -> HttpReply:
        """Refuse: HTTP GET bindings are not called."""
        raise PartnerError(f"{address} has an HTTP GET binding; name a SOAP port of the partner")

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> HttpReply:
        """Send as zeep asks, outside any lease."""
        return self.send(address, message, headers, Wire())

    def post_xml(self, address: str, envelope: Any, headers: Mapping[str, str]) -> HttpReply:
        """Send an envelope that zeep built."""
        return self.post(address, etree_to_string(envelope), headers)  # type: ignore[no-untyped-call]

    def send(self, address: str, message: bytes, headers: Mapping[str, str], wire: Wire) -> HttpReply:
        """Send a request over the wire given and return the whole answer, or raise ``NoReply``."""
        now = clock.monotonic()
        wire.deadline = min(wire.deadline, now + self.limits.total_seconds)
        place = _place(address)
        connection = self._connection(place, wire, now)
        try:
            line: Line = connection.sock  # type: ignore[assignment]  # ours, set by connect
            reply, keep = self._exchange(line, _head(address, headers, len(message)) + message, wire)
        except BaseException:
            connection.close()
            raise
        if keep:
            line.give_back()
            self._idle.setdefault(place, deque()).append((clock.monotonic(), connection))
        else:
            connection.close()
        return reply

    def close(self) -> None:
        """Close every idle connection."""
        for idle in self._idle.values():
            while idle:
                idle.pop()[1].close()

    def _connection(self, place: tuple[str, str, int], wire: Wire, now: float) -> "_Plain | _Tls":
        idle = self._idle.get(place)
        while idle:
            try:
                since, connection = idle.pop()
            except IndexError:  # another thread was quicker
                break
            line: Line = connection.sock  # type: ignore[assignment]
            if now - since < self.limits.keepalive_idle_seconds and line.quiet():
                wire.reused = True
                line.take(wire)
                return connection
            connection.close()
        return self._connect(place, wire)

    def _connect(self, place: tuple[str, str, int], wire: Wire) -> "_Plain | _Tls":
        scheme, host, port = place
        connection: _Plain | _Tls
        dialled = self._pin(host, port) if self._pin else host
        try:
            timeout = wire.left(self.limits.connect_seconds)
            if scheme == "https":
                connection = _Tls(dialled, port, timeout=timeout, ssl_context=self._context(), server_hostname=host)
            else:
                connection = _Plain(dialled, port, timeout=timeout)
            connection.read_seconds = self.limits.read_seconds
            connection.wire = wire
            connection.connect()
        except Aborted as error:
            raise NoReply(Outcome.NOT_SENT, f"nothing was sent: {error}") from error
        except urllib3.exceptions.NameResolutionError as error:
            raise NoReply(Outcome.NAME_UNKNOWN, f"the host name {host} is not known") from error
        except ssl.SSLError as error:
            raise NoReply(Outcome.TLS_FAILED, f"TLS with {host}:{port} failed: {error.reason or error}") from error
        except (OSError, urllib3.exceptions.HTTPError) as error:
            outcome = Outcome.NOT_SENT if wire.aborted else Outcome.NOT_CONNECTED
            raise NoReply(outcome, f"no connection to {host}:{port}: {_why(error)}") from error
        return connection

    def _exchange(self, line: Line, request: bytes, wire: Wire) -> tuple[HttpReply, bool]:
        try:
            line.sendall(request)
        except OSError as error:
            return _early_answer(line, wire, error, self.limits.max_reply_bytes), False
        return _read(line, wire, self.limits.max_reply_bytes)


class _Plain(HTTPConnection):
    """A urllib3 connection whose socket is a ``Line``."""

    read_seconds: float
    wire: Wire

    def _new_conn(self) -> Any:
        raw = super()._new_conn()
        self.wire.attach(raw)  # so that an abort ends a TLS handshake too
        return raw

    def connect(self) -> None:
        super().connect()
        line = Line(self.sock, self.read_seconds)
        line.take(self.wire)
        self.sock = line  # what we use of a socket, it has


class _Tls(HTTPSConnection):
    """The same over TLS; urllib3 verifies the certificate and the host name."""

    read_seconds: float
    wire: Wire

    def _new_conn(self) -> Any:
        raw = super()._new_conn()
        self.wire.attach(raw)
        return raw

    def connect(self) -> None:
        super().connect()
        line = Line(self.sock, self.read_seconds)
        line.take(self.wire)
        self.sock = line


def _place(address: str) -> tuple[str, str, int]:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PartnerError(f"the partner's address {address!r} is not http:// or https://; set partners.NAME.address")
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _head(address: str, headers: Mapping[str, str], length: int) -> bytes:
    parts = urlsplit(address)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {parts.netloc.rpartition('@')[2]}",
        f"User-Agent: jmswrap/{__version__}",
        "Accept-Encoding: identity",
        f"Content-Length: {length}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if any("\r" in line or "\n" in line for line in lines):
        raise PartnerError(f"a header for {address} has a line break in it; correct the contract's soapAction")
    try:
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    except UnicodeEncodeError as error:
        raise PartnerError(
            f"a header for {address} has the character {error.object[error.start]!r}, which HTTP cannot carry; "
            "correct the contract's soapAction or the address"
        ) from None


class _Final(http.client.HTTPResponse):
    """The final answer: http.client takes 102 or 103 for one, and the real one for that of the next call."""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]  # typeshed leaves it out
        # An interim answer is passed over like 100, but for 101: nobody asked for another protocol (RFC 9110 §15.2).
        is_interim = 100 <= status < 200 and status != http.client.SWITCHING_PROTOCOLS
        return version, http.client.CONTINUE if is_interim else status, reason


def _read(line: Line, wire: Wire, cap: int) -> tuple[HttpReply, bool]:
    """Return the answer and whether the connection may be used again."""
    response = _Final(line, method="POST")  # type: ignore[arg-type]  # it only calls makefile
    try:
        response.begin()
        content = _body(response, cap)
    except http.client.RemoteDisconnected as error:
        raise _no_answer(wire, error) from error
    except (http.client.IncompleteRead, OSError) as error:
        if not wire.received:
            raise _no_answer(wire, error) from error
        said = f"the answer broke off: {_why(error)}"
        raise NoReply(Outcome.PARTIAL_REPLY, said, response.status if response.headers else 0) from error
    except (http.client.HTTPException, ValueError) as error:
        raise NoReply(Outcome.GARBAGE_REPLY, f"the answer is not HTTP: {_why(error)}") from error
    headers = {name.lower(): value for name, value in response.headers.items()}
    keep = not response.will_close
    response.close()
    if headers.get("content-encoding", "").strip().lower() in ("gzip", "x-gzip"):
        content = _unzipped(content, cap, response.status)
    return HttpReply(response.status, headers, content), keep


def _unzipped(content: bytes, cap: int, status: int) -> bytes:
    """Return what an answer is without its coding: nobody asked for one, which some servers do not heed."""
    decoder = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = decoder.decompress(content, cap + 1)
    except zlib.error:
        raise NoReply(Outcome.GARBAGE_REPLY, "the answer is not gzip, as its head says", status) from None
    if len(plain) > cap:
        raise NoReply(Outcome.OVERSIZE_REPLY, f"the answer inflates to more than {cap} bytes", status)
    if content and not decoder.eof:
        raise NoReply(Outcome.PARTIAL_REPLY, "the answer's gzip is cut off", status)
    return plain


def _body(response: http.client.HTTPResponse, cap: int) -> bytes:
    if (response.length or 0) > cap:
        raise NoReply(
            Outcome.OVERSIZE_REPLY, f"the answer has {response.length} bytes, more than {cap}", response.status
        )
    if response.length is not None:
        return response.read()
    chunks, size = [], 0
    while chunk := response.read(_CHUNK_BYTES):
        chunks.append(chunk)
        size += len(chunk)
        if size > cap:
            raise NoReply(Outcome.OVERSIZE_REPLY, f"the answer has more than {cap} bytes", response.status)
    return b"".join(chunks)


def _early_answer(line: Line, wire: Wire, error: OSError, cap: int) -> HttpReply:
    """Return what a partner said that would not take the whole request (413, say)."""
    said = f"{wire.sent} bytes were written and then the connection failed: {_why(error)}"
    if isinstance(error, BrokenPipeError | ConnectionResetError) and not wire.aborted:
        try:
            reply, _ = _read(line, wire, cap)
        except NoReply as silence:
            raise NoReply(Outcome.PARTLY_SENT, said) from silence
        if reply.status_code >= 300:
            return reply
    raise NoReply(Outcome.PARTLY_SENT if wire.sent else _unsent(wire), said) from error


def _unsent(wire: Wire) -> Outcome:
    return Outcome.NOT_SENT if wire.aborted else Outcome.NOT_CONNECTED


def _no_answer(wire: Wire, error: Exception) -> NoReply:
    why = _why(error)
    if wire.reused and not isinstance(error, TimeoutError | Aborted):
        return NoReply(Outcome.RESET_ON_REUSE, f"a kept-alive connection ended without an answer: {why}")
    return NoReply(Outcome.NO_ANSWER, f"the request was written and no answer came: {why}")


def _why(error: BaseException) -> str:
    cause = error.__cause__ if isinstance(error, urllib3.exceptions.HTTPError) and error.__cause__ else error
    return " ".join((getattr(cause, "strerror", None) or str(cause) or type(cause).__name__).lower().split())
