"""Requests gone wrong by chance: mutated bodies, headers, chunks, lengths. The same seed makes the same."""

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from door import ORDERS, envelope_11, envelope_12, place

_TOKENS = (
    b"<", b">", b"/>", b"</", b"&", b"&lt;", b"&#0;", b"&#x110000;", b"&e;", b'"', b"'", b"=", b":", b" ", b"\x00",
    b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3\x28", b"\xed\xa0\x80", b"<!DOCTYPE x>", b"<!DOCTYPE x [<!ENTITY e 'x'>]>",
    b"<![CDATA[", b"]]>", b"<!--", b"-->", b"--", b"<?xml version='1.0'?>", b"<?xml version='1.1' encoding='UTF-8'?>",
    b"<?xml version='1.0' encoding='utf-16'?>", b"<?pi x?>", b"xmlns=''", b" xmlns:s='urn:x'", b" xml:id='a'",
    b" id='a' href='#a'", b" xsi:type='s:x'", b"<xml:a/>", b"<a:b:c/>", b"<s:Body/>", b"<s:Header/>", b"<s:Fault/>",
    b"<s:Envelope>", b"</s:Body>", b"</s:Envelope>", b" s:mustUnderstand='1'", b" s:encodingStyle='urn:x'",
    b"<h xmlns='http://www.w3.org/XML/1998/namespace' s:mustUnderstand='1'/>", b"9" * 400, b"a" * 3000, b"\r\n\r\n",
)  # fmt: skip
_TYPES = (
    "text/xml", "text/xml; charset=utf-8", "text/xml; charset=utf-16", "text/xml;charset=us-ascii", "text/html", "",
    "application/soap+xml", 'application/soap+xml; action="urn:place"', "application/soap+xml; charset=iso-8859-1",
    "text/xml; charset*=utf-8''utf-8", "text/xml; charset*0=utf; charset*1=-8", "text/xml; charset=;;;=", "text/xml;",
    'text/xml; charset="', "text/xml, text/xml", "multipart/related; type=text/xml", "TEXT/XML; CHARSET=UTF-8", ";",
    "application/json", "text/xml; action", "application/soap+xml; action*=x'y",
    "text/xml; charset*%s=a" % ("9" * 5000),
)  # fmt: skip
_HEADERS = (
    "SOAPAction: urn:place", 'SOAPAction: "urn:tell"', "SOAPAction: \xff\xfe", "Content-Encoding: gzip",
    "Content-Encoding: br", "Content-Encoding: gzip, gzip", "Expect: 100-continue", "Expect: the-worst", "Accept: x/y",
    "Connection: upgrade", "Connection: close", "Upgrade: h2c", "Upgrade: websocket", "X-Long: " + "y" * 7000,
    "Cookie: " + "a=b; " * 100, "Content-Type: application/soap+xml", "Transfer-Encoding: identity", "Host: evil",
)  # fmt: skip
_PATHS = (b"/services/Orders", b"/services/orders", b"/services/%00", b"/", b"/services/Orders?wsdl", b"/%ff%fe?x=%zz",
          b"//services/Orders", b"/services/" + b"o" * 3000, b"/services/../services/Orders")  # fmt: skip


MOST_BYTES = 220_000
"""A little more than the gateway of this test takes: mutations of mutations grow without end."""


class Framing(Enum):
    """What can be said of a request as HTTP."""

    WHOLE = "a complete POST: it gets an envelope"
    BROKEN = "anything: it gets an answer, or nothing when it is incomplete"


@dataclass(frozen=True, slots=True)
class Case:
    """One request as its bytes, and what they are."""

    raw: bytes
    framing: Framing
    valid: bool = False


