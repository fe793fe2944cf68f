"""Read a WSDL: ports and operations, with all it takes to host or call them.

What a SOAP port over HTTP says is read, whatever its style; ``Operation.problem`` says
why jmswrap cannot take one. Other ports (HTTP GET and POST, JMS) are passed over. zeep
is not used here: it refuses whole WSDLs for one dangling header.
"""

from dataclasses import replace
from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.contract.definitions import Definition, Definitions
from jmswrap.contract.naming import with_derived_names
from jmswrap.contract.nouns import Contract, Operation, Port
from jmswrap.contract.operations import OperationReader
from jmswrap.errors import ContractError

_SOAP = {xml.WSDL_SOAP_11: "1.1", xml.WSDL_SOAP_12: "1.2"}


def read(wsdl: Path) -> Contract:
    """Return what a local WSDL and the WSDLs it imports say."""
    definitions = Definitions(wsdl)
    warnings: list[str] = []
    ports: list[Port] = []
    for service in definitions.all("service"):
        for element in service.element.findall(f"{{{xml.WSDL}}}port"):
            port = _port(definitions, service, element, warnings)
            if port is not None:
                ports.append(port)
    if not ports:
        warnings += _other_transports(definitions)
    root = definitions.sources[0].root
    named = with_derived_names(ports, wsdl)
    return Contract(wsdl, root.get("targetNamespace", ""), named, tuple(dict.fromkeys(warnings)))


def _other_transports(definitions: Definitions) -> list[str]:
    """Say what the bindings are bound to where no port says it."""
    transports = [
        (b, soap.get("transport", ""))
        for b in definitions.all("binding")
        for n in _SOAP
        for soap in b.element.findall(f"{{{n}}}binding")
    ]
    return [
        f"{b.place}: binding {b.name} is left out, its transport is {t}."
        for b, t in transports
        if t and not _is_http(t)
    ]


def _is_http(transport: str) -> bool:
    return transport.rstrip("/").lower().endswith("http")


def _port(definitions: Definitions, service: Definition, element: etree._Element, warnings: list[str]) -> Port | None:
    found = definitions.find("binding", service, element, element.get("binding", ""))
    if found is None:
        place = service.source.place(element)
        wanted = element.get("binding")
        raise ContractError(f"{place}: port {element.get('name')} names binding {wanted}, which is nowhere.")
    binding = found[1]
    namespace = next((n for n in _SOAP if binding.element.find(f"{{{n}}}binding") is not None), None)
    if namespace is None:
        return None
    soap = binding.element.find(f"{{{namespace}}}binding")
    transport = "" if soap is None else soap.get("transport", "")
    if transport and not _is_http(transport):
        warnings.append(f"{binding.place}: port {element.get('name')} is left out, its transport is {transport}.")
        return None
    address = element.find(f"{{{namespace}}}address")
    port_type = _port_type(definitions, binding)
    operations = _operations(definitions, binding, port_type, namespace, warnings)
    return Port(
        service=service.name,
        name=element.get("name", ""),
        soap_version=_SOAP[namespace],
        address="" if address is None else address.get("location", "").strip(),
        port_type=port_type.name,
        operations=operations,
        place=service.source.place(element),
    )


def _port_type(definitions: Definitions, binding: Definition) -> Definition:
    found = definitions.find("portType", binding, binding.element, binding.element.get("type", ""))
    if found is None:
        wanted = binding.element.get("type")
        raise ContractError(f"{binding.place}: binding {binding.name} is of port type {wanted}, which is nowhere.")
    return found[1]


def _operations(
    definitions: Definitions, binding: Definition, port_type: Definition, namespace: str, warnings: list[str]
) -> dict[str, Operation]:
    operations: dict[str, Operation] = {}
    reader = OperationReader(definitions, binding, port_type, namespace, warnings)
    for element in binding.element.findall(f"{{{xml.WSDL}}}operation"):
        operation = reader.read(element)
        if operation.name in operations:
            warnings.append(f"{operation.place}: operation {operation.name} is overloaded; only the first is taken.")
            continue
        operations[operation.name] = operation
    return _without_doubles(operations, warnings)


def _without_doubles(operations: dict[str, Operation], warnings: list[str]) -> dict[str, Operation]:
    """Two operations with one request element cannot be told apart: the first stands."""
    takers: dict[str, str] = {}
    for name, operation in operations.items():
        first = takers.setdefault(operation.element, name) if operation.element and not operation.problem else name
        if first != name:
            sentence = (
                f"{operation.place}: operation {name} takes the same element {operation.element} as operation {first}, "
                "so a request does not say which is meant; give it an element of its own."
            )
            operations[name] = replace(operation, problem=sentence)
            warnings.append(sentence)
    return operations
