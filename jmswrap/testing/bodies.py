"""Bodies as a simulated partner meets them: which operation is meant, and what it says in return.

A partner speaks the wire form of its contract; its schemas and samples are in document form.
"""

from collections.abc import Sequence

from lxml import etree

from jmswrap import xml
from jmswrap.contract.nouns import ENCODED, PARTS, Body, Operation, Port
from jmswrap.contract.unencoded import ITEM

_ENCODING_STYLE = f"{{{xml.SOAP_11}}}encodingStyle"
_ARRAY_TYPE = f"{{{xml.SOAP_ENCODING}}}arrayType"
_XSI_TYPE = f"{{{xml.XSI}}}type"


def understood(port: Port, elements: Sequence[etree._Element], action: str) -> tuple[Operation, etree._Element] | None:
    """Return the operation that a SOAP body means and the request in document form."""
    for operation in port.usable:
        if operation.request is None:
            if len(elements) == 1 and elements[0].tag == operation.element:
                return operation, elements[0]
        elif _means(operation, operation.request, elements, action):
            return operation, _document(operation.request, elements)
    return None


def spoken(operation: Operation, document: etree._Element) -> bytes:
    """Return a reply in document form as what stands in the SOAP body."""
    body = operation.reply
    if body is None:
        return xml.standalone(document)
    if body.form == PARTS:
        return b"".join(xml.standalone(part) for part in document)
    document.tag = body.wire
    if body.form == ENCODED:
        document.set(_ENCODING_STYLE, xml.SOAP_ENCODING)
    return xml.standalone(document)


def _means(operation: Operation, body: Body, elements: Sequence[etree._Element], action: str) -> bool:
    if body.form == PARTS:
        tags = [str(e.tag) for e in elements]
        return tags == [p.element for p in body.parts] and (bool(tags) or action == operation.soap_action)
    return bool(elements) and elements[0].tag == body.wire


def _document(body: Body, elements: Sequence[etree._Element]) -> etree._Element:
    made = etree.Element(body.element)
    if body.form == PARTS:
        made.extend(etree.fromstring(xml.standalone(e), xml.parser()) for e in elements)
        return etree.fromstring(xml.standalone(made), xml.parser())
    made = etree.fromstring(xml.standalone(elements[0]), xml.parser())
    made.tag = body.element
    if body.form == ENCODED:
        for element in list(made.iter("*")):
            _decode(element)
    return etree.fromstring(xml.standalone(made), xml.parser())


def _decode(element: etree._Element) -> None:
    """Take what the encoding says off an element; array members get their name in document form."""
    if _ARRAY_TYPE in element.attrib:
        for member in element:
            member.tag = ITEM
    said = element.get(_XSI_TYPE, "")
    if element.nsmap.get(said.rpartition(":")[0] or None) == xml.SOAP_ENCODING:
        del element.attrib[_XSI_TYPE]
    for name in (_ARRAY_TYPE, _ENCODING_STYLE):
        element.attrib.pop(name, None)  # type: ignore[call-overload]
