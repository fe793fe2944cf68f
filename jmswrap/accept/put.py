"""Puts a message on a queue, for a typed service's method.

What a SOAP call does through a derived service, the method does with ``Queues.put``; an application on
the site has ``jmswrap.queues``.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from jmswrap import clock, xml
from jmswrap.accept.clients import CLIENT_PROPERTY
from jmswrap.accept.commit import GroupCommit
from jmswrap.accept.selectors import require_short
from jmswrap.errors import Refused, Unavailable
from jmswrap.message import DEFAULT_PRIORITY, Message, OtherKey, Receipt

PUT_SECONDS = 30.0
"""How long a put waits for its receipt before it says that it has none."""


@dataclass(frozen=True, slots=True)
class Queues:
    """The queues of an integration, from a thread that is not the event loop's."""

    routes: Mapping[str, str]
    """For each queue that may be put on, the route that consumes it (empty: an application does)."""
    commit: GroupCommit
    loop: asyncio.AbstractEventLoop
    client: str = ""
    """On whose call it is put; empty when nobody is asked. It stays with the message."""

    def put(
        self,
        queue: str,
        body: etree._Element | bytes,
        *,
        key: str = "",
        source_id: str = "",
        correlation_id: str = "",
        operation: str = "",
        priority: int = DEFAULT_PRIORITY,
        delay_ms: int = 0,
        time_to_live_ms: int = 0,
        waits_for: Sequence[OtherKey] = (),
        properties: Mapping[str, str] | None = None,
    ) -> Receipt:
        """Put a message on a queue and return its receipt once it is on disk.

        A ``source_id`` finds duplicates: the same one gives a receipt that says DUPLICATE.
        As ``key``, ``waits_for`` is the caller's to say: the settings of a route are for its own door.
        Raises Refused when the queue or the body cannot be used, Unavailable when the
        store does not answer.
        """
        element = _element(body)
        route = self._route(queue)
        message = Message(
            id=clock.derived_id(route or queue, source_id) if source_id else clock.new_id(),
            queue=queue,
            route=route,
            body=xml.standalone(element),
            operation=operation,
            key=require_short("key", key),
            correlation_id=require_short("correlation id", correlation_id),
            source_id=require_short("source id", source_id),
            type=str(element.tag),
            priority=priority,
            delay_ms=delay_ms,
            time_to_live_ms=time_to_live_ms,
            waits_for=tuple(waits_for),
            properties={**(properties or {}), CLIENT_PROPERTY: self.client} if self.client else properties or {},
        )
        future = asyncio.run_coroutine_threadsafe(self.commit.accept(message), self.loop)
        try:
            return future.result(PUT_SECONDS)
        except TimeoutError as error:
            future.cancel()
            raise Unavailable(
                f"The store gave no receipt within {PUT_SECONDS:g} s; put the message again with the same source id."
            ) from error

    def _route(self, queue: str) -> str:
        try:
            return self.routes[queue]
        except KeyError:
            known = ", ".join(sorted(self.routes)) or "none"
            raise Refused(f"There is no queue {queue} in this integration; its queues are: {known}.") from None


def _element(body: etree._Element | bytes) -> etree._Element:
    if isinstance(body, bytes):
        try:
            return xml.parsed(body, xml.parser())
        except etree.XMLSyntaxError as error:
            raise Refused(f"The body is not well-formed XML: {error}.") from error
    return body
