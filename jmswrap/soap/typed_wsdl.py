"""The WSDL of a typed service: Spyne's, put in order.

Spyne 2.14 writes another WSDL at every start (spyne issue 530), puts ``service`` before
``portType`` (which SAP refuses), offers one SOAP version and caches the first caller's
Host header as its address. Here it is made once, at start, with the configured address;
everything that has a name is sorted, prefixes are numbered in the order of namespaces,
and a SOAP 1.2 port stands beside the SOAP 1.1 port.
"""

from copy import deepcopy
from typing import Any

from lxml import etree
from spyne.interface.wsdl import Wsdl11

from jmswrap import xml

_ORDER = ("import", "types", "message", "portType", "binding", "service")
_SCHEMA_ORDER = ("import", "include", "simpleType", "complexType", "element")
_QNAME_ATTRIBUTES = ("type", "base", "ref", "element", "message", "binding", "itemType")


def typed_wsdl(application: Any, address: str) -> bytes:
    """Return the service's WSDL; the same bytes at every start."""
    builder = Wsdl11(application.interface)
    builder.build_interface_document(address)
    root = etree.fromstring(builder.get_interface_document(), xml.parser())
    for binding in root.iter(f"{{{xml.WSDL_SOAP_11}}}binding"):
        binding.set("transport", xml.SOAP_HTTP)
    _offer_soap_12(root)
    _put_in_order(root, _ORDER)
    for schema in root.iter(f"{{{xml.XSD}}}schema"):
        _put_in_order(schema, _SCHEMA_ORDER)
    for types in root.iter(f"{{{xml.WSDL}}}types"):
        types[:] = sorted(types, key=lambda schema: schema.get("targetNamespace", ""))
    return etree.tostring(_with_prefixes(root), encoding="utf-8", xml_declaration=True, pretty_print=True)


def _offer_soap_12(root: etree._Element) -> None:
    """Add a port and a binding of SOAP 1.2 for each of SOAP 1.1, with its name and ``12``."""
    for part in (*root.iter(f"{{{xml.WSDL}}}binding"), *root.iter(f"{{{xml.WSDL}}}port")):
        twin = deepcopy(part)
        twin.set("name", f"{part.get('name')}12")
        if twin.get("binding"):
            twin.set("binding", f"{part.get('binding')}12")
        for element in twin.iter():
            if isinstance(element.tag, str) and etree.QName(element).namespace == xml.WSDL_SOAP_11:
                element.tag = f"{{{xml.WSDL_SOAP_12}}}{etree.QName(element).localname}"
        part.addnext(twin)


def _put_in_order(parent: etree._Element, order: tuple[str, ...]) -> None:
    def place(child: etree._Element) -> tuple[int, str]:
        local = etree.QName(child).localname
        return (order.index(local) if local in order else len(order), child.get("name") or child.get("namespace") or "")

    parent[:] = sorted((child for child in parent if isinstance(child.tag, str)), key=place)


def _with_prefixes(root: etree._Element) -> etree._Element:
    """Return a copy whose prefixes do not depend on the order of Spyne's dictionaries."""
    namespaces = sorted({uri for element in root.iter() for uri in element.nsmap.values()})
    usual = {xml.WSDL: "wsdl", xml.XSD: "xs", xml.WSDL_SOAP_11: "soap", xml.WSDL_SOAP_12: "soap12"}
    usual[root.get("targetNamespace", "")] = "tns"
    used = [uri for uri in namespaces if _is_used(root, uri)]
    others = [uri for uri in used if uri not in usual]
    prefixes = {uri: usual.get(uri) or f"n{others.index(uri)}" for uri in used}
    made = etree.Element(root.tag, nsmap={prefix: uri for uri, prefix in prefixes.items()})
    _copy(root, made, prefixes)
    return made


def _is_used(root: etree._Element, uri: str) -> bool:
    for element in root.iter():
        if etree.QName(element).namespace == uri:
            return True
        values = (element.get(name, "") for name in _QNAME_ATTRIBUTES)
        if any(element.nsmap.get(value.rpartition(":")[0] or None) == uri for value in values if value):
            return True
    return False


def _copy(source: etree._Element, target: etree._Element, prefixes: dict[str, str]) -> None:
    target.text = source.text.strip() if source.text and source.text.strip() else None
    for name, value in sorted(source.attrib.items()):
        target.set(name, _renamed(source, str(name), str(value), prefixes))
    for child in source:
        if isinstance(child.tag, str):
            _copy(child, etree.SubElement(target, child.tag), prefixes)


def _renamed(element: etree._Element, name: str, value: str, prefixes: dict[str, str]) -> str:
    prefix, colon, local = value.rpartition(":")
    if name not in _QNAME_ATTRIBUTES or not colon or prefix not in element.nsmap:
        return value
    return f"{prefixes[element.nsmap[prefix]]}:{local}"
