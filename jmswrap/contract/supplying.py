"""Give a pinned contract the service it lacks, and bindings where it has none either.

The WSDL of a BPEL process, of an OSB proxy or of a standard often ends with the port type or
the binding: where the service runs is said elsewhere. What is taken is told in a sentence.
"""

from lxml import etree

from jmswrap import xml
from jmswrap.contract.definitions import Definition, Definitions
from jmswrap.contract.nouns import DOCUMENT, RPC

_VERSIONS = (xml.WSDL_SOAP_11, xml.WSDL_SOAP_12)


def supply(definitions: Definitions) -> tuple[str, ...]:
    """Add to the first file what is missing for calls; return what was taken, a sentence each."""
    bindings = [b for b in definitions.all("binding") if _version(b)]
    port_types = definitions.all("portType")
    if definitions.all("service") or not (bindings or port_types):
        return ()
    if bindings:
        _add_service(definitions, [(_full(b), b.name, _version(b)) for b in bindings])
        return (f"{bindings[0].place}: the WSDL has bindings and no service, so one without an address was added.",)
    if definitions.all("binding"):
        return ()  # what binds it to something else than SOAP over HTTP stays refused
    bound = [(_bind(definitions, p), f"{p.name}Soap", xml.WSDL_SOAP_11) for p in port_types]
    _add_service(definitions, bound)
    said = "SOAP 1.1 over HTTP, with each operation's name as its SOAPAction, was taken, as BPEL tools publish it"
    remedy = "where the running service differs, wrap the WSDL that it gives at ?wsdl"
    return (f"{port_types[0].place}: the WSDL has neither binding nor service; {said}; {remedy}.",)


def _version(binding: Definition) -> str:
    """Return the namespace of a binding's SOAP over HTTP; empty for any other binding."""
    for namespace in _VERSIONS:
        soap = binding.element.find(f"{{{namespace}}}binding")
        if soap is not None:
            transport = soap.get("transport", "").rstrip("/").lower()
            return namespace if not transport or transport.endswith("http") else ""
    return ""


def _full(definition: Definition) -> str:
    return f"{{{definition.source.root.get('targetNamespace', '')}}}{definition.name}"


def _add_service(definitions: Definitions, bound: list[tuple[str, str, str]]) -> None:
    root = definitions.sources[0].root
    namespaces = {f"bound{n}": full[1:].partition("}")[0] for n, (full, _, _) in enumerate(bound, 1)}
    name = root.get("name") or bound[0][1]
    service = _child(root, "service", {p: n for p, n in namespaces.items() if n}, name=name)
    for number, (full, port, version) in enumerate(bound, 1):
        prefix = f"bound{number}:" if namespaces[f"bound{number}"] else ""
        element = _child(service, "port", {}, name=port, binding=prefix + full.rpartition("}")[2])
        etree.SubElement(element, f"{{{version}}}address", location="", nsmap={"soap": version})


def _bind(definitions: Definitions, port_type: Definition) -> str:
    """Add a binding of a port type; return its full name."""
    root = definitions.sources[0].root
    own, soap = root.get("targetNamespace", ""), xml.WSDL_SOAP_11
    namespace = port_type.source.root.get("targetNamespace", "")
    declared = {"bound": namespace, "soap": soap} if namespace else {"soap": soap}
    named = f"bound:{port_type.name}" if namespace else port_type.name
    binding = _child(root, "binding", declared, name=f"{port_type.name}Soap", type=named)
    etree.SubElement(binding, f"{{{soap}}}binding", style=DOCUMENT, transport=xml.SOAP_HTTP)
    for operation in port_type.element.findall(f"{{{xml.WSDL}}}operation"):
        name = operation.get("name", "")
        bound = _child(binding, "operation", {}, name=name)
        style = _style(definitions, port_type, operation)
        etree.SubElement(bound, f"{{{soap}}}operation", soapAction=name, style=style)
        for each in operation.iterchildren(*(f"{{{xml.WSDL}}}{k}" for k in ("input", "output", "fault"))):
            _bind_message(bound, each, {"namespace": namespace} if style == RPC else {})
    return f"{{{own}}}{port_type.name}Soap"


def _bind_message(bound: etree._Element, abstract: etree._Element, rpc: dict[str, str]) -> None:
    kind, name = etree.QName(abstract).localname, abstract.get("name")
    said = _child(bound, kind, {}, **({"name": name} if name else {}))
    if kind == "fault":
        etree.SubElement(said, f"{{{xml.WSDL_SOAP_11}}}fault", {"name": name or "", "use": "literal"})
    else:
        etree.SubElement(said, f"{{{xml.WSDL_SOAP_11}}}body", {"use": "literal", **rpc})


def _style(definitions: Definitions, port_type: Definition, operation: etree._Element) -> str:
    """Parts with types are what rpc takes, parts with elements what document takes."""
    for each in operation.iterchildren(f"{{{xml.WSDL}}}input", f"{{{xml.WSDL}}}output"):
        found = definitions.find("message", port_type, each, each.get("message", ""))
        if found is not None and found[1].element.find(f"{{{xml.WSDL}}}part[@type]") is not None:
            return RPC
    return DOCUMENT


def _child(parent: etree._Element, kind: str, declared: dict[str, str], **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{xml.WSDL}}}{kind}", attributes, nsmap={"wsdl": xml.WSDL, **declared})
