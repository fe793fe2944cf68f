"""Faults: what went wrong as a SOAP 1.1 or 1.2 envelope, with a detail of ours.

The sentence is for the caller; the detail ``{urn:jmswrap:fault:1}fault`` carries code,
line, element and id for programs. Nothing of the inside is in either.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from jmswrap import clock, xml
from jmswrap.deliver.passing import PartnerHeld
from jmswrap.errors import InvalidDocument, Refused, Unavailable
from jmswrap.soap.versions import SOAP_11, SOAP_12, SoapVersion

FAULT_NAMESPACE = "urn:jmswrap:fault:1"
RETRY_SECONDS = 5
"""What Retry-After says when the store is away."""

AWAY = "The message cannot be stored now and nothing was queued; send it again later."

Headers = tuple[tuple[bytes, bytes], ...]


class Blame(StrEnum):
    """Whose fault it is, by the words of SOAP 1.1."""

    CLIENT = "Client"
    SERVER = "Server"
    VERSION_MISMATCH = "VersionMismatch"
    MUST_UNDERSTAND = "MustUnderstand"
    DATA_ENCODING_UNKNOWN = "DataEncodingUnknown"
    """SOAP 1.2 only."""


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CODES_12 = {Blame.CLIENT: "Sender", Blame.SERVER: "Receiver"}


class SoapFault(Exception):
    """A call that is answered with a fault; nothing was queued."""

    def __init__(
        self,
        sentence: str,
        blame: Blame = Blame.CLIENT,
        *,
        code: str = "refused",
        status: int = 0,
        line: int = 0,
        element: str = "",
        id: str = "",
        headers: Headers = (),
        not_understood: Sequence[str] = (),
        detail: etree._Element | None = None,
        subcode: tuple[str, str, str] | None = None,
        reason: str = "",
        path: str = "",
        passed: tuple[etree._Element, ...] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.blame = blame
        self.code = code
        self.status = status
        """The HTTP status; 0 for the one that the SOAP version binds to the fault."""
        self.line = line
        self.element = element
        self.id = id or clock.new_id()
        self.headers = headers
        self.not_understood = tuple(not_understood)
        self.detail = detail
        """The detail entry of a user's service, or of the standard that the subcode is of; else none."""
        self.subcode = subcode
        """A code of another standard, about a header block: prefix, namespace, name."""
        self.reason = reason
        """A code below the subcode, of the same standard; SOAP 1.2 only."""
        self.path = path
        """Where the element at fault stands in the envelope."""
        self.passed = passed
        """A partner's detail entries, which go through as they came; None: the fault is not a partner's."""
        self.blocks = ""
        """Header blocks of the answer, XML."""
        self.action = ""
        """The WS-Addressing action of a fault that the contract declares."""
        self.is_unwanted = False
        """The caller wants no faults: the HTTP status alone says that the message was refused."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whole."""

    status: int
    media_type: str
    body: bytes
    headers: Headers = ()


def of_error(error: Refused | Unavailable) -> SoapFault:
    """Return the fault that tells a caller of a refusal, or that the store cannot take it now."""
    if isinstance(error, InvalidDocument):
        where = f"Line {error.line}: " if error.line else ""
        return SoapFault(f"{where}{error}", code=error.code, line=error.line, element=error.element, path=error.path)
    if isinstance(error, Refused):
        return SoapFault(str(error), code=error.code)
    retry = ((b"retry-after", str(RETRY_SECONDS).encode()),)
    if isinstance(error, PartnerHeld):
        return SoapFault(str(error), Blame.SERVER, code=error.code, status=503, headers=retry)
    # The error's own sentence is for the operator: it names the store's address. The log has it.
    return SoapFault(AWAY, Blame.SERVER, code=error.code, status=503, headers=retry)


def unexpected(id: str) -> SoapFault:
    """Return the fault for an error that nobody foresaw; the log has the rest under ``id``."""
    sentence = f"The gateway could not process the message; nothing was queued. Give the operator this id: {id}."
    return SoapFault(sentence, Blame.SERVER, code="unexpected", id=id)


def answer(fault: SoapFault, version: SoapVersion) -> Answer:
    """Return the HTTP answer that carries a fault."""
    if fault.is_unwanted:
        return Answer(_status(fault, version), version.media_type, b"", fault.headers)
    root = _fault_12(fault) if version is SOAP_12 else _fault_11(fault)
    if fault.blocks:
        _header(root, version).extend(etree.fromstring(f"<blocks>{fault.blocks}</blocks>", xml.parser()))
    if version is SOAP_11 and fault.subcode is not None and fault.detail is not None:
        # WS-Addressing 1.0 SOAP Binding, §6.2: where SOAP 1.1 has no place for it.
        prefix, namespace, _ = fault.subcode
        # With the prefix: the detail names a header by it.
        named = etree.SubElement(_header(root, version), f"{{{namespace}}}FaultDetail", nsmap={prefix: namespace})
        named.append(fault.detail)
    body = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Answer(_status(fault, version), version.media_type, body, fault.headers)


