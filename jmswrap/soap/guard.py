"""What HTTP may bring: media type, charset, coding, size and time.

Works on the request's head and on its body as it streams in; raises ``SoapFault`` with
the HTTP status that says why. XML begins in ``envelope.py``.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message as MimeHeader
from typing import Any

from jmswrap import xop
from jmswrap.errors import InvalidDocument
from jmswrap.soap.faults import Blame, SoapFault
from jmswrap.soap.versions import BY_MEDIA_TYPE, SOAP_11, SOAP_12, SoapVersion

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16le",
    "utf-16be": "utf-16be",
    "us-ascii": "us-ascii",
    "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
}
"""The charsets a Content-Type may name; every one keeps ``<`` where ASCII has it or is UTF-16."""

LINGER_SECONDS = 2.0
"""How long a refused body is still read, so that its sender sees the answer."""
LINGER_BYTES = 67_108_864
"""How much of it."""


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the HTTP header says about a SOAP request."""

    version: SoapVersion
    charset: str
    """As libxml2 knows it; empty when the Content-Type names none."""
    action: str | None
    """SOAPAction, or SOAP 1.2's action parameter; None when there is none."""
    coding: str
    """``gzip`` or empty."""
    length: int | None
    expects_continue: bool
    multipart: str = ""
    """The whole Content-Type of a message with MTOM parts; empty for a plain one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a body may be and how long it may take."""

    max_body_bytes: int
    body_seconds: float


def version_of(headers: Sequence[tuple[bytes, bytes]]) -> SoapVersion:
    """Return the SOAP version to answer in, whatever else is wrong: 1.1 unless 1.2 is named."""
    for name, value in headers:
        if name == b"content-type":
            kind, twelve = value.lstrip().lower(), SOAP_12.media_type.encode()
            inside = kind.startswith(b"multipart/") and twelve in kind
            return SOAP_12 if inside or kind.startswith(twelve) else SOAP_11
    return SOAP_11


