"""From a contract to the arguments of a call, in the JSON that the kit's scripts take."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from lxml import etree

from jmswrap import xml
from jmswrap.contract.nouns import Operation
from jmswrap.contract.reading import read
from jmswrap.contract.sample import Sampler
from jmswrap.contract.schemas import Schemas
from jmswrap.errors import ContractError, InvalidDocument
from tests.interop.toolchains import Toolchain

FEW = 6
"""A call carries about this many values: enough to be a typed one."""
MOST_TRIED = 25
_XSI = f"{{{xml.XSI}}}"
_AWKWARD = 100
_OWN = "{urn:jmswrap:test}own"
_LONGEST_NAME = "soaplite"


def asked(wsdl: Path) -> tuple[Operation, etree._Element]:
    """Return the operation that is called, the one with the plainest request, and its request."""
    schemas = Schemas.of(wsdl)
    sampler = Sampler(wsdl, schemas)
    found: list[tuple[int, int, Operation, etree._Element]] = []
    for number, operation in enumerate(read(wsdl).port().usable[:MOST_TRIED]):
        try:
            request = _marked(_pruned(sampler.sample(operation.element), schemas), schemas)
        except ContractError:
            continue
        found.append((_cost(request), number, operation, request))
        if found[-1][0] == 0:
            break
    _, _, operation, request = min(found, key=lambda one: one[:2])
    return operation, request


def written(request: etree._Element, tool: Toolchain) -> str:
    """Return a request's content as the JSON that a toolchain's script takes."""
    value = _value(request, tool)
    return json.dumps(value if isinstance(value, dict) else {}, ensure_ascii=False)


def _value(element: etree._Element, tool: Toolchain) -> Any:
    held: dict[str, Any] = {
        tool.attribute.format(etree.QName(name).localname): value
        for name, value in element.attrib.items()
        if not str(name).startswith(_XSI) and name != _OWN
    }
    for child in element.iterchildren("*"):
        name = etree.QName(child)
        key = name.localname if tool.typed else f"{{{name.namespace or ''}}}{name.localname}"
        value = _value(child, tool)
        if key in held:
            before = held[key]
            held[key] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            held[key] = value
    if len(element):
        return held
    text = tool.name if element.get(_OWN) else element.text or ""
    if held and text.strip():
        held[tool.text] = text
    return held or text


def _pruned(request: etree._Element, schemas: Schemas) -> etree._Element:
    """Leave out what need not be there, until few values are left: the awkward first."""
    for attribute, owner in [(a, e) for e in request.iter("*") for a in e.attrib]:
        value = owner.attrib.pop(attribute)
        if not _valid(request, schemas):
            owner.set(attribute, value)
    for awkward in (True, False):
        for element in list(request.iterdescendants("*"))[::-1]:
            if not awkward and sum(1 for _ in _leaves(request)) <= FEW:
                return request
            parent = element.getparent()
            if parent is not None and (not awkward or _awkward(element)):
                place = parent.index(element)
                parent.remove(element)
                if not _valid(request, schemas):
                    parent.insert(place, element)
    return request


def _marked(request: etree._Element, schemas: Schemas) -> etree._Element:
    """Mark the texts that each toolchain writes its own name in: ids must differ where bodies do."""
    leaves = [e for e in _leaves(request) if e.text == "text"]
    own = [leaf for leaf in leaves if _may_be(leaf, _LONGEST_NAME, request, schemas)]
    for leaf in own:
        leaf.set(_OWN, "yes")
    return request


def _may_be(leaf: etree._Element, text: str, request: etree._Element, schemas: Schemas) -> bool:
    before, leaf.text = leaf.text, text
    fits = _valid(request, schemas)
    leaf.text = before
    return fits


def derived_types(request: etree._Element) -> bool:
    """Whether a request cannot do without ``xsi:type``."""
    return any(f"{_XSI}type" in e.attrib for e in request.iter("*"))


def _valid(request: etree._Element, schemas: Schemas) -> bool:
    try:
        schemas.validate(deepcopy(request), str(request.tag))
    except InvalidDocument:
        return False
    return True


def _leaves(request: etree._Element) -> Iterator[etree._Element]:
    return (e for e in request.iter("*") if len(e) == 0 and (e.text or "").strip())


def _awkward(element: etree._Element) -> bool:
    """Whether JSON cannot say it alike for all tools: attributes, nothing inside, repeated."""
    alike = [e for e in element.itersiblings("*") if e.tag == element.tag]
    empty = len(element) == 0 and not (element.text or "").strip()
    return any(name != _OWN for name in element.attrib) or empty or bool(alike)


def _cost(request: etree._Element) -> int:
    awkward = sum(_AWKWARD for e in request.iterdescendants("*") if _awkward(e))
    awkward += 10 * _AWKWARD * derived_types(request)
    leaves = sum(1 for _ in _leaves(request))
    return awkward + (0 if 2 <= leaves <= FEW else {0: 50, 1: 10}.get(leaves, leaves))
