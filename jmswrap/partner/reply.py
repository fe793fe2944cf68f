"""What an HTTP answer means: a Fault, a reply body, or something that is neither.

The raw bytes are kept as they came. lxml reads them with a parser that trusts nobody; zeep's
reply parsing is not used, because it drops or refuses elements that its schema does not know.
"""

import codecs
import email.parser
import email.policy
import re
import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from lxml import etree

from jmswrap import xml, xop
from jmswrap.errors import InvalidDocument
from jmswrap.outcome import DECIDED_BY_STATUS, Called, Fault, Outcome, of_fault, of_status
from jmswrap.partner import multiref
from jmswrap.partner.transport import HttpReply

_DETAIL_KEPT = 16_384
_TEXT_KEPT = 2_000
_LONGEST_WAIT_SECONDS = 86_400
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]+)""", re.IGNORECASE)
_SAYS_ITSELF = re.compile(rb"""\s*<\?xml\s[^>]*\bencoding\s*=|""" + b"|".join(_MARKS))
_DECLARATION = re.compile(r"<\?xml\s[^>]*\?>")


class Parsers(threading.local):
    """A parser for each thread: a parser object is not safe for several at once."""

    def __init__(self) -> None:
        self.parser = xml.parser()


def interpret(
    reply: HttpReply,
    parser: etree.XMLParser,
    one_way: bool,
    declared: frozenset[str],
    wanted: bool,
    encoded: bool = False,
) -> Called:
    """Return what the answer comes to; ``wanted`` asks for the reply's body element as bytes.

    ``encoded``: it may refer to parts of itself, as SOAP's encoding does.
    """
    status = reply.status_code
    try:
        content = envelope_bytes(reply)
    except InvalidDocument as error:
        return _unreadable(reply, str(error))
    if not content.strip():
        return _without_body(reply, one_way)
    body, problem = _soap_body(content, parser)
    fault_element = None if body is None else _fault_in(body)
    if fault_element is not None and status not in DECIDED_BY_STATUS:
        fault = _fault(fault_element)
        sentence = f"the partner answered with a Fault, {_local(fault.code)}: {fault.text}"
        return Called(of_fault(fault, declared), sentence, status, fault, reply.content, _fault_bytes(body, wanted))
    if not 200 <= status < 300:
        return _of_status(reply, None if fault_element is None else _fault(fault_element))
    if body is None:
        return Called(Outcome.GARBAGE_REPLY, f"HTTP {status} with {problem}", status, raw=reply.content)
    try:
        inside = multiref.resolved(body) if encoded and wanted else next(body.iterchildren(etree.Element), None)
    except InvalidDocument as error:
        sentence = f"HTTP {status} with a reply that cannot be put together: {error}"
        return Called(Outcome.GARBAGE_REPLY, sentence, status, raw=reply.content)
    if inside is None and not one_way:
        sentence = f"HTTP {status} with an empty SOAP body, where the contract promises a reply"
        return Called(Outcome.EMPTY_REPLY, sentence, status, raw=reply.content)
    kept = xml.standalone(inside) if wanted and inside is not None else b""
    return Called(Outcome.REPLIED, f"HTTP {status}", status, raw=reply.content, body=kept)


def retry_after_ms(reply: HttpReply) -> int:
    """Return the wait that ``Retry-After`` asks for, seconds or a date; 0 when it asks for none."""
    value = reply.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        # Python reads no number of some thousands of digits.
        return min(int(value[:20]), _LONGEST_WAIT_SECONDS) * 1000
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return 0
    seconds = (until - datetime.now(UTC if until.tzinfo else None)).total_seconds()
    return int(min(max(seconds, 0), _LONGEST_WAIT_SECONDS) * 1000)


def _unreadable(reply: HttpReply, why: str) -> Called:
    if not 200 <= reply.status_code < 300:
        return _of_status(reply, None)
    sentence = f"HTTP {reply.status_code} with parts that cannot be put together: {why}"
    return Called(Outcome.GARBAGE_REPLY, sentence, reply.status_code, raw=reply.content)


def _without_body(reply: HttpReply, one_way: bool) -> Called:
    status = reply.status_code
    if not 200 <= status < 300:
        return _of_status(reply, None)
    if one_way:
        return Called(Outcome.ACCEPTED, f"HTTP {status} without a body, as a one-way operation answers", status)
    return Called(Outcome.EMPTY_REPLY, f"HTTP {status} without a body, where the contract promises a reply", status)


def _of_status(reply: HttpReply, fault: Fault | None) -> Called:
    status = reply.status_code
    names = {member.value: member.phrase for member in HTTPStatus}
    sentence = f"HTTP {status} {names.get(status, '')}".rstrip()
    if 300 <= status < 400:
        sentence += f" to {reply.headers.get('location', 'nowhere')}; set the partner's address in jmswrap.yaml"
    if fault is not None:
        sentence += f", with a Fault: {fault.text}"
    return Called(of_status(status), sentence, status, fault, reply.content, retry_after_ms=retry_after_ms(reply))


def envelope_bytes(reply: HttpReply) -> bytes:
    """Return the envelope that an answer carries; InvalidDocument when its MTOM parts cannot be put in."""
    media_type = reply.headers.get("content-type", "")
    if not media_type.lower().startswith("multipart/related"):
        return _in_utf8(reply.content, media_type)
    if xop.MEDIA_TYPE in media_type.lower():
        # The reply was read up to a cap; in base64 its parts are a third larger, unless one is named many times.
        return xop.resolved(reply.content, media_type, 2 * len(reply.content))
    # The part that `start` names is the envelope, else the first; attachments stay in the raw reply.
    head = b"Content-Type: " + media_type.encode("latin-1", "replace") + b"\r\n\r\n"
    whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + reply.content)
    start = str(whole.get_param("start", "")).strip("<> ")
    for part in sorted(whole.iter_parts(), key=lambda part: str(part["content-id"]).strip("<> ") != start):
        payload = part.get_payload(decode=True)
        return payload if isinstance(payload, bytes) else b""
    return reply.content


def _in_utf8(content: bytes, media_type: str) -> bytes:
    """Follow the HTTP charset where the document itself does not say how it is encoded."""
    found = _CHARSET.search(media_type)
    charset = found[1].lower() if found else ""
    if charset in ("", "utf-8", "utf8") or _SAYS_ITSELF.match(content):
        return content
    if charset == "utf-16" and content[:1] == b"\0":
        charset = "utf-16-be"
    try:
        # Without the declaration: it would say how the text was encoded before.
        return _DECLARATION.sub("", content.decode(charset), count=1).encode()
    except (LookupError, UnicodeError):
        return content


def _soap_body(content: bytes, parser: etree.XMLParser) -> tuple[etree._Element | None, str]:
    try:
        root = xml.parsed(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return None, f"something that is not XML: {error}"
    if xml.has_doctype(root):
        return None, "a DOCTYPE, which SOAP forbids"
    name = etree.QName(root)
    if name.localname != "Envelope" or name.namespace not in xml.ENVELOPES.values():
        return None, f"<{root.tag}> where a SOAP envelope belongs"
    body = root.find(f"{{{name.namespace}}}Body")
    return body, "an envelope without a Body"


def _fault_in(body: etree._Element) -> etree._Element | None:
    return body.find(f"{{{etree.QName(body).namespace}}}Fault")


def _fault_bytes(body: etree._Element | None, wanted: bool) -> bytes:
    element = None if body is None or not wanted else _fault_in(body)
    return b"" if element is None else xml.standalone(element)


def _fault(element: etree._Element) -> Fault:
    namespace = etree.QName(element).namespace
    if namespace == xml.SOAP_12:
        inside = f"{{{namespace}}}"
        codes = [_expand(value) for value in element.iterfind(f"{inside}Code//{inside}Value")]
        text = element.findtext(f"{inside}Reason/{inside}Text") or ""
        detail = element.find(f"{inside}Detail")
    else:
        # SOAP 1.1 leaves these names without a namespace; some servers put them in the envelope's.
        codes = [_expand(value) for value in _either(element, "faultcode")]
        text = "".join(value.text or "" for value in _either(element, "faultstring"))
        detail = next(iter(_either(element, "detail")), None)
    names = () if detail is None else tuple(str(child.tag) for child in detail.iterchildren(etree.Element))
    kept = "" if detail is None else xml.standalone(detail).decode()[:_DETAIL_KEPT]
    code, *subcodes = codes or [""]
    return Fault(code, " ".join(text.split())[:_TEXT_KEPT], tuple(subcodes), names, kept)


def _either(element: etree._Element, local: str) -> list[etree._Element]:
    return element.findall(local) or element.findall(f"{{{xml.SOAP_11}}}{local}")


def _expand(value: etree._Element) -> str:
    prefix, _, local = (value.text or "").strip().rpartition(":")
    namespace = value.nsmap.get(prefix or None)
    # An unprefixed code means the envelope's own, not the default namespace's.
    return f"{{{namespace}}}{local}" if prefix and namespace else local


def _local(code: str) -> str:
    return code.rpartition("}")[2] or "no code"
