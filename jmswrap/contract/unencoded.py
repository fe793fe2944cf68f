"""Turn what SOAP's section 5 encoding adds to schemas into plain XSD.

An array (a restriction of ``soapenc:Array``) becomes a sequence of elements called ``item``;
``soapenc:string`` and its like become the types of XSD. No tool of today needs to know the
encoding then; the worker writes it on the way to the partner.
"""

import re

from lxml import etree

from jmswrap import xml
from jmswrap.contract.documents import IMPORT, line_of
from jmswrap.contract.schemaset import Chunk, SchemaSet, referred_namespaces
from jmswrap.errors import ContractError

ITEM = "item"
"""The name of an array's members in document form."""
_XS = f"{{{xml.XSD}}}"
_ARRAY_TYPE = f"{{{xml.WSDL}}}arrayType"
_OTHER = {"base64": "base64Binary", "Array": "anyType", "Struct": "anyType", "ur-type": "anyType"}
_NAMING = ("type", "base", "itemType", "memberTypes")
_DIMENSIONS = re.compile(r"^(.*?)((?:\[[^\]]*\])*)$")


def plain_type(name: str) -> str:
    """Return the XSD type for one of the encoding's; others as they are."""
    local = name.removeprefix(f"{{{xml.SOAP_ENCODING}}}")
    return name if local == name else f"{_XS}{_OTHER.get(local, local)}"


def convert(schemas: SchemaSet) -> None:
    """Convert every schema of the set in place, and take the encoding's own out of it."""
    schemas.drop(xml.SOAP_ENCODING)
    for chunk in schemas.chunks:
        for complex_type in list(chunk.schema.iter(f"{_XS}complexType")):
            _array(complex_type, chunk)
        for element in list(chunk.schema.iter(f"{_XS}*")):
            _references(element)
    _forget_imports(schemas)


def leave_out_unused(schemas: SchemaSet) -> None:
    """Take the encoding's schema out where it is only imported: zeep would ask the Web for it."""
    others = (c for c in schemas.chunks if c.namespace != xml.SOAP_ENCODING)
    users = [c for c in others if xml.SOAP_ENCODING in referred_namespaces(c.schema)]
    if xml.SOAP_ENCODING in schemas.namespaces and not users:
        schemas.drop(xml.SOAP_ENCODING)
        _forget_imports(schemas)


def _forget_imports(schemas: SchemaSet) -> None:
    for chunk in schemas.chunks:
        for element in chunk.schema.findall(IMPORT):
            if element.get("namespace") in (xml.SOAP_ENCODING, xml.WSDL):
                chunk.schema.remove(element)


def _array(complex_type: etree._Element, chunk: Chunk) -> None:
    content = complex_type.find(f"{_XS}complexContent")
    derivations = [] if content is None else list(content.iterchildren(f"{_XS}restriction", f"{_XS}extension"))
    derivation = next((d for d in derivations if _full(d, d.get("base", "")) == f"{{{xml.SOAP_ENCODING}}}Array"), None)
    if content is None or derivation is None:
        return
    said = next((a for a in derivation.iter(f"{_XS}attribute") if a.get(_ARRAY_TYPE)), None)
    member = next(iter(derivation.iter(f"{_XS}element")), None)
    if said is not None:
        holder, name = said, (said.get(_ARRAY_TYPE) or "").strip()
    elif member is not None and (member.get("type") or member.get("ref")):
        holder, name = member, f"{member.get('type') or ''}[]"
    else:
        holder, name = derivation, "[]"
    place = f"{chunk.source.path}:{line_of(complex_type)}"
    found = _DIMENSIONS.match(name)
    base, dimensions = (found[1], found[2]) if found else (name, "[]")
    if "," in dimensions:
        raise ContractError(f"{place}: the array {name} has several dimensions; only arrays of one dimension work.")
    complex_type.remove(content)
    depth = max(dimensions.count("["), 1)
    _members(complex_type, holder, base, depth)


def _members(complex_type: etree._Element, holder: etree._Element, base: str, depth: int) -> None:
    sequence = etree.SubElement(complex_type, f"{_XS}sequence")
    prefix, _, local = base.rpartition(":")
    namespace = holder.nsmap.get(prefix or None)
    known = namespace is not None and complex_type.nsmap.get(prefix or None) == namespace
    given = {} if known or not prefix or namespace is None else {prefix: namespace}
    attributes = {"name": ITEM, "form": "unqualified", "minOccurs": "0", "maxOccurs": "unbounded", "nillable": "true"}
    item = etree.SubElement(sequence, f"{_XS}element", attributes, given)
    if depth > 1:
        _members(etree.SubElement(item, f"{_XS}complexType"), holder, base, depth - 1)
    elif local:
        item.set("type", base)


def _references(element: etree._Element) -> None:
    """Point an element's references to the encoding's types at XSD's; leave the others out."""
    if _full(element, element.get("ref", "")).startswith(f"{{{xml.SOAP_ENCODING}}}"):
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
        return
    for attribute in _NAMING:
        names = (element.get(attribute) or "").split()
        if any(_full(element, name).startswith(f"{{{xml.SOAP_ENCODING}}}") for name in names):
            element.set(attribute, " ".join(_plain_name(element, name) for name in names))


def _plain_name(element: etree._Element, name: str) -> str:
    full = _full(element, name)
    plain = plain_type(full)
    if plain == full:
        return name
    prefix = next(p for p, n in element.nsmap.items() if n == xml.XSD)
    local = plain.removeprefix(_XS)
    return f"{prefix}:{local}" if prefix else local


def _full(element: etree._Element, name: str) -> str:
    prefix, _, local = name.strip().rpartition(":")
    namespace = element.nsmap.get(prefix or None)
    return f"{{{namespace}}}{local}" if namespace else local
