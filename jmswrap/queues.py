"""Puts messages on an integration's queues and takes them off, for applications on the site.

    from jmswrap import queues

    with queues.connect("jmswrap.yaml") as site:
        site.put("orders", b"<order/>", key="customer-7", source_id="order-1")
        for message in site.take("replies", wait_seconds=30):
            handle(message.body)
            message.done()

A message that was taken is leased: nobody else gets it, nor a later one of its key, until the taker says
``done``, ``give_back`` or ``reject``. What was taken and not settled comes again, marked as redelivered: at
once when the ``with`` block ends, when its lease ends if the process was killed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from lxml import etree

from jmswrap import clock, xml
from jmswrap.app.applications import Heading, Putter, own_name, require_open
from jmswrap.app.connections import connect as connected
from jmswrap.app.connections import moving
from jmswrap.app.integration import Integration, load
from jmswrap.deliver.taking import Taking
from jmswrap.errors import JmswrapError, LeaseLost
from jmswrap.message import Claimed, Receipt, Settlement
from jmswrap.operate.moves import Moves
from jmswrap.outcome import Outcome
from jmswrap.states import State

__all__ = ["Queues", "Taken", "connect"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that was taken, with its JMS header fields; settle it once."""

    claimed: Claimed = field(repr=False)
    taking: Taking = field(repr=False)
    taken_at: float = field(repr=False)
    """On the monotonic clock."""

    @property
    def body(self) -> bytes:
        """The XML of the body element, UTF-8, standing alone."""
        return self.claimed.body

    @property
    def element(self) -> etree._Element:
        """The body element, parsed."""
        return etree.fromstring(self.claimed.body, xml.parser())

    @property
    def message_id(self) -> str:
        """JMSMessageID; the same at every delivery."""
        return self.claimed.id

    @property
    def queue(self) -> str:
        """JMSDestination."""
        return self.claimed.record.message.queue

    @property
    def correlation_id(self) -> str:
        """JMSCorrelationID."""
        return self.claimed.record.message.correlation_id

    @property
    def source_id(self) -> str:
        """The identity that whoever put it gave it; empty: none."""
        return self.claimed.record.message.source_id

    @property
    def type(self) -> str:
        """JMSType; the body element as ``{namespace}local`` where nobody said another."""
        return self.claimed.record.message.type

    @property
    def key(self) -> str:
        """JMSXGroupID: the messages of one key come in order, one after the other."""
        return self.claimed.record.message.key

    @property
    def reply_to(self) -> str:
        """JMSReplyTo."""
        return self.claimed.record.message.reply_to

    @property
    def priority(self) -> int:
        """JMSPriority, from 0 to 9."""
        return self.claimed.record.message.priority

    @property
    def accepted_ms(self) -> int:
        """JMSTimestamp: milliseconds since 1970 UTC."""
        return self.claimed.record.accepted_ms

    @property
    def expires_ms(self) -> int:
        """JMSExpiration: milliseconds since 1970 UTC; 0 means never."""
        return self.claimed.record.expires_ms

    @property
    def delivery_count(self) -> int:
        """JMSXDeliveryCount: 1 at the first delivery."""
        return self.claimed.record.deliveries + 1

    @property
    def redelivered(self) -> bool:
        """JMSRedelivered: somebody may have had it before."""
        return self.claimed.redelivered

    @property
    def properties(self) -> Mapping[str, str]:
        """The application properties."""
        return self.claimed.record.message.properties

    def done(self) -> None:
        """Say that it was dealt with: it is DELIVERED. LeaseLost when somebody else has it by now."""
        self._settle(State.DELIVERED, Outcome.TAKEN, f"taken by {self.taking.worker}")

    def give_back(self) -> None:
        """Put it back to the front of its queue, to come again as redelivered. LeaseLost."""
        self._require(Settlement(self.claimed.id, self.claimed.fence, State.QUEUED, reason="its taker gave it back"))

    def reject(self, reason: str, hold_key: bool = True) -> None:
        """Set it aside as DEAD, for a person; later messages of its key wait if ``hold_key``. LeaseLost."""
        self._settle(State.DEAD, Outcome.REJECTED, reason, "hold" if hold_key else "release")

    def _settle(self, state: State, outcome: Outcome, sentence: str, on_dead: str = "hold") -> None:
        took_ms = round((clock.monotonic() - self.taken_at) * 1000)
        attempt = self.taking.attempt(self.claimed, outcome, "an application", sentence, took_ms)
        reason = sentence if state is State.DEAD else ""
        self._require(Settlement(self.claimed.id, self.claimed.fence, state, attempt, reason=reason, on_dead=on_dead))

    def _require(self, settlement: Settlement) -> None:
        if not self.taking.holds(self.claimed) or not self.taking.settle([settlement])[0]:
            raise LeaseLost(
                f"Message {self.claimed.id} is not this process's any more: its lease ended or it was settled before; "
                "it comes again if it was not settled."
            )


class Queues:
    """An integration's queues, as an application uses them. ``connect`` makes one; for threads, make one each."""

    def __init__(self, integration: Integration, moves: Moves, taking: Taking) -> None:
        self._integration, self._moves, self._taking = integration, moves, taking
        self._putter = Putter(integration)
        self._open: set[str] = set()

    def put(
        self,
        queue: str,
        body: bytes | str | etree._Element,
        *,
        key: str = "",
        source_id: str = "",
        correlation_id: str = "",
        type: str = "",
        reply_to: str = "",
        priority: int | None = None,
        delay_ms: int = 0,
        time_to_live_ms: int = 0,
        properties: Mapping[str, str] | None = None,
    ) -> Receipt:
        """Put a message on a queue and return its receipt once it is on disk.

        A ``source_id`` finds repetitions: the same one gives a receipt that says DUPLICATE, so a put that
        failed may be repeated. Raises Refused, IllegalMove (no such queue) and Unavailable.
        """
        raw = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else xml.standalone(body)
        heading = Heading(
            key=key,
            source_id=source_id,
            correlation_id=correlation_id,
            type=type,
            reply_to=reply_to,
            priority=priority,
            delay_ms=delay_ms,
            time_to_live_ms=time_to_live_ms,
            properties=properties or {},
        )
        (outcome,) = self._moves.put([self._putter.message(queue, raw, heading)])
        if isinstance(outcome, JmswrapError):
            raise outcome
        return outcome

    def receive(self, queue: str, wait_seconds: float = 0) -> Taken | None:
        """Take the next message; None when none came within the time. Raises IllegalMove, Unavailable."""
        if queue not in self._open:
            require_open(self._integration, queue)
            self._open.add(queue)
        claimed = self._taking.take(queue, 1, wait_seconds)
        return Taken(claimed[0], self._taking, clock.monotonic()) if claimed else None

    def take(self, queue: str, wait_seconds: float | None = 0) -> Iterator[Taken]:
        """Yield message after message; ends when none came for so long, with None never."""
        while (message := self.receive(queue, inf if wait_seconds is None else wait_seconds)) is not None:
            yield message


@contextmanager
def connect(config: str | Path | Integration = "jmswrap.yaml") -> Iterator[Queues]:
    """Open an integration's queues: of its ``jmswrap.yaml`` or folder. Raises ConfigError, StoreDown."""
    integration = config if isinstance(config, Integration) else load(Path(config))
    with moving(integration) as moves:
        connections = connected(integration)
        taking = Taking(connections.store, connections.bell, own_name("application"))
        try:
            yield Queues(integration, moves, taking)
        finally:
            taking.close()
            connections.close()
