"""Bytes to a SOAP envelope, or the fault that says why not.

Refuses document types before they are read, entity references, wrong namespaces, and
documents too deep or too wide; knows nothing of operations.
"""

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from jmswrap import xml
from jmswrap.contract.documents import line_of
from jmswrap.soap.faults import Blame, SoapFault
from jmswrap.soap.versions import SOAP_12, ULTIMATE_RECEIVER, SoapVersion

MAX_ATTRIBUTES = 1000
"""The most attributes an element may have."""
LARGE_BYTES = 262_144
"""A message of this size takes some milliseconds to read."""
MANY_MARKS = 16000
"""So many ``<`` and ``=``, all of them at fault, hold the event loop for some 12 ms; more go to the thread."""

_DOCTYPE = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_TOO_MANY_ATTRIBUTES = etree.XPath(f"boolean(//*[count(@*) > {MAX_ATTRIBUTES}])")
_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}
_INSTRUCTION = etree.XPath("//processing-instruction()")
_ENCODING_STYLE = f"{{{SOAP_12.namespace}}}encodingStyle"
_NO_ENCODING = f"{SOAP_12.namespace}/encoding/none"
_DECLARATION = b"<?xml "


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed SOAP envelope with exactly one body child."""

    version: SoapVersion
    headers: tuple[etree._Element, ...]
    body: etree._Element
    many: bool
    """It may hold many elements or attributes."""


def has_many(raw: bytes) -> bool:
    """Whether reading a message may take long enough to be noticed by other callers."""
    # The shortest element or attribute has four bytes: most messages need no counting.
    return len(raw) >= LARGE_BYTES or (len(raw) > 4 * MANY_MARKS and raw.count(b"<") + raw.count(b"=") > MANY_MARKS)


class EnvelopeReader:
    """Reads envelopes with one parser a charset; belongs to one thread."""

    def __init__(self) -> None:
        self._parsers: dict[str, etree.XMLParser] = {}

    def read(self, raw: bytes, version: SoapVersion, charset: str) -> Envelope:
        """Parse an envelope of the version, in the charset the Content-Type names (empty: none)."""
        if not raw:
            raise SoapFault("The request has no body; send a SOAP envelope.", code="empty")
        root = self._parse(raw, charset)
        if root.tag != version.envelope:
            raise _wrong_envelope(root, version)
        return _take_apart(root, version, has_many(raw))

    def _parse(self, raw: bytes, charset: str) -> etree._Element:
        if b"<!DOCTYPE" in raw and _DOCTYPE.match(raw):
            raise _document_type()
        if raw[0] >= 0xEF or raw[0] == 0:
            charset = xml.charset_of(raw, charset)
        parser = self._parsers.get(charset)
        if parser is None:
            # The Content-Type's charset goes before the declaration in the document (RFC 7303 §3.2).
            parser = self._parsers[charset] = xml.parser(charset)
        try:
            root = xml.parsed(raw, parser)
        except (etree.XMLSyntaxError, LookupError, ValueError) as error:
            raise _not_xml(error) from None
        # The scan above sees ASCII-compatible text only; this sees every encoding.
        if root.getroottree().docinfo.internalDTD is not None:
            raise _document_type()
        if _may_have_instructions(raw) and (found := _INSTRUCTION(root)):
            raise _instruction(found)
        if raw.count(b"=") > MAX_ATTRIBUTES and _TOO_MANY_ATTRIBUTES(root):
            raise SoapFault(f"An element has more than {MAX_ATTRIBUTES} attributes; send fewer.", code="too-wide")
        return root


def _may_have_instructions(raw: bytes) -> bool:
    # In UTF-16 the two characters do not stand side by side.
    is_wide = raw[0] in (0, 0xFE, 0xFF) or raw[1:2] == b"\0"
    begin = raw.find(b"?>") + 2 if raw.startswith(_DECLARATION) else 0
    # One character is found twenty times as fast as two.
    return is_wide or (raw.find(b"?", begin) >= 0 and raw.find(b"<?", begin) >= 0)


def is_due(block: etree._Element, version: SoapVersion) -> bool:
    """Tell whether a header block is meant for us: for whoever is next, or for who takes the body."""
    actor = (block.get(version.actor) or "").strip()
    return actor in ("", version.next_actor, ULTIMATE_RECEIVER if version is SOAP_12 else "")


def check_understood(envelope: Envelope, understood: frozenset[str]) -> None:
    """Raise the MustUnderstand fault for blocks meant for us that nobody here knows."""
    strange = [
        str(block.tag)
        for block in envelope.headers
        if block.tag not in understood and is_due(block, envelope.version) and _is_mandatory(block, envelope.version)
    ]
    if strange:
        raise SoapFault(
            f"This service does not understand the SOAP header {', '.join(strange)}; "
            "leave it out, or send it without mustUnderstand.",
            Blame.MUST_UNDERSTAND,
            code="must-understand",
            not_understood=strange,
        )


def _is_mandatory(block: etree._Element, version: SoapVersion) -> bool:
    said = block.get(version.must_understand)
    if said is None:
        return False
    if said.strip() not in _BOOLEANS:
        raise SoapFault(
            f"mustUnderstand of the SOAP header {block.tag} is {said[:20]!r}; send 1 or 0.",
            code="envelope",
            line=line_of(block),
            element=str(block.tag),
        )
    return _BOOLEANS[said.strip()]


def _take_apart(root: etree._Element, version: SoapVersion, many: bool) -> Envelope:
    headers: tuple[etree._Element, ...] = ()
    body: etree._Element | None = None
    stray = (root.text or "").strip()
    for child in root:
        stray = stray or (child.tail or "").strip()
        if child.tag == version.body and body is None:
            body = child
        elif child.tag == version.header and body is None:
            headers = tuple(block for block in child if isinstance(block.tag, str))
        elif isinstance(child.tag, str):
            raise SoapFault(
                f"The envelope has {child.tag} where it must not be; send one Header at most, then one Body.",
                code="envelope",
                line=line_of(child),
                element=str(child.tag),
            )
    if stray:
        raise SoapFault("The envelope has text between its parts; send Header and Body only.", code="envelope")
    if body is None:
        raise SoapFault("The envelope has no Body; send one with the message in it.", code="envelope")
    only = _only_child(body)
    if version is SOAP_12:
        _check_encoding_style(root, only)
    return Envelope(version, headers, only, many)


def _check_encoding_style(root: etree._Element, only: etree._Element) -> None:
    """SOAP 1.2 part 1, §5.1.1: where the attribute must not be, and which encodings are known (none)."""
    for element in (root, *(child for child in root if child.tag in (SOAP_12.header, SOAP_12.body))):
        if element.get(_ENCODING_STYLE) is not None:
            raise SoapFault(
                f"{etree.QName(element).localname} has an encodingStyle, which it must not have; leave it out.",
                code="envelope",
                line=line_of(element),
                element=str(element.tag),
            )
    style = only.get(_ENCODING_STYLE)
    if style is not None and style.strip() != _NO_ENCODING:
        raise SoapFault(
            f"The encoding {style[:100]} is not taken; send the message as its schema says, without encodingStyle.",
            Blame.DATA_ENCODING_UNKNOWN,
            code="encoding",
        )


def _only_child(body: etree._Element) -> etree._Element:
    children = [child for child in body if isinstance(child.tag, str)]
    if not children:
        raise SoapFault("The Body is empty; send the operation's element in it.", code="empty", line=line_of(body))
    if len(children) > 1:
        raise SoapFault(
            f"The Body has {len(children)} elements; send one message a call.",
            code="envelope",
            line=line_of(children[1]),
            element=str(children[1].tag),
        )
    return children[0]


def _wrong_envelope(root: etree._Element, version: SoapVersion) -> SoapFault:
    if etree.QName(root).localname == "Envelope":
        return SoapFault(
            f"What comes as {version.media_type} must be a SOAP {version.number} envelope, with the namespace "
            f"{version.namespace}; send it so, or under the other media type.",
            Blame.VERSION_MISMATCH,
            code="version-mismatch",
        )
    return SoapFault(
        f"The document is {root.tag}, not a SOAP envelope; send {version.envelope}.",
        code="envelope",
        line=line_of(root),
        element=str(root.tag),
    )


def _document_type() -> SoapFault:
    return SoapFault("The message has a document type declaration (DOCTYPE); send it without.", code="doctype")


def _instruction(found: Any) -> SoapFault:
    line = line_of(found[0])
    return SoapFault(
        f"Line {line}: the message has a processing instruction ({str(found[0].target)[:40]}); send it without.",
        code="processing-instruction",
        line=line,
    )


def _not_xml(error: Exception) -> SoapFault:
    line = error.lineno or 0 if isinstance(error, etree.XMLSyntaxError) else 0
    sentence = f"Line {line}: the message is not well-formed XML ({xml.complaint(error)}); correct it."
    return SoapFault(sentence, code="not-xml", line=line)
