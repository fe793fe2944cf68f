"""Trouble with a message that is a person's business: what a drain tells of it, if its route wants that."""

from collections.abc import Callable
from dataclasses import dataclass

from jmswrap.deliver.delivery import Delivery
from jmswrap.message import Message, Settlement
from jmswrap.outcome import TABLE, Meaning, Outcome
from jmswrap.states import State


@dataclass(frozen=True, slots=True)
class Trouble:
    """One message that is DEAD, or IN_DOUBT until a person decides; nothing of its body."""

    business: bool
    """A partner's business or a value map refused it; otherwise the trouble is technical."""
    message_id: str
    queue: str
    route: str
    key: str
    correlation_id: str
    state: State
    target: str
    reason: str


Tells = Callable[[Trouble], None]
"""Takes note of a trouble; it must neither block nor raise."""


def trouble(settlement: Settlement, message: Message, delivery: Delivery) -> Trouble | None:
    """Return what is to be told of a settlement; None when nothing is, or nobody wants to know."""
    undecided = settlement.state is State.IN_DOUBT and not settlement.wait_ms
    if settlement.state is not State.DEAD and not undecided:
        return None
    attempt = settlement.attempt
    refused = attempt is not None and TABLE[Outcome(attempt.outcome)].meaning(delivery.idempotent) is Meaning.REFUSED
    if not (delivery.tells_business if refused else delivery.tells_technical):
        return None
    return Trouble(
        business=refused,
        message_id=message.id,
        queue=message.queue,
        route=delivery.route,
        key=message.key,
        correlation_id=message.correlation_id,
        state=settlement.state,
        target=delivery.target_name,
        reason=settlement.reason,
    )
