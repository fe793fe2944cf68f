"""A WSDL laid out for the rules of ``jmswrap lint``: its documents, bindings and schemas."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.contract.components import Components
from jmswrap.contract.definitions import Definition, Definitions
from jmswrap.contract.documents import DEFINITIONS, Source
from jmswrap.contract.nouns import Contract
from jmswrap.contract.reading import read
from jmswrap.contract.schemaset import SchemaSet

SOAPS = (xml.WSDL_SOAP_11, xml.WSDL_SOAP_12)


@dataclass(frozen=True, slots=True)
class Bound:
    """An operation of a SOAP binding as it stands in the file."""

    binding: Definition
    element: etree._Element
    soap: str
    """The namespace of the SOAP binding's elements."""
    style: str

    @property
    def name(self) -> str:
        """The operation's name."""
        return self.element.get("name", "")

    def place(self, element: etree._Element | None = None) -> str:
        """Return where the operation, or something in it, stands."""
        return str(self.binding.source.place(self.element if element is None else element))

    def sides(self) -> list[etree._Element]:
        """Return its input and output as far as they are bound."""
        return [e for e in self.element if e.tag in (f"{{{xml.WSDL}}}input", f"{{{xml.WSDL}}}output")]


@dataclass(frozen=True, slots=True)
class Subject:
    """All a rule may look at."""

    wsdl: Path
    contract: Contract
    definitions: Definitions
    schemas: SchemaSet
    components: Components

    @classmethod
    def of(cls, wsdl: Path) -> "Subject":
        """Read a local WSDL; ``ContractError`` when it cannot be read at all."""
        schemas = SchemaSet(wsdl)
        return cls(wsdl, read(wsdl), Definitions(wsdl), schemas, Components(schemas))

    @property
    def wsdls(self) -> list[Source]:
        """The WSDL documents."""
        return [s for s in self.definitions.sources if s.root.tag == DEFINITIONS]

    def bound(self) -> Iterator[Bound]:
        """Yield every operation of every SOAP binding."""
        for binding in self.definitions.all("binding"):
            for soap in SOAPS:
                said = binding.element.find(f"{{{soap}}}binding")
                if said is None:
                    continue
                for element in binding.element.findall(f"{{{xml.WSDL}}}operation"):
                    own = element.find(f"{{{soap}}}operation")
                    style = (None if own is None else own.get("style")) or said.get("style") or "document"
                    yield Bound(binding, element, soap, style)
