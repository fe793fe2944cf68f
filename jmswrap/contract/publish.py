"""What ``?wsdl`` and ``?xsd=FILE`` serve: the contract's files, at the configured address.

Everything is made once, at the start. Files are found by name in a table, so no name
leads anywhere else.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lxml import etree

from jmswrap import xml
from jmswrap.contract.documents import Source, local, references
from jmswrap.contract.schemaset import SchemaSet

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
        sources = SchemaSet(wsdl).sources
        self._names = _names(sources)
        documents = {self._names[s.path]: _document(self._rewritten(s)) for s in sources}
        self._wsdl = documents.pop(self._names[sources[0].path])
        self._files = documents

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

    def _rewritten(self, source: Source) -> etree._Element:
        for reference in list(references(source.root)):
            path = local(source.path, reference.location)
            if path in self._names:
                reference.element.set(reference.attribute, f"{self._address}?xsd={quote(self._names[path])}")
        for element in source.root.iter(*_ADDRESSES):
            element.set("location", self._address)
        return source.root


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
