"""MTOM/XOP: a message whose binary values travel as MIME parts, and back to plain XML.

jmswrap keeps messages as plain XML: parts become base64 where they belong as soon as a
message comes in, and elements become parts again only on the way out. Other kinds of
attachment have no place in the XML and are refused. Low floor: the gateway, the partner
clients and the simulated partner use it.
"""

import base64
import binascii
import email.parser
import email.policy
import quopri
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote

from lxml import etree

from jmswrap import xml
from jmswrap.errors import InvalidDocument

MEDIA_TYPE = "application/xop+xml"
MOST_PARTS = 1000
MOST_PART_BYTES = 7_500_000
"""In base64 that is the longest text that an XML parser with its limits on takes."""
_MOST_HEAD_BYTES = 16_384
_INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"
_AS_IT_IS = frozenset(("", "binary", "8bit", "7bit"))
_BOUNDARY = re.compile(r"^[ -~]{0,69}[!-~]$")


class Oversize(InvalidDocument):
    """A message whose parts make it too large."""

    code = "too-large"


@dataclass(frozen=True, slots=True)
class _Part:
    """A MIME part."""

    name: str
    """Its Content-ID."""
    charset: str
    content: bytes


def is_multipart(content_type: str) -> bool:
    """Tell whether a Content-Type announces a message with attachments."""
    return content_type.lstrip()[:10].lower() == "multipart/"


def envelope_type(content_type: str) -> tuple[str, str | None]:
    """Return the media type of the envelope inside and its action; InvalidDocument when it is no MTOM message."""
    header = _header(content_type)
    kind = _parameter(header, "type").lower()
    if header.get_content_type() != "multipart/related" or kind != MEDIA_TYPE:
        raise InvalidDocument(
            f"Attachments are taken as MTOM only, multipart/related with type={MEDIA_TYPE!r}; "
            "send them so, or as base64 in the message."
        )
    inside = _header(_parameter(header, "start-info"))
    action = _parameter(header, "action") or _parameter(inside, "action")
    return (inside.get_content_type() if inside["content-type"] else ""), action or None


def resolved(body: bytes, content_type: str, most_bytes: int) -> bytes:
    """Return the envelope as plain XML in UTF-8, its parts as base64; InvalidDocument when it cannot be.

    ``most_bytes`` is the size that the XML may have.
    """
    root, attached = _parts(body, _header(content_type))
    envelope = _parsed(root)
    includes = list(envelope.iter(_INCLUDE))
    used: set[str] = set()
    size = len(root.content)
    for include in includes:
        part = _included(include, attached)
        used.add(part.name)
        size += -(-len(part.content) // 3) * 4
        if size > most_bytes:
            raise Oversize(f"With its parts as base64 the message is larger than {most_bytes} bytes; send less.")
        _replace(include, part)
    if len(used) < len(attached):
        spare = min(set(attached) - used)
        raise InvalidDocument(
            f"The message names the part {spare[:100]!r} nowhere; put an xop:Include where it belongs."
        )
    return etree.tostring(envelope, encoding="utf-8")


def packed(
    envelope: etree._Element, values: Mapping[etree._Element, bytes], media_type: str, action: str
) -> tuple[bytes, str]:
    """Return a message whose elements' values are parts, and its Content-Type; the elements are changed."""
    mark = uuid.uuid4().hex
    boundary, start = f"jmswrap-{mark}", f"envelope-{mark}@jmswrap"
    pieces: list[bytes] = []
    names: Sequence[str] = [f"part-{number}-{mark}@jmswrap" for number in range(len(values))]
    for name, (element, value) in zip(names, values.items(), strict=True):
        element.text = None
        etree.SubElement(element, _INCLUDE, {"href": f"cid:{name}"}, nsmap={"xop": _INCLUDE[1:].partition("}")[0]})
        head = f"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{name}>"
        pieces += [f"\r\n--{boundary}\r\n{head}\r\n\r\n".encode(), value]
    acts = f'; action="{action}"' if action and media_type != "text/xml" else ""
    inside = f'{MEDIA_TYPE}; charset=UTF-8; type="{media_type}"{acts}'
    first = (
        f"--{boundary}\r\nContent-Type: {inside}\r\nContent-Transfer-Encoding: 8bit\r\nContent-ID: <{start}>\r\n\r\n"
    )
    xml_bytes = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
    whole = b"".join((first.encode(), xml_bytes, *pieces, f"\r\n--{boundary}--\r\n".encode()))
    kind = f'multipart/related; type="{MEDIA_TYPE}"; boundary="{boundary}"; start="<{start}>"'
    return whole, f'{kind}; start-info="{media_type}"{acts}'


def value_of(text: str, exact: bool) -> bytes | None:
    """Return the bytes that base64 text stands for; None when a part could not give the same text back.

    Unless ``exact``, line breaks in it may be lost.
    """
    compact = text if exact else "".join(text.split())
    try:
        value = base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if base64.b64encode(value).decode() == compact else None


def _header(value: str) -> Message:
    # The lenient policy: what clients write is seldom quite RFC 2045.
    header = Message()
    if value:
        header["content-type"] = value.replace("\r", "").replace("\n", "")
    return header


def _parameter(header: Message, name: str) -> str:
    try:
        found = header.get_param(name)
    except ValueError:
        # ``name*9…9`` with more digits than Python reads as a number.
        raise InvalidDocument("The parameters of the Content-Type cannot be read; send them plainly.") from None
    return found.strip() if isinstance(found, str) else ""


def _parts(body: bytes, header: Message) -> tuple[_Part, dict[str, _Part]]:
    """Return the root part and the others by Content-ID."""
    boundary = _parameter(header, "boundary")
    if not _BOUNDARY.match(boundary):
        raise InvalidDocument("The Content-Type names no boundary that can be used; send one of up to 70 characters.")
    # The line break before a delimiter belongs to it; the first one may have none.
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(), MOST_PARTS + 2)
    if len(pieces) > MOST_PARTS + 2:
        raise InvalidDocument(f"The message has more than {MOST_PARTS} parts; send fewer.")
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise InvalidDocument("The multipart message is cut off; send it whole, with its closing boundary.")
    found = [_part(piece) for piece in pieces[1:-1]]
    start = _parameter(header, "start").strip("<>")
    root = next((part for part in found if part.name == start), None) if start else found[0]
    if root is None:
        raise InvalidDocument(f"The message has no part {start[:100]!r}, which `start` names; send its envelope so.")
    others = [part for part in found if part is not root]
    by_name = {part.name: part for part in others}
    if len(by_name) < len(others) or "" in by_name:
        raise InvalidDocument("Every part needs a Content-ID of its own; give each one.")
    return root, by_name


