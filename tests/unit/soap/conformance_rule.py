"""A row of the conformance table, and what its requests are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from door import envelope_11, envelope_12, place

XML_11, XML_12 = "text/xml; charset=utf-8", "application/soap+xml; charset=utf-8"
NEXT_11 = "http://schemas.xmlsoap.org/soap/actor/next"
ROLES_12 = "http://www.w3.org/2003/05/soap-envelope/role"
ENCODING_12 = "http://www.w3.org/2003/05/soap-encoding"
SERVICE, WSDL = "/services/Orders", "/services/Orders?wsdl"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, a request that tries it, and the answer it demands."""

    where: str
    says: str
    body: bytes = b""
    content_type: str | None = XML_11
    status: int = 200
    fault: str = ""
    """The fault code; empty for a receipt or what is no SOAP answer."""
    holds: str = ""
    """What the answer's body must have in it."""
    lacks: str = ""
    """What it must not have in it."""
    method: str = "POST"
    path: str = SERVICE
    headers: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    """Headers that the answer must have."""
    raw: bytes = b""
    """The whole request as bytes, where a client library would not send it so."""
    statuses: tuple[int, ...] = ()
    """For raw requests: the status of each answer, in order."""


def soap(envelope: Callable[..., bytes], header: str = "", body: str = "") -> bytes:
    return envelope(body or place(), header)


def magic(attributes: str) -> str:
    return f'<h:Magic xmlns:h="urn:magic" {attributes}/>'


def request(*lines: str, body: bytes = b"") -> bytes:
    head = ("POST /services/Orders HTTP/1.1", "Host: localhost", "Content-Type: text/xml; charset=utf-8", *lines)
    return "\r\n".join((*head, "", "")).encode() + body


MESSAGE_11, MESSAGE_12 = envelope_11(place()), envelope_12(place())
LENGTH = f"Content-Length: {len(MESSAGE_11)}"
CHUNKED = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (MESSAGE_11[:40], MESSAGE_11[40:])) + b"0\r\n\r\n"
INVALID = place(quantity="many").replace("<quantity>", "\n<quantity>")
WRONG_12 = envelope_11(place())
