"""The rules of ``jmswrap lint`` on schemas."""

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from jmswrap import xml
from jmswrap.contract.components import XS, Component
from jmswrap.contract.documents import IMPORT, INCLUDE, REDEFINE, line_of, local, schema_references
from jmswrap.contract.lint_nouns import MINDED, REFUSED, Rule
from jmswrap.contract.lint_subject import Subject
from jmswrap.contract.schemaset import Chunk, referred_names, referred_namespaces
from jmswrap.contract.wellknown import file_name

_GLOBAL = ("element", "complexType", "simpleType", "group", "attributeGroup", "attribute")
_Found = Iterator[tuple[str, str]]


def _chunks(subject: Subject) -> list[Chunk]:
    """Return the chunks that are the contract's own."""
    paths = {s.path for s in subject.schemas.sources}
    return [c for c in subject.schemas.chunks if c.source.path in paths and not file_name(c.namespace)]


def _place(chunk: Chunk, element: etree._Element) -> str:
    return f"{chunk.source.path}:{line_of(element)}"


def _missing_imports(subject: Subject) -> _Found:
    for chunk in _chunks(subject):
        said = {e.get("namespace", "") for e in chunk.schema.findall(IMPORT)}
        own = {chunk.namespace, ""} if chunk.namespace else {""}
        for namespace in sorted(referred_namespaces(chunk.schema) - said - own):
            yield _place(chunk, chunk.schema), f"the schema uses {namespace} without importing it"


def _unknown_imports(subject: Subject) -> _Found:
    present = set(subject.schemas.namespaces)
    for chunk in _chunks(subject):
        for element in chunk.schema.findall(IMPORT):
            namespace = element.get("namespace", "")
            if not element.get("schemaLocation") and namespace not in present and namespace != xml.XML_NAMESPACE:
                yield _place(chunk, element), f"the import of {namespace} says no file, and no schema here has it"


def _spread(subject: Subject) -> _Found:
    """A name of one's own namespace that stands in a schema that is not included."""
    homes: dict[str, list[Chunk]] = {}
    for chunk in subject.schemas.chunks:
        for node in chunk.schema.iterchildren(*(f"{XS}{kind}" for kind in _GLOBAL)):
            homes.setdefault(f"{{{chunk.namespace}}}{node.get('name')}", []).append(chunk)
    for chunk in _chunks(subject):
        reach = _reached(chunk, subject)
        for element, name in referred_names(chunk.schema):
            full = Component(element, chunk).qualified(name)
            found = homes.get(full, [])
            if full.startswith(f"{{{chunk.namespace}}}") and found and not any(id(c.schema) in reach for c in found):
                yield (
                    _place(chunk, element),
                    f"{name} stands in another schema of the same namespace, not included here",
                )
                break


def _reached(chunk: Chunk, subject: Subject) -> set[int]:
    """Return the schemas of a namespace that include each other, this one among them."""
    members = [c for c in subject.schemas.chunks if c.namespace == chunk.namespace]
    edges = {id(c.schema): _included(c, members) for c in members}
    found = {id(chunk.schema)}
    while grown := {
        i for i, targets in edges.items() if i not in found and (targets & found or any(i in edges[f] for f in found))
    }:
        found |= grown
    return found


def _included(chunk: Chunk, members: list[Chunk]) -> set[int]:
    paths = {
        local(chunk.source.path, r.location)
        for r in schema_references(chunk.schema)
        if r.element.tag in (INCLUDE, REDEFINE)
    }
    return {id(c.schema) for c in members if c.source.path in paths and not c.inline}


def _encoded_arrays(subject: Subject) -> _Found:
    for chunk in _chunks(subject):
        for element in chunk.schema.iter(f"{XS}restriction", f"{XS}extension"):
            if Component(element, chunk).qualified(element.get("base", "")) == f"{{{xml.SOAP_ENCODING}}}Array":
                yield _place(chunk, element), "a type is a SOAP-encoded array"


def _xml_attributes(subject: Subject) -> _Found:
    for chunk in _chunks(subject):
        for element in chunk.schema.iter(f"{XS}complexType"):
            names = Counter(_xml_names(Component(element, chunk), subject, 0))
            for name in sorted(n for n, count in names.items() if count > 1):
                yield _place(chunk, element), f"a type has the attribute xml:{name} twice"


def _xml_names(holder: Component, subject: Subject, depth: int) -> Iterator[str]:
    for child in holder.children():
        if child.kind == "attribute" and child.qualified(child.get("ref")).startswith(f"{{{xml.XML_NAMESPACE}}}"):
            yield child.get("ref").rpartition(":")[2]
        elif child.kind == "attributeGroup" and child.get("ref") and depth < 20:
            group = subject.components.find("attributeGroup", child.qualified(child.get("ref")))
            if group is not None:
                yield from _xml_names(group, subject, depth + 1)
        elif child.kind in ("complexContent", "simpleContent", "extension", "restriction"):
            yield from _xml_names(child, subject, depth)


def _namespaceless(subject: Subject) -> _Found:
    for source in subject.wsdls:
        for schema in source.root.findall(f"{{{xml.WSDL}}}types/{XS}schema"):
            inside = [c for c in schema if isinstance(c.tag, str) and c.tag not in (IMPORT, f"{XS}annotation")]
            if not schema.get("targetNamespace") and inside:
                yield str(source.place(schema)), "a schema in types has no targetNamespace"


RULES = (
    Rule(
        "missing-import",
        REFUSED,
        "Oracle SOA, Xerces, .NET",
        "import each namespace where it is used",
        _missing_imports,
    ),
    Rule("import-of-nothing", REFUSED, "Xerces, JAXB", "say where the schema is", _unknown_imports),
    Rule(
        "spread-namespace", REFUSED, "Oracle SOA, JAXB, gSOAP", "include the file or put the schemas together", _spread
    ),
    Rule("encoded-array", REFUSED, ".NET, JAX-WS, WS-I R2110", "use a repeated element", _encoded_arrays),
    Rule("xml-attribute-twice", REFUSED, ".NET", "name it once", _xml_attributes),
    Rule("no-namespace", MINDED, ".NET, WS-I R2105", "give it one", _namespaceless),
)