def _part(piece: bytes) -> _Part:
    line, _, rest = piece.partition(b"\r\n")
    if line.strip(b" \t"):
        raise InvalidDocument("The multipart message has its boundary inside a part; choose another boundary.")
    head, _, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if len(head) > _MOST_HEAD_BYTES:
        raise InvalidDocument(f"The header of a part is larger than {_MOST_HEAD_BYTES} bytes; send less of it.")
    header = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(head.lstrip(b"\r\n"))
    name = str(header.get("content-id", "")).strip().removeprefix("<").removesuffix(">")
    coding = str(header.get("content-transfer-encoding", "")).strip().lower()
    return _Part(name, _parameter(header, "charset"), _decoded(content, coding))


def _decoded(content: bytes, coding: str) -> bytes:
    if coding in _AS_IT_IS:
        return content
    if coding == "base64":
        try:
            return base64.b64decode(content)
        except binascii.Error:
            raise InvalidDocument("A part is not base64, as its header says; send it as binary.") from None
    if coding == "quoted-printable":
        return quopri.decodestring(content)
    raise InvalidDocument(f"The transfer encoding {coding[:40]!r} of a part is not taken; send it as binary.")


def _parsed(root: _Part) -> etree._Element:
    try:
        envelope = xml.parsed(root.content, xml.parser(xml.charset_of(root.content, root.charset)))
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        line = error.lineno or 0 if isinstance(error, etree.XMLSyntaxError) else 0
        raise InvalidDocument(
            f"The envelope is not well-formed XML ({xml.complaint(error)}); correct it.", line
        ) from None
    if xml.has_doctype(envelope):
        raise InvalidDocument("The message has a document type declaration (DOCTYPE); send it without.")
    return envelope


def _included(include: etree._Element, attached: Mapping[str, _Part]) -> _Part:
    href = include.get("href") or ""
    scheme, _, name = href.partition(":")
    part = attached.get(unquote(name)) or attached.get(name) if scheme.lower() == "cid" else None
    if part is None:
        raise InvalidDocument(f"There is no part for xop:Include {href[:100]!r}; send it, and name it by cid:.")
    if len(part.content) > MOST_PART_BYTES:
        raise InvalidDocument(f"A part is larger than {MOST_PART_BYTES} bytes; send it in pieces.")
    return part


def _replace(include: etree._Element, part: _Part) -> None:
    holder = include.getparent()
    if holder is None or len(holder) != 1 or (holder.text or "").strip() or (include.tail or "").strip():
        raise InvalidDocument("An xop:Include must be all that its element holds; correct the message.")
    holder.remove(include)
    holder.text = base64.b64encode(part.content).decode("ascii")