class Mutations:
    """Makes cases by chance."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._number = 0

    def case(self) -> Case:
        """Return the next case: one in ten is valid."""
        kind: Callable[[], Case] = self._chance.choices(
            (self.valid, self._body, self._head, self._chunked, self._lying, self._raw), (10, 45, 15, 10, 8, 12)
        )[0]
        return kind()

    def valid(self) -> Case:
        """Return a request that must get a receipt."""
        return Case(_post(*self._good()), Framing.WHOLE, valid=True)

    def _good(self) -> tuple[bytes, str]:
        self._number += 1
        body = place(f"F{self._number}", "2", "some note of a certain length, as people write them")
        if self._chance.random() < 0.7:
            return envelope_11(body), "text/xml; charset=utf-8"
        return envelope_12(body), "application/soap+xml; charset=utf-8"

    def _body(self) -> Case:
        body, media_type = self._good()
        for _ in range(self._chance.choice((1, 1, 2, 5))):
            body = self._chance.choice((_flip, _token, _token, _cut, _double, _swap, _nest, _mix, _recode, _many))(
                body, self._chance
            )[:MOST_BYTES]
        if self._chance.random() < 0.1:
            media_type = self._chance.choice(_TYPES)
        return Case(_post(body, media_type), Framing.WHOLE)

    def _head(self) -> Case:
        body, media_type = self._good()
        media_type = self._chance.choice((media_type, *_TYPES))
        headers = self._chance.sample(_HEADERS, self._chance.randint(0, 3))
        if "Content-Encoding: gzip" in headers and self._chance.random() < 0.8:
            body = _flip(gzip.compress(body), self._chance)
        raw = _post(body, media_type, headers, self._chance.choice(_PATHS))
        # These the HTTP server itself may refuse.
        odd = any(
            header.startswith(("Transfer", "Connection", "Upgrade", "Expect", "Host", "Content")) for header in headers
        )
        return Case(raw, Framing.BROKEN if odd or len(raw) - len(body) > 8000 else Framing.WHOLE)

    def _chunked(self) -> Case:
        body, media_type = self._good()
        raw = _head_of(media_type, ["Transfer-Encoding: chunked"])
        at, broken = 0, self._chance.random() < 0.5
        while at < len(body):
            size = self._chance.choice((1, 7, 64, 300))
            piece = body[at : at + size]
            raw += b"%x%s\r\n%s\r\n" % (len(piece), self._chance.choice((b"", b"", b";a=b", b"; x")), piece)
            at += size
        raw += b"0\r\n\r\n"
        if broken:
            return Case(_flip(raw, self._chance, raw.index(b"\r\n\r\n")), Framing.BROKEN)
        return Case(raw, Framing.WHOLE)

    def _lying(self) -> Case:
        body, media_type = self._good()
        length = self._chance.choice(
            (
                b"0",
                b"-1",
                b"+5",
                b"1e3",
                b"0x10",
                b"",
                b" ",
                b"9" * 30,
                b"%d" % (len(body) - 3),
                b"%d" % (len(body) + 9),
            )
        )
        again = self._chance.choice((b"", b"", b"Content-Length: 7\r\n", b"Transfer-Encoding: chunked\r\n"))
        raw = _post(body, media_type)
        return Case(raw.replace(b"Content-Length: %d\r\n" % len(body), again + b"Content-Length: " + length + b"\r\n"),
                    Framing.BROKEN)  # fmt: skip

    def _raw(self) -> Case:
        raw = _post(*self._good())
        end = raw.index(b"\r\n\r\n") + 4
        for _ in range(self._chance.choice((1, 2, 6))):
            raw = self._chance.choice((_flip, _token, _cut, _double, _swap))(raw[:end], self._chance) + raw[end:]
        return Case(raw, Framing.BROKEN)


def _head_of(media_type: str, headers: list[str], path: bytes = b"/services/Orders") -> bytes:
    lines = ["Host: localhost", *([f"Content-Type: {media_type}"] if media_type else []), *headers]
    return b"POST %s HTTP/1.1\r\n%s\r\n\r\n" % (path, "\r\n".join(lines).encode("latin-1"))


def _post(body: bytes, media_type: str, headers: list[str] | None = None, path: bytes = b"/services/Orders") -> bytes:
    return _head_of(media_type, [*(headers or []), f"Content-Length: {len(body)}"], path) + body


def _flip(data: bytes, chance: random.Random, start: int = 0) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(start, len(changed))] = chance.randrange(256)
    return bytes(changed)


def _token(data: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(_TOKENS) + data[at:]


def _cut(data: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(data))
    return data[:begin] + data[begin + chance.choice((1, 5, 40, len(data))) :] or b"x"


def _double(data: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(data))
    end = min(begin + chance.randint(1, 60), len(data))
    return data[:end] + data[begin:end] * chance.choice((1, 3, 50)) + data[end:]


def _swap(data: bytes, chance: random.Random) -> bytes:
    first, second = sorted(chance.sample(range(len(data)), 2)) if len(data) > 1 else (0, 0)
    third = chance.randint(second, len(data))
    return data[:first] + data[second:third] + data[first:second] + data[third:]


def _nest(data: bytes, chance: random.Random) -> bytes:
    depth, name = chance.choice((3, 100, 254, 260, 3000)), chance.choice((b"a", b"number", b"s:Envelope", b"s:Body"))
    return data.replace(b"<number>", b"<%s>" % name * depth + b"</%s>" % name * depth + b"<number>")


def _mix(data: bytes, chance: random.Random) -> bytes:
    namespaces = (b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope",
                  ORDERS.encode(), b"http://www.w3.org/XML/1998/namespace", b"")  # fmt: skip
    return data.replace(chance.choice(namespaces[:3]), chance.choice(namespaces), chance.choice((1, -1)))


def _recode(data: bytes, chance: random.Random) -> bytes:
    named = chance.choice((b"", b"<?xml version='1.0' encoding='utf-16'?>", b"<?xml version='1.0' encoding='cp037'?>"))
    code = chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037", "utf-8-sig", "latin-1"))
    return (named + data).decode("latin-1").encode(code, "replace")


def _many(data: bytes, chance: random.Random) -> bytes:
    many = b"".join(
        b" %s%d='u%d'" % (chance.choice((b"a", b"xmlns:n")), n, n) for n in range(chance.choice((10, 999, 3000)))
    )
    return data.replace(b"<number", b"<number" + many)
