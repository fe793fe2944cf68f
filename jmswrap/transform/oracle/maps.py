"""``dvm:lookupValue`` and ``dvm:lookupValue1M``.

A value without a row is the default the stylesheet gives, or an error where the integration's
configuration says ``DVM.NAME.ThrowException`` is true (the vendor's switch, one a map).
"""

from pathlib import Path
from typing import Any

from lxml import etree

from jmswrap.errors import TransformError, ValueNotMapped
from jmswrap.transform.dvm import ValueMap
from jmswrap.transform.oracle.namespaces import BUS_DVM, DVM
from jmswrap.transform.properties import Properties
from jmswrap.transform.resources import Resources
from jmswrap.transform.values import text
from jmswrap.transform.xslt import Extensions


def functions(resources: Resources, properties: Properties, stylesheet: Path) -> Extensions:
    """Return the functions for one stylesheet."""

    def lookup_value(_: Any, address: Any, source: Any, value: Any, target: Any, default: Any, *rest: Any) -> str:
        found = resources.value_map(text(address), stylesheet)
        qualified = _pairs(found, rest)
        answer = found.value(text(source), text(value), text(target), qualified)
        if answer is None and strict(properties, found.name):
            raise _missing(found, text(source), text(value), text(target))
        return text(default) if answer is None else answer

    def lookup_value_1m(_: Any, address: Any, source: Any, value: Any, *targets: Any) -> list[etree._Element]:
        found = resources.value_map(text(address), stylesheet)
        if not targets:
            raise TransformError(f"dvm:lookupValue1M of {found.name} names no target column; give it one or more")
        return _nodes(properties, found, text(source), text(value), [text(target) for target in targets])

    both = {(one, "lookupValue"): lookup_value for one in (DVM, BUS_DVM)}
    return {**both, (DVM, "lookupValue1M"): lookup_value_1m}


def strict(properties: Properties, name: str) -> bool:
    """Tell whether a value that a map does not have is an error."""
    return (properties.module_value(f"DVM.{name}.ThrowException") or "").strip().lower() == "true"


def _pairs(found: ValueMap, rest: tuple[Any, ...]) -> dict[str, str]:
    if len(rest) % 2:
        raise TransformError(f"dvm:lookupValue of {found.name} has a qualifier without a value; give them in pairs")
    return {text(rest[at]): text(rest[at + 1]) for at in range(0, len(rest), 2)}


def _nodes(
    properties: Properties, found: ValueMap, source: str, value: str, targets: list[str]
) -> list[etree._Element]:
    nodes = []
    for target in targets:
        answer = found.value(source, value, target)
        if answer is None:
            if strict(properties, found.name):
                raise _missing(found, source, value, target)
            return []
        node = etree.Element(target)
        node.text = answer
        nodes.append(node)
    return nodes


def _missing(found: ValueMap, source: str, value: str, target: str) -> ValueNotMapped:
    return ValueNotMapped(f"value map {found.name} has no {target} for {source} {value!r}: add a row")
