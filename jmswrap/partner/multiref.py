"""Put the values of SOAP's section 5 encoding where a reply refers to them.

Older servers write each object once, as a child of the Body with an ``id``, and ``href="#id"``
wherever it belongs. Only the wrapper is kept of a reply, so what it refers to is put into it.
"""

import copy
from collections.abc import Mapping

from lxml import etree

from jmswrap import xml
from jmswrap.errors import InvalidDocument

MOST_ELEMENTS = 100_000
"""A reply may not grow beyond this by references to references."""
MOST_DEEP = 50
_ROOT = f"{{{xml.SOAP_ENCODING}}}root"
_QNAMES = (f"{{{xml.XSI}}}type", f"{{{xml.SOAP_ENCODING}}}arrayType")
_OWN = ("id", _ROOT, f"{{{xml.SOAP_11}}}encodingStyle")


def resolved(body: etree._Element) -> etree._Element | None:
    """Return the wrapper in a SOAP body, whole; None when the body is empty. InvalidDocument when it cannot be."""
    children = list(body.iterchildren(etree.Element))
    wrapper = next((c for c in children if c.get("id") is None or c.get(_ROOT) == "1"), next(iter(children), None))
    if wrapper is None or not any(e.get("href") for e in body.iter("*")):
        return wrapper
    named = {str(e.get("id")): e for e in body.iter("*") if e.get("id")}
    _Filling(named).fill(wrapper, ())
    return wrapper


class _Filling:
    """Copies what is referred to; the originals stay as they came."""

    def __init__(self, named: Mapping[str, etree._Element]) -> None:
        self._named = {name: copy.deepcopy(element) for name, element in named.items()}
        self._prefixes = {name: _prefixes(element) for name, element in named.items()}
        self._left = MOST_ELEMENTS

    def fill(self, element: etree._Element, trail: tuple[str, ...]) -> None:
        for each in list(element.iter("*")):
            said = each.get("href") or ""
            if said.startswith("#") and len(each) == 0:
                self._put(each, said[1:], trail)

    def _put(self, each: etree._Element, name: str, trail: tuple[str, ...]) -> None:
        target = self._named.get(name)
        if target is None:
            raise InvalidDocument(f"it refers to #{name[:40]}, which is not in it")
        if name in trail or len(trail) >= MOST_DEEP:
            raise InvalidDocument(f"what it has as #{name[:40]} is in itself, or too deep")
        whole = copy.deepcopy(target)
        self._left -= sum(1 for _ in whole.iter())
        if self._left < 0:
            raise InvalidDocument(f"with what it refers to it has more than {MOST_ELEMENTS} elements")
        del each.attrib["href"]
        for attribute, value in whole.attrib.items():
            if attribute not in _OWN:
                each.set(attribute, value)
        each.text = whole.text
        each.extend(list(whole))
        self._rename(each, self._prefixes[name])
        self.fill(each, (*trail, name))

    @staticmethod
    def _rename(put: etree._Element, prefixes: Mapping[str, str]) -> None:
        """Give the names in ``xsi:type`` and its like prefixes of their new place; those of no place there go."""
        for element in put.iter("*"):
            for attribute in _QNAMES:
                prefix, colon, local = (element.get(attribute) or "").rpartition(":")
                here = {uri: known for known, uri in element.nsmap.items() if known}
                if colon and element.nsmap.get(prefix) != prefixes.get(prefix):
                    uri = prefixes.get(prefix, "")
                    if uri in here:
                        element.set(attribute, f"{here[uri]}:{local}")
                    else:
                        del element.attrib[attribute]


def _prefixes(element: etree._Element) -> dict[str, str]:
    return {prefix: uri for prefix, uri in element.nsmap.items() if prefix}
