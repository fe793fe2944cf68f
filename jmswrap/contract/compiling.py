"""Compile the schemas of a contract with libxml2, repairing what it would stumble over.

libxml2 takes one document a namespace and ignores further imports of it, and it wants
every namespace imported where it is used. So each namespace gets a driver that includes
all its chunks, and each chunk gets exactly the imports it uses. The copies live in memory;
the published files are not touched.
"""

import re
from typing import Any, Protocol

from lxml import etree

from jmswrap import xml
from jmswrap.contract.documents import IMPORT, INCLUDE, line_of, local, schema_references
from jmswrap.contract.loosening import loosened
from jmswrap.contract.schemaset import Chunk, SchemaSet, referred_namespaces
from jmswrap.errors import ContractError

_BASE = "jmswrap:/"
_NOT_IMPORTED = re.compile(r"components in (?:the namespace '([^']*)'|no namespace) are not allowed")
_DRAFT = re.compile(r"http://www\.w3\.org/(?:1999|2000/10)/XMLSchema")


class Entry(Protocol):
    """One line of an lxml error log."""

    filename: str
    line: int
    message: str
    level_name: str
    path: str | None


def error_entries(log: Any) -> list[Entry]:
    """Return the entries of an lxml error log, whose type the stubs do not say."""
    return list(log)


class _Copies(etree.Resolver):
    """Serves the compiled copies by name; anything else is an empty document."""

    def __init__(self) -> None:
        self.texts: dict[str, bytes] = {}

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:  # type: ignore[override]
        """Answer libxml2's request for a document."""
        text = self.texts.get(system_url)
        if text is None:
            return self.resolve_empty(context)  # type: ignore[attr-defined]
        return self.resolve_string(text, context, base_url=system_url)


class _Compiler:
    def __init__(self, schemas: SchemaSet) -> None:
        self.chunks = schemas.chunks
        self.names = {id(c): f"{_BASE}chunk-{number}.xsd" for number, c in enumerate(self.chunks)}
        self.loosened: list[str] = []
        self.drivers = {n: f"{_BASE}namespace-{number}.xsd" for number, n in enumerate(schemas.namespaces)}

    def compile(self) -> etree.XMLSchema:
        copies = _Copies()
        for chunk in self.chunks:
            copies.texts[self.names[id(chunk)]] = self.copy(chunk)
        for namespace, name in self.drivers.items():
            # Two addresses often bring one schema twice; libxml2 would call it a redefinition.
            included = {
                copies.texts[self.names[id(c)]]: self.names[id(c)]
                for c in reversed(self.chunks)
                if c.namespace == namespace and not c.redefined
            }
            includes = [(INCLUDE, {"schemaLocation": copy}) for copy in reversed(included.values())]
            copies.texts[name] = _driver(namespace, includes)
        driver = _driver("urn:jmswrap:driver", [(IMPORT, self.importing(n)) for n in self.drivers])
        while True:
            parser = xml.parser()
            parser.resolvers.add(copies)
            try:
                return etree.XMLSchema(etree.fromstring(driver, parser))
            except etree.XMLSchemaParseError as error:
                if not self.loosen(error, copies):
                    raise ContractError(self.explain(error, copies)) from error

    def loosen(self, error: etree.XMLSchemaParseError, copies: _Copies) -> bool:
        """Open the content models libxml2 finds ambiguous; say whether anything changed."""
        before = len(self.loosened)
        for entry in error_entries(error.error_log):
            chunk = next((c for c in self.chunks if self.names[id(c)] == entry.filename), None)
            if chunk is None or "not determinist" not in entry.message:
                continue
            place = f"{chunk.source.path}:{_original_line(chunk, copies.texts[entry.filename], entry.line)}"
            opened = loosened(copies.texts[entry.filename], entry.line)
            if opened is not None and place not in self.loosened:
                copies.texts[entry.filename] = opened
                self.loosened.append(place)
        return len(self.loosened) > before

    def importing(self, namespace: str) -> dict[str, str]:
        named = {"namespace": namespace} if namespace else {}
        return {**named, "schemaLocation": self.drivers[namespace]}

    def copy(self, chunk: Chunk) -> bytes:
        root = etree.fromstring(xml.standalone(chunk.schema), xml.parser())
        for element in root.findall(IMPORT) + root.findall(INCLUDE):
            root.remove(element)
        for reference in schema_references(root):
            reference.element.set("schemaLocation", self.redefined(chunk, reference.location))
        wanted = sorted((referred_namespaces(root) & self.drivers.keys()) - {chunk.namespace})
        if not root.get("targetNamespace"):
            wanted = [n for n in wanted if n]
        for namespace in reversed(wanted):
            root.insert(0, etree.Element(IMPORT, self.importing(namespace)))
        return etree.tostring(root, encoding="utf-8")

    def redefined(self, chunk: Chunk, location: str) -> str:
        path = local(chunk.source.path, location)
        for other in self.chunks:
            if other.source.path == path and other.namespace == chunk.namespace:
                return self.names[id(other)]
        raise ContractError(f"{chunk.label} redefines {location}, which is no schema of its namespace; correct it.")

    def explain(self, error: etree.XMLSchemaParseError, copies: _Copies) -> str:
        entry = next((e for e in error_entries(error.error_log) if e.level_name != "WARNING"), None)
        if entry is None:
            return f"The schemas cannot be compiled ({error}); correct them."
        chunk = next((c for c in self.chunks if self.names[id(c)] == entry.filename), None)
        message = " ".join(entry.message.split())
        if chunk is None:
            return f"The schemas cannot be compiled: {message}"
        line = _original_line(chunk, copies.texts[entry.filename], entry.line)
        place = f"{chunk.source.path}:{line}"
        nowhere = _NOT_IMPORTED.search(message)
        if nowhere is not None:
            namespace = nowhere.group(1) or "no namespace"
            what = f"the schema uses names of {namespace}, which no schema of the contract declares"
            remedy = f"write {xml.XSD}" if _DRAFT.fullmatch(namespace) else "add that schema, or correct the prefix"
            return f"{place}: {what}; {remedy}."
        return f"{place}: the schema cannot be compiled: {message}"


def _driver(namespace: str, references: list[tuple[str, dict[str, str]]]) -> bytes:
    root = etree.Element(f"{{{xml.XSD}}}schema", {"targetNamespace": namespace} if namespace else {}, {"xs": xml.XSD})
    for tag, attributes in references:
        etree.SubElement(root, tag, attributes)
    return etree.tostring(root, encoding="utf-8")


def _original_line(chunk: Chunk, copy: bytes, line: int) -> int:
    """Return the line in the file for a line in the copy: both hold the same elements in order."""
    copied = _components(etree.fromstring(copy, xml.parser()))
    for original, twin in zip(_components(chunk.schema), copied, strict=False):
        if line_of(twin) >= line:
            return line_of(original)
    return line_of(chunk.schema)


def _components(schema: etree._Element) -> list[etree._Element]:
    return [e for child in schema if child.tag not in (IMPORT, INCLUDE) for e in child.iter("*")]


def compiled(schemas: SchemaSet) -> tuple[etree.XMLSchema, tuple[str, ...]]:
    """Return the contract's schemas as one libxml2 schema, and a warning for each part it opens.

    ``ContractError`` says what libxml2 refuses.
    """
    compiler = _Compiler(schemas)
    schema = compiler.compile()
    return schema, tuple(
        f"{place}: the content model is ambiguous, so its elements are checked one by one, not their order or number."
        for place in compiler.loosened
    )
