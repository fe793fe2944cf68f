"""Mend a pinned contract where it breaks a rule that tools enforce.

Headers that name no message are left out, and others get a use; slips in schemas are corrected (``correcting.py``);
imports that are missing or name the wrong namespace are put right; a service or a binding that
is missing is added (``supplying.py``). Each is told in a sentence. What the contract means stays.
"""

from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.contract import wellknown
from jmswrap.contract.correcting import correct
from jmswrap.contract.definitions import Definition, Definitions
from jmswrap.contract.documents import IMPORT, INCLUDE, SCHEMA, Source, local, schema_references
from jmswrap.contract.schemaset import Chunk, SchemaSet, referred_namespaces
from jmswrap.contract.supplying import supply


def mend(wsdl: Path) -> tuple[str, ...]:
    """Mend a pinned contract in place; return what was done, a sentence each."""
    headers = _mend_headers(wsdl)
    corrections = _correct(wsdl)
    imports = _mend_imports(wsdl)
    return (*headers, *corrections, *imports, *_supply(wsdl))


def content(root: etree._Element) -> bytes:
    """Return a document as the bytes of its file."""
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True) + b"\n"


def _correct(wsdl: Path) -> list[str]:
    changed, told = correct(SchemaSet(wsdl))
    for path, source in changed.items():
        path.write_bytes(content(source.root))
    return told


def _supply(wsdl: Path) -> tuple[str, ...]:
    """Add the service that is missing after all other mending, so that no line moves."""
    definitions = Definitions(wsdl)
    told = supply(definitions)
    if told:
        wsdl.write_bytes(content(definitions.sources[0].root))
    return told


def _mend_imports(wsdl: Path) -> list[str]:
    schemas = SchemaSet(wsdl)
    told: list[str] = []
    changed: dict[Path, Source] = {}
    sources = {s.path: s for s in schemas.sources}
    for chunk in schemas.chunks:
        if chunk.source.path in sources:
            done = [*_right_namespaces(chunk, sources), *_missing_imports(chunk, schemas, wsdl.parent)]
            if done:
                changed[chunk.source.path] = chunk.source
            told += done
    for path, source in changed.items():
        path.write_bytes(content(source.root))
    return told


def _right_namespaces(chunk: Chunk, sources: dict[Path, Source]) -> list[str]:
    """An import must say the namespace of the schema it brings; of one's own, it is an include."""
    told = []
    for reference in list(schema_references(chunk.schema)):
        target = sources.get(local(chunk.source.path, reference.location) or chunk.source.path)
        if reference.element.tag != IMPORT or target is None or target.root.tag != SCHEMA:
            continue
        real, said = target.root.get("targetNamespace", ""), reference.namespace
        if real == said:
            continue
        reference.element.attrib.pop("namespace", None)  # type: ignore[call-overload]
        if real == chunk.namespace:
            reference.element.tag = INCLUDE
        elif real:
            reference.element.set("namespace", real)
        place = chunk.source.place(reference.element)
        named = [name or "no namespace" for name in (said, real)]
        told.append(f"{place}: the import of {named[0]} brings {named[1]}; it was put right.")
    return told


def _missing_imports(chunk: Chunk, schemas: SchemaSet, folder: Path) -> list[str]:
    said = {e.get("namespace", "") for e in chunk.schema.findall(IMPORT)}
    missing = referred_namespaces(chunk.schema) - said - {chunk.namespace, ""}
    told = []
    for namespace in sorted(missing & set(schemas.namespaces), reverse=True):
        added = etree.Element(IMPORT, namespace=namespace)
        location = _location(namespace, schemas, folder)
        if location:
            added.set("schemaLocation", location)
        # On the line of the schema's own tag, so that no line after it moves.
        chunk.schema.insert(0, added)
        told.append(f"{chunk.label}: the schema uses {namespace} without importing it; the import was added.")
    return told


def _location(namespace: str, schemas: SchemaSet, folder: Path) -> str:
    """Return the file that brings a namespace; none when the namespace stands inline."""
    chunk = next(c for c in schemas.chunks if c.namespace == namespace and not c.redefined)
    if chunk.inline:
        return ""
    if wellknown.file_name(namespace) == chunk.source.path.name:
        (folder / chunk.source.path.name).write_bytes(content(chunk.source.root))
    return chunk.source.path.name


def _mend_headers(wsdl: Path) -> tuple[str, ...]:
    """Replace soap:header elements whose message or part is nowhere by a comment, say which; give the others a use."""
    definitions = Definitions(wsdl)
    warnings = []
    changed: dict[Path, etree._Element] = {}
    for binding in definitions.all("binding"):
        for namespace in (xml.WSDL_SOAP_11, xml.WSDL_SOAP_12):
            for element in list(binding.element.iter(f"{{{namespace}}}header", f"{{{namespace}}}headerfault")):
                place = binding.source.place(element)
                if not _names_a_part(definitions, binding, element):
                    what = _comment_out(element)
                    warnings.append(f"{place}: the {what} is defined nowhere and left out.")
                elif not element.get("use"):
                    element.set("use", "literal")
                    warnings.append(f"{place}: the header does not say its use; literal was taken.")
                else:
                    continue
                changed[binding.source.path] = binding.source.root
    for path, root in changed.items():
        path.write_bytes(content(root))
    return tuple(warnings)


def _names_a_part(definitions: Definitions, binding: Definition, element: etree._Element) -> bool:
    found = definitions.find("message", binding, element, element.get("message", ""))
    part = element.get("part")
    return found is not None and any(p.get("name") == part for p in found[1].element.findall(f"{{{xml.WSDL}}}part"))


def _comment_out(element: etree._Element) -> str:
    parent = element.getparent()
    assert parent is not None
    what = f"header message={element.get('message')} part={element.get('part')}".replace("--", "- -")
    comment = etree.Comment(f" left out by jmswrap: {what} is defined nowhere ")
    comment.tail = element.tail
    parent.replace(element, comment)
    return what
