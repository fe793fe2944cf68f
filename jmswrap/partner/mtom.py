"""MTOM on the way out: the base64Binary elements of a message become parts.

Which elements they are, the partner's contract says; the message is followed along its
types, as zeep knows them.
"""

from typing import Any

import zeep.exceptions
from lxml import etree
from zeep.xsd.types.builtins import Base64Binary

from jmswrap import xml, xop

_TYPE = f"{{{xml.XSI}}}type"


def packed(
    envelope: bytes, types: Any, over_bytes: int, media_type: str, action: str, exact: bool
) -> tuple[bytes, str] | None:
    """Return the message as MTOM and its Content-Type; None when nothing in it is large enough.

    ``exact`` (of a signed message): only what a receiver gets back to the letter.
    """
    root = etree.fromstring(envelope, xml.parser())
    found: list[etree._Element] = []
    for body in root.iterchildren(f"{{{etree.QName(root).namespace}}}Body"):
        for child in body.iterchildren(etree.Element):
            _collect(child, _declared(child, None, types), types, found)
    values = {}
    for element in found:
        text = element.text or ""
        value = xop.value_of(text, exact) if len(text) * 3 // 4 > over_bytes and len(element) == 0 else None
        if value is not None and len(value) > over_bytes:
            values[element] = value
    return xop.packed(root, values, media_type, action) if values else None


def _collect(element: etree._Element, kind: Any, types: Any, found: list[etree._Element]) -> None:
    if _is_binary(kind):
        found.append(element)
        return
    inside = {str(child.qname): child for _, child in getattr(kind, "elements", []) if child.qname is not None}
    for child in element.iterchildren(etree.Element):
        _collect(child, _declared(child, inside.get(str(child.tag)), types), types, found)


def _declared(element: etree._Element, declared: Any, types: Any) -> Any:
    """Return the zeep type of an element: what it says itself, else its place, else its name."""
    try:
        said = element.get(_TYPE)
        if said:
            prefix, _, local = said.strip().rpartition(":")
            return types.get_type(f"{{{element.nsmap.get(prefix or None)}}}{local}")
        return (declared if declared is not None else types.get_element(str(element.tag))).type
    except (zeep.exceptions.Error, LookupError, AttributeError):
        return None


def _is_binary(kind: Any) -> bool:
    if isinstance(kind, Base64Binary):
        return True
    # base64Binary with attributes (xmime:contentType, say).
    elements = getattr(kind, "elements", [])
    return len(elements) == 1 and elements[0][0] == "_value_1" and isinstance(elements[0][1].type, Base64Binary)
