"""What ``?wsdl`` and ``?xsd=FILE`` serve: the contract's files, at the configured address.

Everything is made once, at the start. Files are found by name in a table, so no name
leads anywhere else.
"""

import hashlib
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from lxml import etree

from jmswrap import xml
from jmswrap.contract.documents import INCLUDE, REDEFINE, Reference, Source, local, references
from jmswrap.contract.schemaset import SchemaSet
from jmswrap.contract.ungrouping import groups_of, ungroup

MEDIA_TYPE = "text/xml; charset=utf-8"
_ADDRESSES = (f"{{{xml.WSDL_SOAP_11}}}address", f"{{{xml.WSDL_SOAP_12}}}address")


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it is served."""

    content: bytes
    etag: str
    """A strong entity tag, with its quotes."""
    media_type: str = MEDIA_TYPE


class Published:
    """A contract's documents, ready to serve."""

    def __init__(self, wsdl: Path, address: str) -> None:
        self._address = address
        schemas = SchemaSet(wsdl)
        sources = schemas.sources
        self._groups = groups_of(schemas)
        self._sources = {source.path: source for source in sources}
        self._plain = _names(sources)
        self._names: dict[tuple[Path, str], str] = {}
        self._files: dict[str, Document] = {}
        self._first = first = self._name(sources[0].path, "")
        # Grows while it is gone through.
        for path, adopted in (met := list(self._names)):
            self._files[self._names[path, adopted]] = _document(self._rewritten(self._sources[path], adopted))
            met += [key for key in self._names if key not in met]
        self._wsdl = self._files.pop(first)

    def wsdl(self) -> Document:
        """Return what ``?wsdl`` serves."""
        return self._wsdl

    def file(self, name: str) -> Document | None:
        """Return what ``?xsd=name`` serves; none when the contract has no such file."""
        return self._files.get(name)

    @property
    def files(self) -> tuple[str, ...]:
        """The names that ``file`` knows."""
        return tuple(self._files)

    def _name(self, path: Path, adopted: str) -> str:
        """Name a file by the namespace it adopts: PHP reads each address once, whoever includes it."""
        name, number = self._plain[path], 2
        while (path, adopted) not in self._names and name in self._names.values():
            name, number = f"{number}-{self._plain[path]}", number + 1
        return self._names.setdefault((path, adopted), name)

    def _rewritten(self, source: Source, adopted: str) -> etree._Element:
        root = deepcopy(source.root.getroottree()).getroot()
        for reference in list(references(root)):
            path = local(source.path, reference.location)
            if path in self._sources:
                name = self._name(path, _adopted(reference, self._sources[path], adopted))
                query = "wsdl" if name == self._first else f"xsd={quote(name)}"
                reference.element.set(reference.attribute, f"{self._address}?{query}")
        ungroup(root, adopted, self._groups)
        root = _settled(root, adopted)
        for element in root.iter(*_ADDRESSES):
            element.set("location", self._address)
        return root


def wanted_file(query: bytes) -> str | None:
    """Return what a query asks of a service: ``wsdl``, the name of an XSD, or None for the page."""
    fields = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    for name, values in fields.items():
        if name.lower() == "wsdl":
            return "wsdl"
        if name.lower() == "xsd":
            return f"xsd={values[0]}"
    return None


def _settled(root: etree._Element, adopted: str) -> etree._Element:
    """Give a schema the namespace that it adopts: zeep loses names without a prefix on the way."""
    if not adopted or root.nsmap.get(None):
        return root
    prefixes: Any = {None: adopted, **root.nsmap}  # the stubs know of no default namespace
    settled = etree.Element(str(root.tag), {"targetNamespace": adopted}, prefixes)
    for name, value in root.attrib.items():
        settled.set(name, value)
    settled.text = root.text
    settled.extend(list(root))
    return settled


def _adopted(reference: Reference, target: Source, adopted: str) -> str:
    """Return the namespace that a schema without one takes from who includes it."""
    owner = reference.element.getparent()
    if owner is None or reference.element.tag not in (INCLUDE, REDEFINE) or target.root.get("targetNamespace"):
        return ""
    return owner.get("targetNamespace") or adopted


def _names(sources: tuple[Source, ...]) -> dict[Path, str]:
    """Name each file as it lies beside the WSDL; files elsewhere get a name of their own."""
    home = sources[0].path.parent
    names: dict[Path, str] = {}
    for source in sources:
        inside = source.path.is_relative_to(home)
        wanted = source.path.relative_to(home).as_posix() if inside else source.path.name
        name, number = wanted, 2
        while name in names.values():
            name, number = f"{number}-{wanted}", number + 1
        names[source.path] = name
    return names


def _document(root: etree._Element) -> Document:
    content = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True) + b"\n"
    return Document(content, f'"{hashlib.sha256(content).hexdigest()}"')
