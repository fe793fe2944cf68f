"""Make schema-valid instances of a contract's elements, requests and replies alike."""

from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.contract.components import Components
from jmswrap.contract.growing import EndlessError, Grower
from jmswrap.contract.schemas import Schemas
from jmswrap.contract.wrappers import schema_set
from jmswrap.errors import ContractError, InvalidDocument

_GENEROUS = (1.0, 1.0, 0.5)
_SPARE = (0.0, 0.0, 0.0, 0.0, 0.0)
_MOST_ELEMENTS = 120


class Sampler:
    """Makes samples of one contract; compiles its schemas once."""

    def __init__(self, wsdl: Path, schemas: Schemas | None = None) -> None:
        self._wsdl = wsdl
        self._schemas = schemas or Schemas.of(wsdl)
        self._components = Components(schema_set(wsdl))

    def sample(self, element: str, seed: int = 0) -> etree._Element:
        """Return a valid instance of the global element ``{namespace}local``.

        The same seed gives the same instance. Rich instances are tried first, then bare
        ones; ``ContractError`` tells the last obstacle when none is valid.
        """
        obstacle = ""
        for number, richness in enumerate((*_GENEROUS, *_SPARE)):
            grower = Grower(self._components, seed * 1000 + number, richness, _MOST_ELEMENTS)
            try:
                grown = _apart(grower.document(element))
                self._schemas.validate(grown, str(grown.tag))
            except InvalidDocument as error:
                obstacle = str(error)
            except (EndlessError, RecursionError):
                obstacle = "it contains itself without end"
            except ContractError as error:
                obstacle = str(error)
            else:
                return grown
        raise ContractError(f"{self._wsdl}: no sample of {element} can be made ({obstacle}).")


def sample(wsdl: Path, element: str, seed: int = 0) -> etree._Element:
    """Return a valid instance of a global element of a contract; see ``Sampler.sample``."""
    return Sampler(wsdl).sample(element, seed)


def _apart(element: etree._Element) -> etree._Element:
    """Return the element as a document of its own that declares only what it uses."""
    etree.indent(element)
    alone = etree.fromstring(etree.tostring(element, encoding="utf-8", with_tail=False), xml.parser())
    types = [e.get(f"{{{xml.XSI}}}type", "") for e in alone.iter("*")]
    etree.cleanup_namespaces(alone, keep_ns_prefixes=sorted({t.partition(":")[0] for t in types if ":" in t}))
    return alone
