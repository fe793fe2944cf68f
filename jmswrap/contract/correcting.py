"""Correct the schemas of a pinned contract where they break XSD's own rules and every reader knows what is meant.

An import after components goes before them; an attribute that means nothing where it stands
goes away; a name without a prefix that only the schema's own namespace has gets its prefix;
.NET's ``ref="xs:schema"`` for a DataSet becomes a wildcard. Each is told in a sentence. No
line moves, so that places keep their numbers.
"""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

from lxml import etree

from jmswrap import xml
from jmswrap.contract import builtin_types
from jmswrap.contract.documents import IMPORT, INCLUDE, REDEFINE, Source
from jmswrap.contract.schemaset import REFERRING, Chunk, SchemaSet, referred_names

_XS = f"{{{xml.XSD}}}"
_OCCURS = ("minOccurs", "maxOccurs")
_MEANINGLESS = MappingProxyType(
    {
        f"{_XS}complexType": ("nillable", *_OCCURS),
        f"{_XS}simpleType": ("nillable", *_OCCURS),
        f"{_XS}attribute": ("nillable", *_OCCURS),
    }
)
_GLOBAL_ELEMENT = ("form", *_OCCURS)


def correct(schemas: SchemaSet) -> tuple[dict[Path, Source], list[str]]:
    """Correct the files of a set in memory; return those that changed, and a sentence for each correction."""
    files = {s.path: s for s in schemas.sources}
    changed: dict[Path, Source] = {}
    told: list[str] = []
    corrected: set[int] = set()
    for chunk in schemas.chunks:
        if chunk.source.path in files and id(chunk.schema) not in corrected:
            corrected.add(id(chunk.schema))
            done = [*_data_sets(chunk), *_late_imports(chunk), *_attributes(chunk), *_unqualified(chunk, schemas)]
            if done:
                changed[chunk.source.path] = chunk.source
            told += done
    return changed, told


def _data_sets(chunk: Chunk) -> Iterator[str]:
    """What .NET writes for a DataSet, its schema and then its rows, refers to the schema of schemas."""
    for element in chunk.schema.findall(IMPORT):
        if element.get("namespace") == xml.XSD:
            _take_out(element)
            yield f"{chunk.source.place(element)}: the import of XML Schema itself brings nothing and was left out."
    for element in chunk.schema.iter(f"{_XS}element"):
        prefix, _, local = element.get("ref", "").rpartition(":")
        if local != "schema" or element.nsmap.get(prefix or None) != xml.XSD:
            continue
        element.tag = f"{_XS}any"
        del element.attrib["ref"]
        element.set("namespace", xml.XSD)
        element.set("processContents", "skip")
        for rows in element.itersiblings(f"{_XS}any"):
            rows.set("processContents", "lax")
        yield f"{chunk.source.place(element)}: a DataSet's schema and rows are taken as any elements, unchecked."


def _late_imports(chunk: Chunk) -> Iterator[str]:
    leading = (IMPORT, INCLUDE, REDEFINE, f"{_XS}annotation")
    late = False
    for element in list(chunk.schema.iterchildren(f"{_XS}*")):
        if element.tag not in leading:
            late = True
        elif late and element.tag != f"{_XS}annotation":
            place = chunk.source.place(element)
            _take_out(element)
            chunk.schema.insert(0, element)
            what = etree.QName(element).localname
            yield f"{place}: the {what} stands after components; it was put before them."


def _attributes(chunk: Chunk) -> Iterator[str]:
    for element in chunk.schema.iter(*_MEANINGLESS, f"{_XS}element"):
        is_global = element.tag == f"{_XS}element" and element.getparent() is chunk.schema
        names = _GLOBAL_ELEMENT if is_global else _MEANINGLESS.get(str(element.tag), ())
        for name in [n for n in names if n in element.attrib]:
            del element.attrib[name]
            what = f"{'global ' if is_global else ''}{etree.QName(element).localname} {element.get('name', '')}".strip()
            yield f"{chunk.source.place(element)}: {name} means nothing on the {what} and was left out."


def _unqualified(chunk: Chunk, schemas: SchemaSet) -> Iterator[str]:
    """Give names the prefix of the schema's own namespace where only that one has such a component."""
    if not chunk.schema.get("targetNamespace"):
        return
    own = _components(schemas, chunk.namespace)
    prefixes = {n: p for p, n in chunk.schema.nsmap.items() if p}
    for element, name in [(e, n) for e, n in referred_names(chunk.schema) if n in own]:
        namespace = element.nsmap.get(None) or ""
        taken = builtin_types.NAMES if namespace == xml.XSD else _components(schemas, namespace)
        prefix = prefixes.get(chunk.namespace)
        if name in taken or prefix is None:
            continue
        for attribute in REFERRING:
            names = (element.get(attribute) or "").split()
            if name in names:
                element.set(attribute, " ".join(f"{prefix}:{n}" if n == name else n for n in names))
        yield f"{chunk.source.place(element)}: {name} has no prefix and is nowhere; that of this schema was taken."


def _components(schemas: SchemaSet, namespace: str) -> set[str]:
    return {e.get("name", "") for c in schemas.chunks if c.namespace == namespace for e in c.schema.iterchildren("*")}


def _take_out(element: etree._Element) -> None:
    """Remove an element and leave the text after it, so that no line moves."""
    parent, before = element.getparent(), element.getprevious()
    assert parent is not None
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    element.tail = None
    parent.remove(element)