def awaits_continue(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Tell whether a client sends its body only when it is told to."""
    return any(name == b"expect" for name, _ in headers)


def head(headers: Sequence[tuple[bytes, bytes]]) -> Head:
    """Read the head of a POST; SoapFault (415, 400) when it cannot be a SOAP request."""
    fields: dict[bytes, str] = {}
    for name, value in headers:
        if name in _WANTED:
            # A field that comes twice is a list (RFC 9110 §5.3).
            before = f"{fields[name]}, " if name in fields else ""
            fields[name] = before + value.decode("latin-1")
    _check_transfer_coding(fields.get(b"transfer-encoding", "chunked"))
    content_type = fields.get(b"content-type", "")
    multipart = content_type if xop.is_multipart(content_type) else ""
    version, charset, action = _attached(multipart) if multipart else _content_type(content_type)
    soap_action = fields.get(b"soapaction")
    return Head(
        version=version,
        charset=charset,
        action=action if soap_action is None or action is not None else soap_action.strip().strip('"'),
        coding=_coding(fields.get(b"content-encoding", "")),
        length=_length(fields.get(b"content-length")),
        expects_continue=_expects_continue(fields.get(b"expect", "")),
        multipart=multipart,
    )


_WANTED = frozenset(
    (b"content-type", b"content-encoding", b"content-length", b"transfer-encoding", b"soapaction", b"expect")
)

# A client sends the same Content-Type with every message: the common ones are not parsed again.
_USUAL = {
    f"{version.media_type}{charset}": (version, "utf-8" if charset else "", None)
    for version in (SOAP_11, SOAP_12)
    for charset in ("", "; charset=utf-8", ";charset=utf-8", "; charset=UTF-8", ";charset=UTF-8")
}


def _content_type(value: str) -> tuple[SoapVersion, str, str | None]:
    usual = _USUAL.get(value)
    if usual is not None:
        return usual
    header = MimeHeader()
    header["content-type"] = value.replace("\r", "").replace("\n", "")
    version = BY_MEDIA_TYPE.get(header.get_content_type()) if value else None
    if version is None:
        named = f"not {header.get_content_type()}" if value else "and name it in Content-Type"
        raise SoapFault(
            f"Send SOAP as text/xml (SOAP 1.1) or application/soap+xml (SOAP 1.2), {named}.",
            code="media-type",
            status=415,
            headers=((b"accept", b"text/xml, application/soap+xml"),),
        )
    try:
        charset, action = header.get_param("charset"), header.get_param("action")
    except ValueError:
        # ``charset*9…9`` with more digits than Python reads as a number.
        raise SoapFault(
            "The parameters of the Content-Type cannot be read; send charset=utf-8 or none.",
            code="media-type",
            status=415,
        ) from None
    return version, _charset(charset), action if version is SOAP_12 and isinstance(action, str) else None


def _attached(value: str) -> tuple[SoapVersion, str, str | None]:
    """Return what a message with parts is inside; it will have become plain XML in UTF-8 when it is read."""
    try:
        media_type, action = xop.envelope_type(value)
    except InvalidDocument as error:
        raise SoapFault(str(error), code="media-type", status=415) from None
    version = BY_MEDIA_TYPE.get(media_type)
    if version is None:
        raise SoapFault(
            "The start-info of the Content-Type must be text/xml (SOAP 1.1) or application/soap+xml (SOAP 1.2).",
            code="media-type",
            status=415,
        )
    return version, "utf-8", action if version is SOAP_12 else None


def _charset(named: object) -> str:
    if named is None:
        return ""
    known = CHARSETS.get(str(named).strip().lower())
    if known is None:
        raise SoapFault(
            f"The charset {str(named)[:40]!r} is not taken; send UTF-8 or UTF-16.", code="charset", status=415
        )
    return known


def _coding(value: str) -> str:
    coding = value.strip().lower()
    if coding in ("", "identity"):
        return ""
    if coding in ("gzip", "x-gzip"):
        return "gzip"
    raise SoapFault(
        f"The content coding {coding[:40]!r} is not taken; send the message plain or as gzip.",
        code="content-coding",
        status=415,
        headers=((b"accept-encoding", b"gzip, identity"),),
    )


def _check_transfer_coding(value: str) -> None:
    # gunicorn takes the chunks apart and leaves what is below them as it is (RFC 9112 §6.1).
    if value.strip().lower() != "chunked":
        raise SoapFault(
            f"The transfer coding {value[:40]!r} is not taken; send the message chunked, or with its Content-Length.",
            code="transfer-coding",
            status=501,
        )


def _expects_continue(value: str) -> bool:
    expected = {one.strip().lower() for one in value.split(",")} - {""}
    if expected <= {"100-continue"}:
        return bool(expected)
    raise SoapFault(
        "The request expects what this gateway does not do; send Expect: 100-continue or none.",
        code="expectation",
        status=417,
    )


def _length(value: str | None) -> int | None:
    if value is None:
        return None
    if not value.isascii() or not value.isdigit():
        raise SoapFault("The Content-Length is not a number; send the body's size in bytes.", status=400)
    # Python reads no number of some thousands of digits; twenty are too many bytes, too.
    return int(value.lstrip("0")[:20] or "0")


def check_length(head: Head, limits: Limits) -> None:
    """Raise SoapFault 413 for a body that says it is too large, before any of it is read."""
    if head.length is not None and head.length > limits.max_body_bytes:
        raise too_large(limits)


async def read_body(receive: Receive, head: Head, limits: Limits) -> bytes:
    """Read and decode the whole body, its MTOM parts put in; SoapFault 413 when too large, 408 when too slow."""
    try:
        async with asyncio.timeout(limits.body_seconds) as deadline:
            raw = await _read(receive, limits, deadline)
    except TimeoutError:
        raise SoapFault(
            f"The message did not arrive within {limits.body_seconds:g} s; send it again, faster.",
            code="too-slow",
            status=408,
            headers=((b"connection", b"close"),),
        ) from None
    body = await asyncio.to_thread(_gunzip, raw, limits) if head.coding else raw
    if head.multipart:
        try:
            return await asyncio.to_thread(xop.resolved, body, head.multipart, limits.max_body_bytes)
        except xop.Oversize as error:
            raise SoapFault(str(error), code=error.code, status=413) from None
    return body


async def _read(receive: Receive, limits: Limits, deadline: asyncio.Timeout) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientGone
        if deadline.expired():
            # gunicorn waits with asyncio.wait_for, which on 3.11 swallows the deadline's
            # cancellation when a piece arrives at the same moment.
            raise TimeoutError
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > limits.max_body_bytes:
            raise too_large(limits)
        chunks.append(chunk)
        if not event.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _gunzip(raw: bytes, limits: Limits) -> bytes:
    decoder = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        body = decoder.decompress(raw, limits.max_body_bytes + 1)
    except zlib.error:
        raise SoapFault("The body is not gzip, as Content-Encoding says; send it so.", code="content-coding") from None
    if len(body) > limits.max_body_bytes:
        raise too_large(limits)
    if not decoder.eof or decoder.unused_data:
        raise SoapFault("The gzip body is cut off or has something after it; send it whole.", code="content-coding")
    return body


def too_large(limits: Limits) -> SoapFault:
    """Return the fault for a body over the cap."""
    return SoapFault(
        f"The message is larger than {limits.max_body_bytes} bytes, the most this gateway takes; send less.",
        Blame.CLIENT,
        code="too-large",
        status=413,
        headers=((b"connection", b"close"),),
    )


async def linger(receive: Receive) -> None:
    """Read on for a moment after a refusal: closing on unread bytes would reset the answer away."""
    left = LINGER_BYTES
    try:
        async with asyncio.timeout(LINGER_SECONDS) as deadline:
            while left > 0 and not deadline.expired():
                event = await receive()
                if event["type"] == "http.disconnect" or not event.get("more_body", False):
                    return
                left -= len(event.get("body", b""))
    except TimeoutError:
        return
