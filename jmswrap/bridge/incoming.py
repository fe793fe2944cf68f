"""From the broker to a queue: on disk here before the broker hears that we have it.

A crash between the two brings the message again; its id is made of the broker's, so the store finds the
repetition and it is acknowledged without becoming a second message.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jmswrap import clock, log
from jmswrap.app.applications import Putter
from jmswrap.bridge.broker import Arrived, Broker
from jmswrap.bridge.headers import heading
from jmswrap.bridge.link import Link
from jmswrap.config.bridge_settings import Incoming
from jmswrap.errors import JmswrapError, Refused, Unavailable
from jmswrap.message import Message, Receipt
from jmswrap.operate.moves import Moves

_LOG = log.get(__name__)

BATCH = 64
"""Messages that share a round trip and an fsync."""

LOOK_SECONDS = 0.5
"""Between two looks whether it is to stop while nothing comes."""

Pair = tuple[Arrived, Message]


@dataclass(frozen=True, slots=True)
class FromBroker:
    """Takes from one destination."""

    settings: Incoming
    putter: Putter
    moves: Moves

    def serve(self, broker: Broker, link: Link) -> None:
        """Carry messages over a connection until it ends; BrokerAway."""
        broker.subscribe(self.settings.destination, self.settings.selector, self.settings.prefetch)
        while not link.stop.is_set():
            arrived = broker.receive(BATCH, LOOK_SECONDS)
            if not arrived:
                continue
            for one, outcome in self._accepted(broker, link, self._made(broker, arrived)):
                if isinstance(outcome, Receipt):
                    broker.ack(one)
                else:
                    self._refuse(broker, one, outcome)

    def _made(self, broker: Broker, arrived: Sequence[Arrived]) -> list[Pair]:
        pairs = []
        for one in arrived:
            try:
                said = heading(one, self.settings, clock.wall_ms())
                pairs.append((one, self.putter.message(self.settings.queue, one.body, said)))
            except Refused as error:
                self._refuse(broker, one, error)
        return pairs

    def _accepted(
        self, broker: Broker, link: Link, pairs: list[Pair]
    ) -> Iterator[tuple[Arrived, Receipt | JmswrapError]]:
        """Put messages and yield what came of each; those that cannot be taken now are tried again."""
        while pairs and not link.stop.is_set():
            try:
                outcomes = self.moves.put([message for _, message in pairs])
            except Unavailable as error:
                outcomes = [error] * len(pairs)
            later: list[Pair] = []
            for pair, outcome in zip(pairs, outcomes, strict=True):
                if isinstance(outcome, Unavailable):
                    later.append(pair)
                else:
                    yield pair[0], outcome
            if later:
                link.held(next(one for one in outcomes if isinstance(one, Unavailable)))
                link.pause()
                broker.require()
            else:
                link.works()
            pairs = later

    def _refuse(self, broker: Broker, arrived: Arrived, error: JmswrapError) -> None:
        """Leave a message to the broker's dead-letter queue: here it can never be taken."""
        identity = arrived.headers.get("message-id", "")
        _LOG.error("bridge-refused", queue=self.settings.queue, broker_id=identity, reason=error)
        broker.nack(arrived)
