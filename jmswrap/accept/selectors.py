"""Selectors: where in what arrived a value is found (identity, key, correlation, other keys).

A selector is compiled once; finding a value then only evaluates it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from jmswrap import xml
from jmswrap.config.route_settings import Selector
from jmswrap.errors import ConfigError, Refused

MESSAGE_IDS = (f"{{{xml.WSA_10}}}MessageID", f"{{{xml.WSA_0408}}}MessageID")

MOST_VALUES = 100
"""Different values that may stand where several are looked for."""

MOST_BYTES = 1024
"""The longest of them in UTF-8: it becomes a name in the store and an entry of an index in the history."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a selector may look into."""

    body: etree._Element
    headers: Sequence[etree._Element]
    properties: Mapping[str, str]


Find = Callable[[Arrived], str]
"""Finds a value in what arrived; empty when it is not there."""

FindAll = Callable[[Arrived], tuple[str, ...]]
"""Finds every different value in what arrived."""


def finder(route: str, what: str, selector: Selector, namespaces: Mapping[str, str]) -> Find:
    """Compile a selector that finds one value; ConfigError says why it cannot be."""
    return short(what, _finder(route, what, selector, namespaces))


def _finder(route: str, what: str, selector: Selector, namespaces: Mapping[str, str]) -> Find:
    if selector.xpath:
        values = _by_xpath(route, what, selector.xpath, namespaces)
        return lambda arrived: _single(values(arrived), what, selector.xpath)
    if selector.header:
        return by_header((selector.header,))
    if selector.property:
        return _by_property(selector.property)
    return by_header(MESSAGE_IDS)


def all_finder(route: str, what: str, selector: Selector, namespaces: Mapping[str, str]) -> FindAll:
    """Compile a selector that may find several values, of which none is demanded; ConfigError."""
    if selector.xpath:
        values = _by_xpath(route, what, selector.xpath, namespaces)
        return lambda arrived: tuple(
            require_short(what, value) for value in _few(values(arrived), what, selector.xpath)
        )
    find = finder(route, what, selector, namespaces)
    return lambda arrived: tuple(value for value in (find(arrived),) if value)


def short(what: str, find: Find) -> Find:
    """Return what finds the same and refuses a value that is too long."""
    return lambda arrived: require_short(what, find(arrived))


def require_short(what: str, value: str) -> str:
    """Return a value; Refused when it is too long to be an id or a key."""
    if len(value) > MOST_BYTES or len(value.encode()) > MOST_BYTES:
        raise Refused(f"The {what} of the message is longer than {MOST_BYTES} bytes; send a shorter one.")
    return value


def _by_xpath(route: str, what: str, expression: str, namespaces: Mapping[str, str]) -> FindAll:
    try:
        compiled = etree.XPath(expression, namespaces=dict(namespaces), smart_strings=False)
    except etree.XPathSyntaxError as error:
        raise ConfigError(
            f"The {what} of route {route} is not an XPath 1.0 expression: {expression} ({error}); correct it."
        ) from error

    def find(arrived: Arrived) -> tuple[str, ...]:
        try:
            found = compiled(arrived.body)
        except etree.XPathEvalError as error:
            raise ConfigError(
                f"The {what} of route {route} cannot be evaluated: {expression} ({error}); "
                "declare its prefixes under `namespaces`."
            ) from error
        return _texts(found)

    return find


def _texts(found: object) -> tuple[str, ...]:
    if not isinstance(found, list):
        texts = [_number(found) if isinstance(found, float) else str(found).strip()]
    else:
        texts = [node.strip() if isinstance(node, str) else _text(node) for node in found]
    return tuple(dict.fromkeys(texts))


def _single(values: tuple[str, ...], what: str, expression: str) -> str:
    if len(values) > 1:
        raise Refused(f"The message has {len(values)} different values at {expression}; send one, it is the {what}.")
    return values[0] if values else ""


def _few(values: tuple[str, ...], what: str, expression: str) -> tuple[str, ...]:
    if len(values) > MOST_VALUES:
        raise Refused(
            f"The message has {len(values)} different values at {expression}, the {what}; "
            f"send several messages with at most {MOST_VALUES}."
        )
    return tuple(value for value in values if value)


def _text(element: etree._Element) -> str:
    return "".join(str(piece) for piece in element.itertext()).strip()


def _number(value: float) -> str:
    # XPath 1.0 has only doubles; a whole one is written without a point, NaN is "not there".
    if value != value:
        return ""
    return str(int(value)) if value.is_integer() else str(value)


def by_header(names: Sequence[str]) -> Find:
    """Return what finds the text of the first header block of these names."""

    def find(arrived: Arrived) -> str:
        for block in arrived.headers:
            if block.tag in names:
                return _text(block)
        return ""

    return find


def _by_property(name: str) -> Find:
    return lambda arrived: arrived.properties.get(name, "").strip()


def where(selector: Selector | None) -> str:
    """Say where a selector looks, for a sentence."""
    if selector is None:
        return "it"
    if selector.xpath:
        return f"a value at {selector.xpath}"
    if selector.header:
        return f"the SOAP header {selector.header}"
    if selector.property:
        return f"the property {selector.property}"
    return "a WS-Addressing MessageID"
