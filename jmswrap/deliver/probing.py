"""Asks partners about messages in doubt: did they arrive?

The message stays IN_DOUBT while its partner is asked. Yes makes it DELIVERED, no sends it again; where
no answer is to be had the question is asked again by the route's retry list, and a person may decide at
any time. A question that is lost with its worker is asked again when a lease would have ended.
"""

from functools import partial
from queue import Empty, SimpleQueue

from lxml import etree

from jmswrap import clock, log
from jmswrap.deliver.crew import Crew
from jmswrap.deliver.decide import kept
from jmswrap.deliver.delivery import Delivery, Probe, QueuePlan, through
from jmswrap.deliver.held import Asking
from jmswrap.errors import TransformError
from jmswrap.message import Attempt, Claimed, Settlement
from jmswrap.outcome import Called, Outcome
from jmswrap.states import State
from jmswrap.store.nouns import Rings
from jmswrap.store.store import Store

_LOG = log.get(__name__)

LOOK_SECONDS = 0.5
"""Between two looks for messages in doubt."""

AT_ONCE = 4
"""Questions under way in one drain."""


class Probing:
    """The questions of one drain; only its thread uses the store."""

    def __init__(self, store: Store, bell: Rings, ask: Asking, crew: Crew, plan: QueuePlan, worker: str) -> None:
        self._store, self._bell, self._ask, self._crew, self._plan = store, bell, ask, crew, plan
        self._worker = worker
        self.guard = plan.guard
        self._answers: SimpleQueue[Settlement] = SimpleQueue()
        self._asks = any(delivery.probe for delivery in plan.deliveries.values())
        self._looked_at = 0.0
        self.under_way = 0

    def turn(self) -> None:
        """Take note of answers; ask what is due."""
        if not self._asks:
            return
        self.note(0)
        now = clock.monotonic()
        free = min(AT_ONCE - self.under_way, self._crew.slots)
        if free <= 0 or now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        plan = self._plan
        for claimed in self._ask(lambda: self._store.doubtful(plan.queue, free, self.guard)) or ():
            delivery = plan.deliveries.get(claimed.record.message.route)
            if delivery is None or delivery.probe is None:
                # The route has changed: a person decides.
                self._found(_still(claimed, 0, "its route asks its partner no more"))
                continue
            self.under_way += 1
            self._crew.do(partial(self._question, claimed, delivery, delivery.probe))

    def note(self, seconds: float) -> None:
        """Tell the store what partners said, waiting so long for the first answer."""
        while self.under_way:
            try:
                answer = self._answers.get(timeout=seconds) if seconds else self._answers.get_nowait()
            except Empty:
                return
            self.under_way -= 1
            seconds = 0
            self._found(answer)

    def _found(self, answer: Settlement) -> None:
        settled = self._ask(lambda: self._store.found(answer))
        if settled is None:
            return
        _LOG.info("probed", message=answer.id, state=answer.state)
        for queue in settled.wake:
            self._bell.ring(queue)

    def _question(self, claimed: Claimed, delivery: Delivery, probe: Probe) -> None:
        try:
            self._answers.put(asked(claimed, delivery, probe, self._worker))
        except Exception as error:  # noqa: BLE001 - whatever happens, it stays in doubt
            _LOG.error("probe-broke", exc_info=True, message=claimed.id, route=delivery.route)
            self._answers.put(_still(claimed, 0, f"asking broke: {type(error).__name__}: {error}"))


def asked(claimed: Claimed, delivery: Delivery, probe: Probe, worker: str) -> Settlement:
    """Ask a partner about a message and return what is to become of it."""
    began = clock.monotonic()
    name = f"{probe.partner.name} {probe.operation}"
    if claimed.unopened:
        return _still(claimed, 0, claimed.unopened)
    try:
        question = through(probe.steps, claimed.body, claimed.record.message, claimed.redelivered)
    except TransformError as error:
        return _still(claimed, 0, f"the question for {name} could not be made: {error}")
    called = probe.partner.call(probe.operation, question)
    try:
        arrived = probe.found(called.body) if called.outcome is Outcome.REPLIED else None
    except etree.LxmlError as error:
        return _still(claimed, 0, f"the answer of {name} could not be read: {error}")
    if arrived is None:
        number = claimed.record.probes + 1
        age_ms = max(claimed.record.changed_ms - claimed.record.accepted_ms, 0)
        wait_ms = delivery.schedule.next_wait_ms(number, age_ms, called.retry_after_ms)
        times = "once" if number == 1 else f"{number} times"
        return _still(claimed, wait_ms or 0, f"asked {name} {times} whether it arrived: {called.sentence}")
    reason = f"{name} says that it {'arrived' if arrived else 'did not arrive: it is sent again'}"
    duration_ms = int((clock.monotonic() - began) * 1000)
    attempt = _attempt(claimed, called, name, reason, worker, duration_ms)
    state = State.DELIVERED if arrived else State.QUEUED
    return Settlement(claimed.id, claimed.fence, state, attempt=attempt, reason=reason)


def _still(claimed: Claimed, wait_ms: int, reason: str) -> Settlement:
    return Settlement(claimed.id, claimed.fence, State.IN_DOUBT, wait_ms=wait_ms, reason=reason)


def _attempt(claimed: Claimed, called: Called, name: str, said: str, worker: str, duration_ms: int) -> Attempt:
    return Attempt(
        number=claimed.record.attempts,
        ended_ms=0,
        duration_ms=duration_ms,
        worker=worker,
        target=f"{name} (probe)",
        outcome=called.outcome,
        sentence=said,
        http_status=called.http_status,
        reply=kept(called.raw),
    )
