"""Messages that applications and bridges put on queues, and which queues they may take from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from jmswrap import clock, xml
from jmswrap.accept.selectors import require_short
from jmswrap.app.integration import Integration
from jmswrap.app.sending import Sender, read_document
from jmswrap.config.consumers import consumers
from jmswrap.config.suggestions import did_you_mean
from jmswrap.errors import IllegalMove, Refused
from jmswrap.message import Message


@dataclass(frozen=True, slots=True)
class Heading:
    """What is said of a message beside its body; empty: nothing, or what the route finds in the body."""

    key: str = ""
    """JMSXGroupID."""
    source_id: str = ""
    """The identity by which a repetition is found."""
    correlation_id: str = ""
    type: str = ""
    """JMSType; empty: the name of the body element."""
    reply_to: str = ""
    priority: int | None = None
    delay_ms: int = 0
    time_to_live_ms: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)


class Putter:
    """Makes the messages for an integration's queues; for one thread."""

    def __init__(self, integration: Integration) -> None:
        self._integration = integration
        self._readers = consumers(integration.config)
        self._senders: dict[str, Sender] = {}
        self._parser = xml.parser()

    def message(self, queue: str, body: bytes, heading: Heading) -> Message:
        """Return the message for a queue; Refused when it cannot be used, IllegalMove when there is no such queue.

        Where a route reads the queue, the body is held to that route's contract and the route's settings count
        for what the heading does not say.
        """
        if heading.priority is not None and not 0 <= heading.priority <= 9:
            raise Refused(f"The priority {heading.priority} is none of JMS: give one from 0 to 9.")
        named = {"key": heading.key, "source id": heading.source_id, "correlation id": heading.correlation_id}
        for what, value in named.items():
            require_short(what, value)
        route = self._reader(queue)
        if not route:
            return self._plain(queue, body, heading)
        sender = self._senders.get(route) or self._senders.setdefault(route, Sender(self._integration, route))
        made = sender.message(body, heading.properties)
        return replace(
            made,
            id=clock.derived_id(route, heading.source_id) if heading.source_id else made.id,
            source_id=heading.source_id or made.source_id,
            key=made.key or heading.key,
            correlation_id=heading.correlation_id or made.correlation_id,
            reply_to=heading.reply_to,
            priority=made.priority if heading.priority is None else heading.priority,
            delay_ms=heading.delay_ms or made.delay_ms,
            time_to_live_ms=heading.time_to_live_ms or made.time_to_live_ms,
        )

    def _reader(self, queue: str) -> str:
        if queue not in self._readers:
            raise IllegalMove(f"There is no queue `{queue}`{did_you_mean(queue, sorted(self._readers))}")
        route = self._readers[queue]
        if route and route not in self._integration.config.routes:
            raise IllegalMove(f"Queue `{queue}` is jmswrap's own: nobody else puts messages on it.")
        return route

    def _plain(self, queue: str, body: bytes, heading: Heading) -> Message:
        element = read_document(body, self._parser)
        source_id = heading.source_id
        made = Message(
            id=clock.derived_id(queue, source_id) if source_id else clock.new_id(),
            queue=queue,
            route="",
            body=xml.standalone(element),
            key=heading.key,
            correlation_id=heading.correlation_id,
            source_id=source_id,
            type=heading.type or str(element.tag),
            reply_to=heading.reply_to,
            delay_ms=heading.delay_ms,
            time_to_live_ms=heading.time_to_live_ms,
            properties=heading.properties,
        )
        return made if heading.priority is None else replace(made, priority=heading.priority)


def require_open(integration: Integration, queue: str) -> None:
    """Raise IllegalMove unless applications take the messages of a queue."""
    config = integration.config
    readers = consumers(config)
    if queue not in readers:
        raise IllegalMove(f"There is no queue `{queue}`{did_you_mean(queue, sorted(readers))}")
    bridges = {one.queue: name for name, bridge in config.bridges.items() for one in bridge.target}
    reader = f"route `{readers[queue]}`" if readers[queue] else f"bridge `{bridges[queue]}`" if queue in bridges else ""
    if reader:
        raise IllegalMove(f"{reader} takes the messages of queue `{queue}`: take from a queue that nobody reads.")


def own_name(kind: str) -> str:
    """Return the name by which the store knows this process; its beginning is that of a worker process here."""
    return f"{clock.worker_name(os.getpid())}~{kind}-{os.urandom(4).hex()}"
