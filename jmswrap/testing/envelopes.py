"""SOAP envelopes as a simulated partner writes and reads them: replies, faults, what spoils a reply."""

import uuid
from xml.sax.saxutils import escape

from lxml import etree

from jmswrap import xml
from jmswrap.testing.doorkeeper import WSSE

VERSIONS = {xml.SOAP_11: "1.1", xml.SOAP_12: "1.2"}
MEDIA = {xml.SOAP_11: "text/xml; charset=utf-8", xml.SOAP_12: "application/soap+xml; charset=utf-8"}


def envelope(namespace: str, content: bytes) -> bytes:
    """Put an envelope around what stands in its body."""
    return b'<s:Envelope xmlns:s="%s"><s:Body>%s</s:Body></s:Envelope>' % (namespace.encode(), content)


def fault(namespace: str, code: str, text: str, detail: bytes = b"") -> bytes:
    """Return the envelope of a fault; the code is SOAP 1.1's, or FailedAuthentication."""
    said = escape(text).encode()
    written = _fault_12(code, said, detail) if namespace == xml.SOAP_12 else _fault_11(code, said, detail)
    return envelope(namespace, written)


def _fault_11(code: str, said: bytes, detail: bytes) -> bytes:
    prefix = b"w" if code == "FailedAuthentication" else b"s"
    written = b"<s:Fault xmlns:w='%s'><faultcode>%s:%s</faultcode>" % (WSSE.encode(), prefix, code.encode())
    written += b"<faultstring>%s</faultstring>" % said
    return written + ((b"<detail>%s</detail></s:Fault>" % detail) if detail else b"</s:Fault>")


def _fault_12(code: str, said: bytes, detail: bytes) -> bytes:
    security = b"<s:Subcode><s:Value xmlns:w='%s'>w:FailedAuthentication</s:Value></s:Subcode>" % WSSE.encode()
    word = {"Client": b"Sender", "Server": b"Receiver"}.get(code, b"Sender")
    under = security if code == "FailedAuthentication" else b""
    written = b"<s:Fault><s:Code><s:Value>s:%s</s:Value>%s</s:Code>" % (word, under)
    written += b'<s:Reason><s:Text xml:lang="en">%s</s:Text></s:Reason>' % said
    return written + ((b"<s:Detail>%s</s:Detail></s:Fault>" % detail) if detail else b"</s:Fault>")


def drifted(reply: bytes) -> bytes:
    """Put an element into a reply that no contract has."""
    if not reply:
        return reply
    root = etree.fromstring(reply, xml.parser())
    inside = next(root[-1].iterchildren(etree.Element), root[-1])
    etree.SubElement(inside, "{urn:jmswrap:drift}unknown").text = "since the last release"
    return etree.tostring(root, encoding="utf-8")


def related(reply: bytes, namespace: str, message_id: str, address: str) -> bytes:
    """Put WS-Addressing headers into a reply, or an envelope around nothing."""
    root = etree.fromstring(reply or envelope(namespace, b""), xml.parser())
    header = etree.Element(f"{{{namespace}}}Header")
    root.insert(0, header)
    said = {"MessageID": f"urn:uuid:{uuid.uuid4()}", "RelatesTo": message_id, "To": address}
    for name, value in said.items():
        etree.SubElement(header, f"{{{xml.WSA_10}}}{name}").text = value
    return etree.tostring(root, encoding="utf-8")


def addressing(root: etree._Element, local: str) -> str:
    """Return the text of an envelope's WS-Addressing header, of either namespace; empty when there is none."""
    for namespace in (xml.WSA_10, xml.WSA_0408):
        for block in root[0].iterchildren(f"{{{namespace}}}{local}"):
            return str(block.xpath("string()")).strip()
    return ""
