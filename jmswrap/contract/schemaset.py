"""Every schema of a contract: inline ones, files, and what they include, each in its namespace.

A chameleon (a schema without a namespace that is included) appears once for each
namespace that includes it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.contract import wellknown
from jmswrap.contract.documents import (
    DEFINITIONS,
    IMPORT,
    MOST_FILES,
    REDEFINE,
    Reference,
    Source,
    inline_schemas,
    load,
    local,
    parse,
    schema_references,
    wsdl_sources,
)
from jmswrap.errors import ContractError

REFERRING = ("ref", "type", "base", "itemType", "memberTypes", "substitutionGroup", "refer")
"""The attributes of a schema that name components."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One schema element and the namespace its components belong to."""

    source: Source
    schema: etree._Element
    namespace: str
    redefined: bool
    """Reached by xs:redefine only: the redefining chunk brings it in."""

    @property
    def label(self) -> str:
        """What errors call it."""
        return str(self.source.place(self.schema)) if self.inline else str(self.source.path)

    @property
    def inline(self) -> bool:
        """Whether it stands inside a WSDL."""
        return self.schema is not self.source.root


class SchemaSet:
    """All chunks of a contract in the order they are met."""

    def __init__(self, wsdl: Path) -> None:
        self._files: dict[Path, Source] = {s.path: s for s in wsdl_sources(wsdl)}
        self.imported_as_wsdl = tuple(s for s in self._files.values() if s.root.tag != DEFINITIONS)
        """Schema files that a wsdl:import names."""
        self._chunks: dict[tuple[int, str], Chunk] = {}
        self._open: list[tuple[Source, Reference]] = []
        # A list of what is still to be entered, not recursion: chains of includes may be long.
        self._waiting = [(source, "", False) for source in self._files.values()]
        self._enter_waiting()
        self._supply()

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """Every schema, once for each namespace it serves."""
        return tuple(self._chunks.values())

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The target namespaces, in the order they are met."""
        return tuple(dict.fromkeys(c.namespace for c in self._chunks.values()))

    @property
    def elements(self) -> frozenset[str]:
        """The names of all global elements."""
        return frozenset(
            f"{{{c.namespace}}}{e.get('name')}" if c.namespace else e.get("name", "")
            for c in self._chunks.values()
            for e in c.schema.iterchildren(f"{{{xml.XSD}}}element")
        )

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files that were read, WSDLs first; not the schemas that jmswrap supplied."""
        return tuple(self._files.values())

    def add(self, source: Source) -> None:
        """Enter the schemas of a document that is no file of the contract."""
        self._enter(source, "", False)
        self._enter_waiting()

    def drop(self, namespace: str) -> None:
        """Leave a namespace out: its schemas, and the files that hold nothing else."""
        self._chunks = {key: c for key, c in self._chunks.items() if c.namespace != namespace}
        self._files = {
            path: s
            for path, s in self._files.items()
            if s.root.tag == DEFINITIONS or s.root.get("targetNamespace") != namespace
        }

    def _enter_waiting(self) -> None:
        while self._waiting:
            self._enter(*self._waiting.pop(0))

    def _enter(self, source: Source, including: str, redefined: bool) -> None:
        for schema in inline_schemas(source.root):
            namespace = schema.get("targetNamespace", "") or including
            key = (id(schema), namespace)
            known = self._chunks.get(key)
            if known is not None and (redefined or not known.redefined):
                continue
            self._chunks[key] = Chunk(source, schema, namespace, redefined)
            for reference in schema_references(schema):
                self._follow(source, reference, namespace)

    def _follow(self, source: Source, reference: Reference, namespace: str) -> None:
        path = local(source.path, reference.location)
        if path is None:
            self._open.append((source, reference))
            return
        if path not in self._files:
            if len(self._files) >= MOST_FILES:
                raise ContractError(f"{source.path} leads to more than {MOST_FILES} files; it looks endless.")
            self._files[path] = self._load(path, source, reference)
        including = "" if reference.element.tag == IMPORT else namespace
        self._waiting.append((self._files[path], including, reference.element.tag == REDEFINE))

    def _load(self, path: Path, source: Source, reference: Reference) -> Source:
        if not path.is_file():
            place = source.place(reference.element)
            raise ContractError(f"{place}: the schema {reference.location} is not there; add the file.")
        return load(path)

    def _supply(self) -> None:
        """Bring in the shipped schemas for what is referred to but is in no file."""
        for source, reference in self._open:
            name = reference.namespace
            if name not in self.namespaces and not wellknown.file_name(name):
                place = source.place(reference.element)
                raise ContractError(f"{place} needs the schema {reference.location}; pin the contract with it.")
        while wanted := self._shipped_and_wanted():
            for name in wanted:
                path = Path(wellknown.file_name(name))
                self._enter(Source(path, parse(wellknown.content(name), str(path))), "", False)
                self._enter_waiting()

    def _shipped_and_wanted(self) -> list[str]:
        wanted = {n for c in self._chunks.values() for n in referred_namespaces(c.schema)}
        return sorted(n for n in wanted - set(self.namespaces) if wellknown.file_name(n))


def referred_names(schema: etree._Element) -> Iterable[tuple[etree._Element, str]]:
    """Return each QName by which a schema refers to a component, with the element that says it."""
    for element in schema.iter(f"{{{xml.XSD}}}*"):
        for attribute in REFERRING:
            for name in (element.get(attribute) or "").split():
                yield element, name


def referred_namespaces(schema: etree._Element) -> frozenset[str]:
    """Return the namespaces that a schema's references lie in; ``""`` for no namespace."""
    found = set()
    for element, name in referred_names(schema):
        prefix = name.rpartition(":")[0]
        found.add(xml.XML_NAMESPACE if prefix == "xml" else element.nsmap.get(prefix or None) or "")
    return frozenset(found - {xml.XSD})
