"""Straight through: a caller waits while its message is transformed, sent and answered. Nothing is queued.

The partner's guards count: its pause, maintenance, breaker and concurrency, which workers'
calls share. Its rate limit does not: a call that waits in line would only be late.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from jmswrap import clock, log
from jmswrap.deliver.delivery import Call, Delivery, through
from jmswrap.deliver.unknown import write_down
from jmswrap.errors import CrossReferencesDown, StoreDown, TransformError, TransformTooLong, Unavailable
from jmswrap.message import Message
from jmswrap.outcome import TABLE, Called, Meaning, Outcome
from jmswrap.partner.wire import Wire
from jmswrap.store.nouns import Guard
from jmswrap.store.store import Store

_LOG = log.get(__name__)
_SLACK_MS = 5000
"""How much longer than the call its place is kept, should the process die."""

_HELD = {
    "PAUSED": "is paused",
    "CLOSED": "is in its maintenance window",
    "BROKEN": "does not answer and is left alone for a moment",
    "FULL": "has as many calls as it takes at once",
}


class PartnerHeld(Unavailable):
    """The partner is not called now."""

    code = "partner-held"


@dataclass(frozen=True, slots=True)
class Passing:
    """A route that passes straight through."""

    delivery: Delivery
    call: Call
    seconds: float
    guard: Guard
    closed: Callable[[int], tuple[tuple[int, int], ...]] | None = None
    """The partner's maintenance around a server time in ms."""


class Passage:
    """Makes the calls of all such routes in a bounded number of threads."""

    def __init__(self, store: Store, routes: dict[str, Passing], threads: int) -> None:
        self._store = store
        self.routes = routes
        self.threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="jmswrap-sync")

    def pass_on(self, message: Message, until: float, wire: Wire) -> Called:
        """Send a message and return what came of it, transformed; ``until`` is on the monotonic clock.

        Raises PartnerHeld when the partner is not called now, StoreDown when nobody can say.
        """
        passing = self.routes[message.route]
        if clock.monotonic() >= until:
            raise PartnerHeld(f"The partner {passing.guard.partner} {_HELD['FULL']}; send the message again later.")
        try:
            body = through(passing.delivery.steps, message.body, message)
        except TransformTooLong as error:
            return Called(Outcome.TRANSFORM_TOO_LONG, str(error))
        except TransformError as error:
            return Called(Outcome.TRANSFORM_FAILED, str(error))
        self._enter(passing, message.id)
        up = None
        try:
            called = self._call(passing, message, body, wire)
            up = _partner_up(called)
        finally:
            self._exit(message.id, passing.guard.partner, up)
        write_down(self._store, passing.call.partner)
        return self._answered(passing, message, called)

    def close(self) -> None:
        """End the threads."""
        self.threads.shutdown(wait=False, cancel_futures=True)

    def _enter(self, passing: Passing, call_id: str) -> None:
        guard = passing.guard
        if passing.closed is not None:
            guard = replace(guard, closed=passing.closed(self._store.now_ms()))
        keep_ms = round(passing.seconds * 1000) + _SLACK_MS
        word, _ = self._store.enter(call_id, passing.delivery.route, guard, keep_ms)
        if word != "IN":
            raise PartnerHeld(f"The partner {guard.partner} {_HELD[word]}; send the message again later.")

    def _exit(self, call_id: str, partner: str, up: bool | None) -> None:
        try:
            self._store.exit(call_id, partner, up)
        except StoreDown as error:
            # The caller must have its answer all the same; the place falls free by its time.
            _LOG.warning("place-not-given-back", partner=partner, reason=error)

    def _call(self, passing: Passing, message: Message, body: bytes, wire: Wire) -> Called:
        call = passing.call
        return call.partner.call(
            call.operation or message.operation,
            body,
            headers=message.soap_headers,
            typed=call.typed,
            wire=wire,
            message_id=message.id,
        )

    def _answered(self, passing: Passing, message: Message, called: Called) -> Called:
        if called.outcome is not Outcome.REPLIED or not called.body:
            return called
        try:
            return replace(called, body=through(passing.delivery.answer_steps, called.body, message))
        except (TransformError, CrossReferencesDown) as error:
            _LOG.error("answer-not-transformed", message=message.id, route=message.route, reason=error)
            # The partner has it: with its HTTP status, nobody takes this for a message that was not sent.
            return Called(Outcome.TRANSFORM_FAILED, str(error), called.http_status)


def _partner_up(called: Called) -> bool | None:
    row = TABLE[called.outcome]
    if row.trouble:
        return False
    return True if row.other in (Meaning.DELIVERED, Meaning.REFUSED) else None