def _header(root: etree._Element, version: SoapVersion) -> etree._Element:
    header = root.find(version.header)
    if header is None:
        header = etree.Element(version.header)
        root.insert(0, header)
    return header


def _status(fault: SoapFault, version: SoapVersion) -> int:
    if fault.status:
        return fault.status
    # SOAP 1.2 part 2, table 20: Sender is 400, every other fault 500. SOAP 1.1 §6.2: always 500.
    return 400 if version is SOAP_12 and fault.blame is Blame.CLIENT else 500


def _fault_11(fault: SoapFault) -> etree._Element:
    ns = SOAP_11.namespace
    envelope = etree.Element(SOAP_11.envelope, nsmap={"soap": ns})
    element = etree.SubElement(etree.SubElement(envelope, SOAP_11.body), f"{{{ns}}}Fault")
    if fault.subcode is not None:
        prefix, namespace, local = fault.subcode
        etree.SubElement(element, "faultcode", nsmap={prefix: namespace}).text = f"{prefix}:{local}"
    else:
        etree.SubElement(element, "faultcode").text = f"soap:{fault.blame}"
    etree.SubElement(element, "faultstring").text = _text(fault.sentence)
    # SOAP 1.1 §4.4: the detail is about the Body; errors of header blocks have none.
    if fault.blame in (Blame.CLIENT, Blame.SERVER) and fault.subcode is None:
        etree.SubElement(element, "detail").extend(_details(fault))
    return envelope


def _fault_12(fault: SoapFault) -> etree._Element:
    ns = SOAP_12.namespace
    envelope = etree.Element(SOAP_12.envelope, nsmap={"soap": ns})
    _header_12(fault, envelope)
    element = etree.SubElement(etree.SubElement(envelope, SOAP_12.body), f"{{{ns}}}Fault")
    code = etree.SubElement(element, f"{{{ns}}}Code")
    etree.SubElement(code, f"{{{ns}}}Value").text = f"soap:{_CODES_12.get(fault.blame, fault.blame)}"
    if fault.subcode is not None:
        prefix, namespace, *names = (*fault.subcode, *filter(None, (fault.reason,)))
        for local in names:
            code = etree.SubElement(code, f"{{{ns}}}Subcode")
            etree.SubElement(code, f"{{{ns}}}Value", nsmap={prefix: namespace}).text = f"{prefix}:{local}"
    text = etree.SubElement(etree.SubElement(element, f"{{{ns}}}Reason"), f"{{{ns}}}Text")
    text.set(f"{{{xml.XML_NAMESPACE}}}lang", "en")
    text.text = _text(fault.sentence)
    if fault.blame in (Blame.CLIENT, Blame.SERVER):
        etree.SubElement(element, f"{{{ns}}}Detail").extend(_details(fault))
    return envelope


def _header_12(fault: SoapFault, envelope: etree._Element) -> None:
    """SOAP 1.2 part 1, §5.4.7 and §5.4.8: what was not understood, which versions are."""
    ns = SOAP_12.namespace
    if fault.not_understood:
        header = etree.SubElement(envelope, SOAP_12.header)
        for name in fault.not_understood:
            namespace, _, local = name.rpartition("}")
            nsmap = {"n": namespace[1:]} if namespace else None
            block = etree.SubElement(header, f"{{{ns}}}NotUnderstood", nsmap=nsmap)
            block.set("qname", f"n:{local}" if namespace else local)
    if fault.blame is Blame.VERSION_MISMATCH:
        upgrade = etree.SubElement(etree.SubElement(envelope, SOAP_12.header), f"{{{ns}}}Upgrade")
        for version in (SOAP_12, SOAP_11):
            nsmap = {"taken": version.namespace}
            supported = etree.SubElement(upgrade, f"{{{ns}}}SupportedEnvelope", nsmap=nsmap)
            supported.set("qname", "taken:Envelope")


def _details(fault: SoapFault) -> list[etree._Element]:
    if fault.passed is not None:
        return list(fault.passed)
    detail = etree.Element(f"{{{FAULT_NAMESPACE}}}fault", nsmap={"f": FAULT_NAMESPACE})
    where = {"line": fault.line or "", "element": fault.element, "path": fault.path}
    values = {"code": fault.code, **where, "id": fault.id}
    for name, value in values.items():
        if value:
            etree.SubElement(detail, f"{{{FAULT_NAMESPACE}}}{name}").text = _text(str(value))
    return [detail] if fault.detail is None else [fault.detail, detail]


def _text(sentence: str) -> str:
    """Leave out what XML cannot carry, so that no input can break the fault itself."""
    return _NOT_XML.sub("?", sentence)
