"""Turns a validated body into a message, as its route says.

One ``Intake`` is compiled per route when the process starts; making a message then
only evaluates what the route asks for. It knows nothing of SOAP but header blocks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from jmswrap import clock, xml
from jmswrap.accept.selectors import Arrived, Find, FindAll, all_finder, by_header, finder, short, where
from jmswrap.config.route_settings import Order, Route, Selector, WaitsFor
from jmswrap.errors import Refused
from jmswrap.message import Message, OtherKey

WHOLE_QUEUE = "*"
"""The one key of every message of a route that keeps its whole queue in order."""

RELATES_TO = (f"{{{xml.WSA_10}}}RelatesTo", f"{{{xml.WSA_0408}}}RelatesTo")


@dataclass(frozen=True, slots=True)
class Intake:
    """One compiled route's identity, key, correlation, priority, delay and time to live."""

    route: str
    queue: str
    settings: Route
    find_id: Find | None
    find_key: Find | None
    find_correlation: Find
    find_others: tuple[tuple[str, FindAll], ...]
    """The queues whose messages go first, each with what finds their keys."""
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
        other_queues: Sequence[str] = (),
    ) -> "Intake":
        """Compile a route's selectors; ConfigError says which one cannot be.

        ``other_queues`` are those of the routes that ``settings.waits_for`` names (``Config.other_queues``).
        """
        correlation = settings.correlation
        return cls(
            route=route,
            queue=queue,
            settings=settings,
            find_id=finder(route, "id", settings.id, namespaces) if settings.id else None,
            find_key=finder(route, "key", settings.key, namespaces) if settings.key else None,
            find_correlation=finder(route, "correlation", correlation, namespaces) if correlation else _relates_to,
            find_others=tuple(
                (other, _others(route, rule, namespaces))
                for other, rule in zip(other_queues, settings.waits_for, strict=True)
            ),
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
            waits_for=self._waits_for(arrived),
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
            waits_for=self._waits_for(arrived),
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
                f"The message has no {what}: send {where(selector)}, which the route {self.route} takes it from."
            )
        return value

    def _waits_for(self, arrived: Arrived) -> tuple[OtherKey, ...]:
        if not self.find_others:
            return ()
        return tuple(dict.fromkeys(OtherKey(queue, key) for queue, find in self.find_others for key in find(arrived)))

    def _kept(self, headers: Sequence[etree._Element]) -> tuple[str, ...]:
        if not headers or not self.kept_headers:
            return ()
        return tuple(xml.standalone(block).decode() for block in headers if block.tag in self.kept_headers)


def _others(route: str, rule: WaitsFor, namespaces: Mapping[str, str]) -> FindAll:
    if rule.key is None:
        return lambda _: (WHOLE_QUEUE,)
    return all_finder(route, f"key of {rule.route}", rule.key, namespaces)


_relates_to = short("correlation", by_header(RELATES_TO))
