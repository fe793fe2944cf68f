"""A message under way in this process: from claimed to a settlement.

``prepare`` and ``attempt`` run on the crew's threads and use no store. Whatever happens in them
becomes a settlement: a message never takes its worker down.
"""

from dataclasses import replace

from lxml import etree

from jmswrap import clock, log
from jmswrap.deliver.decide import Tried, closed, decide
from jmswrap.deliver.delivery import Call, Delivery, through
from jmswrap.deliver.pace import DEADLY, Apart, Ended
from jmswrap.errors import (
    CrossReferencesDown,
    JmswrapError,
    TransformError,
    TransformTooLong,
    Unopened,
    ValueNotMapped,
)
from jmswrap.message import Claimed, Settlement
from jmswrap.outcome import Called, Outcome
from jmswrap.partner.answered import Answered
from jmswrap.partner.wire import Wire
from jmswrap.states import Phase, State
from jmswrap.store.nouns import Hold

_LOG = log.get(__name__)


class Flight:
    """One claimed message and how far it has come."""

    __slots__ = (
        "answered",
        "begun",
        "body",
        "claimed",
        "claimed_at",
        "delivery",
        "ended",
        "settlement",
        "wire",
        "worker",
    )

    def __init__(self, claimed: Claimed, delivery: Delivery, worker: str, claimed_at: float, lease_end: float) -> None:
        self.claimed = claimed
        self.delivery = delivery
        self.worker = worker
        self.claimed_at = claimed_at
        """Monotonic seconds, from before the claim was sent."""
        self.begun = claimed_at
        self.body = claimed.body
        self.answered: Answered | None = None
        """The partner's answer, waiting to be kept before it is read."""
        self.settlement: Settlement | None = None
        self.ended: Ended | None = None
        """What became of it in a process of its own, which has settled it unless it died."""
        self.wire = Wire(lease_end)

    @property
    def hold(self) -> Hold:
        """What proves to the store that this process holds the message."""
        return Hold(self.claimed.id, self.claimed.fence)

    @property
    def to_partner(self) -> bool:
        """Its target is a partner, so sending must be marked first."""
        return isinstance(self.delivery.target, Call)

    @property
    def replied(self) -> bool:
        """The partner answered an earlier worker, which kept the answer: there is nothing to send."""
        return self.claimed.record.phase is Phase.REPLIED

    @property
    def needs_preparing(self) -> bool:
        """There are steps before it can be sent."""
        return bool(self.delivery.steps)

    @property
    def most_seconds(self) -> float:
        """The longest that its call may take."""
        target = self.delivery.target
        return target.partner.limits.total_seconds if isinstance(target, Call) else 0.0

    def prepare(self) -> None:
        """Run the steps; a failure is a settlement."""
        self.begun = clock.monotonic()
        try:
            message, redelivered = self.claimed.record.message, self.claimed.redelivered
            self.body = through(self.delivery.steps, self.claimed.body, message, redelivered)
        except ValueNotMapped as error:
            self._came_to(Called(Outcome.VALUE_NOT_MAPPED, str(error)))
        except CrossReferencesDown as error:
            self._came_to(Called(Outcome.CROSS_REFERENCES_DOWN, str(error)))
        except TransformTooLong as error:
            self._came_to(Called(Outcome.TRANSFORM_TOO_LONG, str(error)))
        except TransformError as error:
            self._came_to(Called(Outcome.TRANSFORM_FAILED, str(error)))
        except Exception as error:  # noqa: BLE001 - whatever a step does, its message alone suffers
            self._unexpected(error)

    def attempt(self) -> None:
        """Make the call (or nothing, for a queue); decide what it means, or have the answer kept first."""
        try:
            came = self._asked()
            if isinstance(came, Called):
                self._came_to(came)
                return
            self.answered = came
            if not self.delivery.keeps_answers:
                self._read(came)
        except Exception as error:  # noqa: BLE001 - whatever happens, the message is settled
            self._unexpected(error)

    def read(self) -> None:
        """Decide what the answer at hand means."""
        try:
            if self.answered is not None:
                self._read(self.answered)
        except Exception as error:  # noqa: BLE001 - whatever happens, the message is settled
            self._unexpected(error)

    def read_again(self, kept: bytes | Unopened | None) -> None:
        """Decide what an answer means that another worker kept and did not settle; no call is made."""
        try:
            if isinstance(kept, Unopened):
                self.settlement = closed(replace(self.claimed, unopened=str(kept)))
            elif kept is None:
                self._came_to(Called(Outcome.NO_ANSWER, "the partner answered, and the answer is no longer there"))
            else:
                self._read(Answered.unpacked(kept))
        except Exception as error:  # noqa: BLE001 - whatever happens, the message is settled
            self._unexpected(error)

    def leave_to(self, apart: Apart) -> None:
        """Have a process of its own deliver it."""
        self.ended = apart(self.claimed, self.most_seconds)

    def killed(self) -> None:
        """Decide what it means that one worker after another died over it; nothing is tried any more."""
        record = self.claimed.record
        sentence = f"it killed its worker {_times(record.kills)}: {record.reason or 'nothing was sent'}"
        if self.replied:
            # The partner has it: a person decides, the answer at hand.
            reason = f"the partner answered, and reading the answer {sentence.removeprefix('it ')}"
            self.settlement = Settlement(record.message.id, self.claimed.fence, State.IN_DOUBT, reason=reason)
            return
        self._came_to(Called(Outcome.KILLED_WORKERS, sentence))

    def _asked(self) -> Answered | Called:
        target, message = self.delivery.target, self.claimed.record.message
        if not isinstance(target, Call):
            return Called(Outcome.FORWARDED, f"put on queue {target.queue}", body=self.body)
        if not self.needs_preparing:
            self.begun = clock.monotonic()
        return target.partner.ask(
            target.operation or message.operation,
            self.body,
            headers=message.soap_headers,
            typed=target.typed,
            wire=self.wire,
            message_id=message.id,
        )

    def _read(self, answered: Answered) -> None:
        target = self.delivery.target
        if isinstance(target, Call):
            self._came_to(target.partner.read(answered, wanted=self.delivery.wants_reply))

    def _came_to(self, called: Called) -> None:
        now = clock.monotonic()
        tried = Tried(self.worker, int((now - self.begun) * 1000), int((now - self.claimed_at) * 1000))
        self.settlement = decide(called, self.claimed, self.delivery, tried)

    def _unexpected(self, error: Exception) -> None:
        _LOG.error("attempt-broke", exc_info=True, message=self.claimed.id, route=self.delivery.route)
        kind = "" if isinstance(error, JmswrapError | etree.LxmlError) else f"{type(error).__name__}: "
        touched = self.wire.sent or self.replied
        outcome = Outcome.NO_ANSWER if touched else Outcome.TRANSFORM_FAILED
        self._came_to(Called(outcome, f"an unexpected error in the worker: {kind}{error}"))


def _times(number: int) -> str:
    return "three times" if number == DEADLY else f"{number} times"
