"""Turns a validated body into a message, as its route says.

One ``Intake`` is compiled per route when the process starts; making a message then
only evaluates what the route asks for. It knows nothing of SOAP but header blocks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from jmswrap import clock, xml
from jmswrap.config.route_settings import Order, Route, Selector
from jmswrap.errors import ConfigError, Refused
from jmswrap.message import Message

WHOLE_QUEUE = "*"
"""The one key of every message of a route that keeps its whole queue in order."""

MESSAGE_IDS = (f"{{{xml.WSA_10}}}MessageID", f"{{{xml.WSA_0408}}}MessageID")
RELATES_TO = (f"{{{xml.WSA_10}}}RelatesTo", f"{{{xml.WSA_0408}}}RelatesTo")


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a selector may look into."""

    body: etree._Element
    headers: Sequence[etree._Element]
    properties: Mapping[str, str]


Find = Callable[[Arrived], str]
"""Finds a value in what arrived; empty when it is not there."""


@dataclass(frozen=True, slots=True)
class Intake:
    """One compiled route's identity, key, correlation, priority, delay and time to live."""

    route: str
    queue: str
    settings: Route
    find_id: Find | None
    find_key: Find | None
    find_correlation: Find
    kept_headers: frozenset[str]
    """SOAP header blocks, as ``{ns}local``, that stay with the message."""

    @classmethod
    def compile(
        cls,
        route: str,
        settings: Route,
        queue: str,
        namespaces: Mapping[str, str],
        kept_headers: Sequence[str] = (),
    ) -> "Intake":
        """Compile a route's selectors; ConfigError says which one cannot be."""
        correlation = settings.correlation
        return cls(
            route=route,
            queue=queue,
            settings=settings,
            find_id=_finder(route, "id", settings.id, namespaces) if settings.id else None,
            find_key=_finder(route, "key", settings.key, namespaces) if settings.key else None,
            find_correlation=_finder(route, "correlation", correlation, namespaces) if correlation else _relates_to,
            kept_headers=frozenset(kept_headers),
        )

    def message(
        self,
        body: etree._Element,
        headers: Sequence[etree._Element],
        operation: str,
        properties: Mapping[str, str],
    ) -> Message:
        """Make the message, or raise Refused when the route demands what is not there."""
        arrived = Arrived(body, headers, properties)
        source_id = self._demanded("id", self.find_id, arrived)
        settings = self.settings
        return Message(
            id=clock.derived_id(self.route, source_id) if source_id else clock.new_id(),
            queue=self.queue,
            route=self.route,
            body=xml.standalone(body),
            operation=operation,
            key=self._key(arrived),
            correlation_id=self.find_correlation(arrived),
            source_id=source_id,
            type=str(body.tag),
            priority=settings.priority,
            delay_ms=round(settings.delay_seconds * 1000),
            time_to_live_ms=round(settings.time_to_live_seconds * 1000),
            expired_to=settings.expired.queue if settings.expired else "",
            properties=properties,
            soap_headers=self._kept(headers),
        )

    def again(self, old: Message, body: etree._Element, headers: Sequence[etree._Element], operation: str) -> Message:
        """Make the message that is to replace another; what it does not say anew stays as it was.

        It has neither delay nor time to live: a person wants it delivered.
        """
        arrived = Arrived(body, headers, old.properties)
        return replace(
            old,
            queue=self.queue,
            route=self.route,
            body=xml.standalone(body),
            operation=operation or old.operation,
            key=self._key_again(arrived, old),
            correlation_id=self.find_correlation(arrived) or old.correlation_id,
            type=str(body.tag),
            delay_ms=0,
            time_to_live_ms=0,
            soap_headers=self._kept(headers),
        )

    def _key_again(self, arrived: Arrived, old: Message) -> str:
        if self.settings.order is Order.KEY:
            return (self.find_key(arrived) or old.key) if self.find_key else ""
        return self._key(arrived)

    def _key(self, arrived: Arrived) -> str:
        order = self.settings.order
        if order is Order.NONE:
            return ""
        if order is Order.QUEUE:
            return WHOLE_QUEUE
        return self._demanded("key", self.find_key, arrived)

    def _demanded(self, what: str, find: Find | None, arrived: Arrived) -> str:
        if find is None:
            return ""
        value = find(arrived)
        if not value:
            selector: Selector | None = getattr(self.settings, what)
            raise Refused(
                f"The message has no {what}: send {_where(selector)}, which the route {self.route} takes it from."
            )
        return value

    def _kept(self, headers: Sequence[etree._Element]) -> tuple[str, ...]:
        if not headers or not self.kept_headers:
            return ()
        return tuple(xml.standalone(block).decode() for block in headers if block.tag in self.kept_headers)


def _finder(route: str, what: str, selector: Selector, namespaces: Mapping[str, str]) -> Find:
    if selector.xpath:
        return _by_xpath(route, what, selector.xpath, namespaces)
    if selector.header:
        return _by_header((selector.header,))
    if selector.property:
        return _by_property(selector.property)
    return _by_header(MESSAGE_IDS)


def _by_xpath(route: str, what: str, expression: str, namespaces: Mapping[str, str]) -> Find:
    try:
        compiled = etree.XPath(expression, namespaces=dict(namespaces), smart_strings=False)
    except etree.XPathSyntaxError as error:
        raise ConfigError(
            f"The {what} of route {route} is not an XPath 1.0 expression: {expression} ({error}); correct it."
        ) from error

    def find(arrived: Arrived) -> str:
        try:
            found = compiled(arrived.body)
        except etree.XPathEvalError as error:
            raise ConfigError(
                f"The {what} of route {route} cannot be evaluated: {expression} ({error}); "
                "declare its prefixes under `namespaces`."
            ) from error
        return _text_of(found, what, expression)

    return find


def _text_of(found: object, what: str, expression: str) -> str:
    if not isinstance(found, list):
        return _number(found) if isinstance(found, float) else str(found).strip()
    texts = {node.strip() if isinstance(node, str) else _text(node) for node in found}
    if len(texts) > 1:
        raise Refused(f"The message has {len(texts)} different values at {expression}; send one, it is the {what}.")
    return texts.pop() if texts else ""


def _text(element: etree._Element) -> str:
    return "".join(str(piece) for piece in element.itertext()).strip()


def _number(value: float) -> str:
    # XPath 1.0 has only doubles; a whole one is written without a point, NaN is "not there".
    if value != value:
        return ""
    return str(int(value)) if value.is_integer() else str(value)


def _by_header(names: Sequence[str]) -> Find:
    def find(arrived: Arrived) -> str:
        for block in arrived.headers:
            if block.tag in names:
                return _text(block)
        return ""

    return find


def _by_property(name: str) -> Find:
    return lambda arrived: arrived.properties.get(name, "").strip()


_relates_to = _by_header(RELATES_TO)


def _where(selector: Selector | None) -> str:
    if selector is None:
        return "it"
    if selector.xpath:
        return f"a value at {selector.xpath}"
    if selector.header:
        return f"the SOAP header {selector.header}"
    if selector.property:
        return f"the property {selector.property}"
    return "a WS-Addressing MessageID"
