"""From a queue to the broker: settled here only once the broker said that it committed.

A crash between the two sends the message again (or parks it, as the bridge says): with the same
``JMSWRAP_MessageID`` and marked as redelivered. What was surely not committed goes back to its queue.
"""

from collections.abc import Sequence

from jmswrap import log
from jmswrap.bridge.broker import Broker, Refusal, Unconfirmed
from jmswrap.bridge.headers import outbound
from jmswrap.bridge.link import Link
from jmswrap.config.bridge_settings import Outgoing
from jmswrap.deliver.taking import Taking
from jmswrap.errors import BrokerAway, Unavailable
from jmswrap.message import Claimed, Settlement
from jmswrap.outcome import Outcome
from jmswrap.retry import Schedule
from jmswrap.states import State
from jmswrap.store.store import Store

_LOG = log.get(__name__)

LOOK_SECONDS = 1.0
"""How long the queue's bell is listened to before the connection is looked at again."""

SETTLE_AGAIN_SECONDS = 0.5


class ToBroker:
    """Sends one queue's messages to one destination; for one thread."""

    def __init__(self, settings: Outgoing, store: Store, taking: Taking, receipt_seconds: float) -> None:
        self.settings = settings
        self._store, self._taking, self._receipt_seconds = store, taking, receipt_seconds
        retry = settings.retry
        self._schedule = Schedule(retry.waits_seconds, retry.max_attempts, retry.max_age_seconds, retry.jitter)
        self._alone = 0
        """Messages to be sent each by itself: one of a transaction that was refused is to blame."""

    def serve(self, broker: Broker, link: Link) -> None:
        """Carry messages over a connection until it ends; BrokerAway, and Unavailable while the store is away."""
        settings = self.settings
        while not link.stop.is_set():
            broker.require()
            limit = 1 if self._alone else settings.batch
            claimed = self._taking.take(settings.queue, limit, LOOK_SECONDS, settings.in_doubt, link.stop)
            if claimed:
                self._send(broker, link, claimed)
                self._alone = max(self._alone - len(claimed), 0)
                link.works()

    def _send(self, broker: Broker, link: Link, claimed: Sequence[Claimed]) -> None:
        try:
            broker.commit([outbound(one, self.settings) for one in claimed], self._receipt_seconds)
        except Refusal as error:
            self._refused(link, claimed, error)
            raise
        except Unconfirmed as error:
            self._settle(link, [self._doubtful(one, error) for one in claimed])
            raise
        except BrokerAway as error:
            self._settle(link, [_back(one, str(error)) for one in claimed])
            raise
        self._settle(link, [self._done(one) for one in claimed])

    def _refused(self, link: Link, claimed: Sequence[Claimed], error: Refusal) -> None:
        if len(claimed) > 1:
            self._alone = len(claimed)
            self._settle(link, [_back(one, f"sent again by itself: {error}") for one in claimed])
        else:
            self._alone = max(self._alone - 1, 0)
            self._settle(link, [self._failed(claimed[0], error)])

    def _settle(self, link: Link, settlements: Sequence[Settlement]) -> None:
        """Tell the store, however long it is away; the settlement of a lease that ended meanwhile is refused by it."""
        while True:
            try:
                done = self._taking.settle(settlements)
                break
            except Unavailable as error:
                link.held(error)
                if link.stop.wait(SETTLE_AGAIN_SECONDS):
                    raise
        for settlement, ours in zip(settlements, done, strict=True):
            if not ours:
                _LOG.warning("settled-too-late", message=settlement.id, state=settlement.state)

    def _done(self, claimed: Claimed) -> Settlement:
        attempt = self._taking.attempt(claimed, Outcome.TAKEN, self.settings.destination, "the broker committed it")
        return Settlement(claimed.id, claimed.fence, State.DELIVERED, attempt)

    def _doubtful(self, claimed: Claimed, error: Unconfirmed) -> Settlement:
        attempt = self._taking.attempt(claimed, Outcome.NO_RECEIPT, self.settings.destination, str(error))
        state = State.QUEUED if self.settings.in_doubt == "redeliver" else State.IN_DOUBT
        return Settlement(claimed.id, claimed.fence, state, attempt, reason=str(error))

    def _failed(self, claimed: Claimed, error: Refusal) -> Settlement:
        attempt = self._taking.attempt(claimed, Outcome.BROKER_REFUSED, self.settings.destination, str(error))
        age_ms = self._store.now_ms() - claimed.record.accepted_ms
        wait_ms = self._schedule.next_wait_ms(attempt.number, age_ms)
        if wait_ms is None:
            return Settlement(claimed.id, claimed.fence, State.DEAD, attempt, reason=str(error))
        return Settlement(claimed.id, claimed.fence, State.WAITING, attempt, wait_ms, reason=str(error))


def _back(claimed: Claimed, reason: str) -> Settlement:
    return Settlement(claimed.id, claimed.fence, State.QUEUED, reason=reason)
