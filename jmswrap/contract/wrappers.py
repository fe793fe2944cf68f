"""Every schema of a contract with the elements that are derived for it.

A derived element is the wrapper of an rpc body, or of a document body with no part or
several. Its schema stands where the inline ones stand, so that validation, samples and the
published WSDL know it like any other.
"""

from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import quoteattr

from lxml import etree

from jmswrap import xml
from jmswrap.contract import unencoded
from jmswrap.contract.documents import DEFINITIONS, Source
from jmswrap.contract.nouns import ENCODED, Body, Contract, Part
from jmswrap.contract.reading import read
from jmswrap.contract.schemaset import SchemaSet


def schema_set(wsdl: Path, contract: Contract | None = None) -> SchemaSet:
    """Return the schemas of a local WSDL with the derived ones.

    Where bodies are encoded, what SOAP's encoding adds to the schemas is turned into plain
    XSD (``unencoded.py``): arrays become repeated elements.
    """
    schemas = SchemaSet(wsdl)
    bodies = list(derived_bodies(contract or read(wsdl)))
    if any(b.form == ENCODED for b in bodies):
        unencoded.convert(schemas)
    for namespace in dict.fromkeys(_split(b.element)[0] for b in bodies):
        text = _schema(namespace, [b for b in bodies if _split(b.element)[0] == namespace], schemas)
        types = f'<w:definitions xmlns:w="{xml.WSDL}"><w:types>{text}</w:types></w:definitions>'
        root = etree.fromstring(types.encode(), xml.parser())
        assert root.tag == DEFINITIONS
        schemas.add(Source(wsdl.resolve(), root))
    unencoded.leave_out_unused(schemas)
    return schemas


def derived_bodies(contract: Contract) -> Iterable[Body]:
    """Return each derived body of a contract once."""
    found: dict[str, Body] = {}
    for port in contract.ports:
        for operation in port.operations.values():
            for body in (operation.request, operation.reply):
                if body is not None:
                    found.setdefault(body.element, body)
    return found.values()


def _split(name: str) -> tuple[str, str]:
    namespace, _, local = name.rpartition("}")
    return namespace[1:], local


def _schema(namespace: str, bodies: list[Body], schemas: SchemaSet) -> str:
    parts = [part for body in bodies for part in body.parts]
    used = dict.fromkeys(_split(_plain(part))[0] for part in parts)
    prefixes = {n: f"t{i}" for i, n in enumerate((n for n in used if n not in ("", xml.XSD)), 1)}
    declared = "".join(f" xmlns:{p}={quoteattr(n)}" for n, p in prefixes.items())
    prefixes[xml.XSD] = "xs"
    imports = "".join(_import(n, schemas) for n in used if n not in (xml.XSD, namespace))
    elements = "".join(_element(body, prefixes) for body in bodies)
    return (
        f'<xs:schema xmlns:xs="{xml.XSD}"{declared} targetNamespace={quoteattr(namespace)}>'
        f"{imports}{elements}\n      </xs:schema>"
    )


def _import(namespace: str, schemas: SchemaSet) -> str:
    chunk = next((c for c in schemas.chunks if c.namespace == namespace and not c.redefined), None)
    file = "" if chunk is None or chunk.inline else f" schemaLocation={quoteattr(chunk.source.path.name)}"
    said = f" namespace={quoteattr(namespace)}" if namespace else ""
    return f"\n        <xs:import{said}{file}/>"


def _element(body: Body, prefixes: dict[str, str]) -> str:
    inner = "".join(f"\n            {_particle(p, prefixes)}" for p in body.parts)
    content = f"\n          <xs:sequence>{inner}\n          </xs:sequence>" if inner else ""
    name = quoteattr(_split(body.element)[1])
    return (
        f"\n        <xs:element name={name}>\n        <xs:complexType>{content}\n        </xs:complexType>"
        "\n        </xs:element>"
    )


def _plain(part: Part) -> str:
    return part.element or unencoded.plain_type(part.type)


def _particle(part: Part, prefixes: dict[str, str]) -> str:
    namespace, local = _split(_plain(part))
    name = quoteattr(f"{prefixes[namespace]}:{local}" if namespace else local)
    if part.element:
        return f"<xs:element ref={name}/>"
    return f"<xs:element name={quoteattr(part.name)} type={name}/>"
