"""The two forms of a body: as it is stored, and as the partner's binding wants it on the wire.

Bodies are stored in *document form*, one element of a schema. For most operations that is what
goes out. For rpc bodies the wrapper gets the name that the binding says; for encoded ones each
value gets its type and each array its size, by the types that zeep read from the contract; for
a document body of no part or several, the wrapper is taken off.
"""

import copy
from dataclasses import dataclass
from typing import Any

import zeep.exceptions
import zeep.xsd
from lxml import etree

from jmswrap import xml
from jmswrap.errors import PartnerError

RPC = "rpc"
ENCODED = "encoded"
PARTS = "parts"
_XSI_TYPE = f"{{{xml.XSI}}}type"
_XSI_NIL = f"{{{xml.XSI}}}nil"
_ARRAY_TYPE = f"{{{xml.SOAP_ENCODING}}}arrayType"
_ENCODING_STYLE = f"{{{xml.SOAP_11}}}encodingStyle"
_ANY = f"{{{xml.XSD}}}anyType"
_PREFIXES = {"xs": xml.XSD, "xsi": xml.XSI, "enc": xml.SOAP_ENCODING, "soap": xml.SOAP_11}


@dataclass(frozen=True, slots=True)
class Form:
    """How one operation's bodies are stored and sent."""

    kind: str
    """``rpc``, ``encoded`` or ``parts``."""
    element: str
    """The root in document form, ``{namespace}local``."""
    wire: str
    """The wrapper on the wire; empty for ``parts``."""
    reply: str = ""
    """The root of an rpc/literal reply in document form, whatever its wrapper is called; else empty."""


def on_the_wire(body: bytes, form: Form, zeep_body: Any, types: Any) -> bytes:
    """Return a stored body as what stands in the SOAP body; nothing, one element or several.

    ``zeep_body`` is zeep's element of the request, ``types`` its schemas; only encoding asks them.
    """
    element = etree.fromstring(body, xml.parser())
    if form.kind == PARTS:
        return b"".join(xml.standalone(part) for part in element.iterchildren(etree.Element))
    if form.kind == ENCODED:
        return xml.standalone(_encoded(element, form, zeep_body, types))
    element.tag = form.wire
    return xml.standalone(element)


def from_the_wire(body: bytes, form: Form) -> bytes:
    """Return a reply's body element in document form."""
    element = etree.fromstring(body, xml.parser())
    if not form.reply or element.tag == form.reply:
        return body
    element.tag = form.reply
    return xml.standalone(element)


def fragments(body: bytes) -> list[etree._Element]:
    """Return the elements that such bytes hold."""
    whole = b"<body>" + xml.undeclared(body) + b"</body>"
    return list(etree.fromstring(whole, xml.parser()).iterchildren(etree.Element))


def _encoded(element: etree._Element, form: Form, zeep_body: Any, types: Any) -> etree._Element:
    etree.strip_tags(element, etree.Comment, etree.ProcessingInstruction)
    # Declared here, because lxml declares nothing for a name that only a value uses.
    own = sorted(n for n in types.namespaces if n and n not in _PREFIXES.values())
    made = etree.Element(form.wire, nsmap=_PREFIXES | {f"t{i}": n for i, n in enumerate(own, 1)})
    made.set(_ENCODING_STYLE, xml.SOAP_ENCODING)
    _members(element, made, _by_name(zeep_body.type), types)
    return made


def _members(source: etree._Element, made: etree._Element, known: dict[str, Any], types: Any) -> None:
    for child in source.iterchildren(etree.Element):
        name = etree.QName(child).localname
        if name not in known and None in known:  # xs:any
            made.append(copy.deepcopy(child))
            continue
        if name not in known:
            holder = etree.QName(source).localname
            raise PartnerError(f"the contract has no <{name}> in <{holder}>; correct the message")
        _value(child, etree.SubElement(made, str(child.tag)), known[name], types)


def _by_name(kind: Any) -> dict[str, Any]:
    return {element.name: getattr(element, "type", None) for _, element in kind.elements}


def _value(source: etree._Element, made: etree._Element, kind: Any, types: Any) -> None:
    if source.get(_XSI_NIL) in ("true", "1"):
        made.set(_XSI_NIL, "true")
        return
    kind = _said(source, types) or kind
    item = _item_type(kind)
    if item is not None:
        _array(source, made, item, types)
        return
    name = _type_name(kind, types)
    if name:
        made.set(_XSI_TYPE, _qname(name, made))
    if isinstance(kind, zeep.xsd.ComplexType) and kind.elements and len(source):
        for attribute, value in source.attrib.items():
            if not str(attribute).startswith(f"{{{xml.XSI}}}"):
                made.set(attribute, value)
        _members(source, made, _by_name(kind), types)
    else:
        made.text = source.text


def _item_type(kind: Any) -> Any:
    """Return the type of an array's items: its ``arrayType``'s, or that of the one member it is restricted to."""
    array = getattr(kind, "_array_type", None)
    if array is None or array.array_type is not None:
        return None if array is None else array.array_type
    return getattr(kind.elements[0][1], "type", None) if len(kind.elements) == 1 else None


def _said(source: etree._Element, types: Any) -> Any:
    """Return the type that the document names with xsi:type, where it does."""
    name = source.get(_XSI_TYPE)
    if not name:
        return None
    prefix, _, local = name.strip().rpartition(":")
    try:
        return types.get_type(etree.QName(source.nsmap.get(prefix or None), local))
    except zeep.exceptions.LookupError as error:
        raise PartnerError(f"xsi:type={name} names no type of the contract; correct the message") from error


def _array(source: etree._Element, made: etree._Element, kind: Any, types: Any) -> None:
    items = list(source.iterchildren(etree.Element))
    made.set(_XSI_TYPE, _qname(f"{{{xml.SOAP_ENCODING}}}Array", made))
    made.set(_ARRAY_TYPE, f"{_qname(_type_name(kind, types) or _ANY, made)}[{len(items)}]")
    for item in items:
        _value(item, etree.SubElement(made, str(item.tag)), kind, types)


def _type_name(kind: Any, types: Any) -> str:
    """Return a type's name; empty for one without, whose base would say less than the contract."""
    own = kind.qname
    named = own is not None and (own.namespace == xml.XSD or _is_global(own, kind, types))
    return str(own.text) if named else ""


def _is_global(name: Any, kind: Any, types: Any) -> bool:
    # zeep gives an unnamed type the name of its element.
    try:
        return types.get_type(name) is kind
    except zeep.exceptions.LookupError:
        return False


def _qname(name: str, made: etree._Element) -> str:
    namespace, _, local = name.rpartition("}")
    prefix = next((p for p, n in made.nsmap.items() if p and n == namespace[1:]), "")
    return f"{prefix}:{local}" if prefix else local
