"""The definitions of a WSDL and the WSDLs it imports, found by their qualified names."""

from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.contract.documents import Source, qualified, wsdl_sources
from jmswrap.contract.nouns import Place

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Definition:
    """A message, port type, binding or service, with the file it stands in."""

    source: Source
    element: etree._Element

    @property
    def name(self) -> str:
        """Its local name."""
        return self.element.get("name", "")

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.source.place(self.element)


class Definitions:
    """Every definition of a contract; lookups cross files and namespaces."""

    def __init__(self, wsdl: Path) -> None:
        self.sources = wsdl_sources(wsdl)
        self._found: dict[Key, Definition] = {}
        for source in self.sources:
            namespace = source.root.get("targetNamespace", "")
            for kind in ("message", "portType", "binding", "service"):
                for element in source.root.findall(f"{{{xml.WSDL}}}{kind}"):
                    name = f"{{{namespace}}}{element.get('name', '')}"
                    self._found.setdefault((kind, name), Definition(source, element))

    def all(self, kind: str) -> list[Definition]:
        """Return every definition of a kind, in the order of the files."""
        return [d for (k, _), d in self._found.items() if k == kind]

    def find(self, kind: str, at: Definition, element: etree._Element, name: str) -> tuple[str, Definition] | None:
        """Return the definition a QName means, with its full name.

        A name without a prefix whose default namespace has no such definition means the
        target namespace: several widespread tools write that, all tools read it.
        """
        full = qualified(element, name, at.source)
        own = f"{{{at.source.root.get('targetNamespace', '')}}}{name.strip().rpartition(':')[2]}"
        for candidate in (full, own):
            if candidate == full or ":" not in name:
                found = self._found.get((kind, candidate))
                if found is not None:
                    return candidate, found
        return None
