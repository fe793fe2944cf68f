"""The refusal document: what a negative acknowledgement is made from.

    <r:Refusal xmlns:r="urn:jmswrap:refusal:1">
      <r:messageId/> <r:correlationId/> <r:partner/> <r:outcome/> <r:faultCode/> <r:faultText/>
      <r:faultDetail> the Fault's detail elements </r:faultDetail>
      <r:body> the refused message's body element </r:body>
    </r:Refusal>

A route's ``refusal.steps`` turn it into what the source side expects.
"""

from lxml import etree

from jmswrap import xml
from jmswrap.message import Message
from jmswrap.outcome import Called

NAMESPACE = "urn:jmswrap:refusal:1"


def document(message: Message, body: bytes, called: Called, partner: str, text: str = "") -> bytes:
    """Return the refusal document of a message that a partner refused, or that died for the reason in ``text``."""
    # With a prefix: libxml2 would write elements of no namespace into a default one.
    root = etree.Element(f"{{{NAMESPACE}}}Refusal", nsmap={"r": NAMESPACE})
    fault = called.fault
    texts = {
        "messageId": message.id,
        "correlationId": message.correlation_id or message.id,
        "partner": partner,
        "outcome": str(called.outcome),
        **parameters(called, text),
    }
    for name, value in texts.items():
        etree.SubElement(root, f"{{{NAMESPACE}}}{name}").text = _printable(value)
    detail = etree.SubElement(root, f"{{{NAMESPACE}}}faultDetail")
    if fault and fault.detail_xml:
        detail.extend(_elements(fault.detail_xml.encode()))
    etree.SubElement(root, f"{{{NAMESPACE}}}body").append(etree.fromstring(body, xml.parser()))
    return xml.standalone(root)


def parameters(called: Called, text: str = "") -> dict[str, str]:
    """Return what steps on a refusal know beside the message: `faultCode` and `faultText`, as in the document."""
    fault = called.fault
    said = text or (fault.text if fault else called.sentence)
    return {"faultCode": fault.code.rpartition("}")[2] if fault else "", "faultText": _printable(said)}


def _elements(detail_xml: bytes) -> list[etree._Element]:
    try:
        return xml.entries(detail_xml)
    except etree.XMLSyntaxError:
        # Cut off because it was too long to keep; code and text still say what happened.
        return []


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
