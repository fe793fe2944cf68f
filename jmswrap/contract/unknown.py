"""Find what a partner's reply has and its contract has not."""

from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.contract.schemas import Schemas
from jmswrap.contract.wrappers import schema_set

_ELEMENT = f"{{{xml.XSD}}}element"


class UnknownElements:
    """A contract's eye for elements that it does not know. For several threads."""

    def __init__(self, wsdl: Path) -> None:
        """Compile the schemas of a pinned WSDL; ContractError."""
        self._schemas = Schemas.of(wsdl)
        chunks = schema_set(wsdl).chunks
        self._namespaces = {chunk.namespace for chunk in chunks}
        self._names = {str(e.get("name")) for chunk in chunks for e in chunk.schema.iter(_ELEMENT) if e.get("name")}

    def of(self, element: etree._Element) -> tuple[str, ...]:
        """Return the names in a reply that stand where the schemas expect none and that these declare nowhere.

        What stands where anything may stand (``xs:any``) is no news, nor is a known element in another place.
        """
        return tuple(dict.fromkeys(name for name in self._schemas.unexpected(element) if not self._knows(name)))

    def _knows(self, name: str) -> bool:
        namespace, _, local = name.rpartition("}")
        return local in self._names and (not namespace or namespace[1:] in self._namespaces)
