"""What an outcome means for a message: the settlement that the store is asked for.

Pure: no clock, no network. Messages that follow from this one get ids derived from its own,
so that settling twice makes nothing twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from lxml import etree

from jmswrap import clock, xml
from jmswrap.deliver import refusal
from jmswrap.deliver.answering import answered
from jmswrap.deliver.delivery import Call, Delivery, Put, through
from jmswrap.errors import CrossReferencesDown, Refused, TransformError
from jmswrap.message import Attempt, Claimed, Message, Settlement
from jmswrap.outcome import TABLE, Called, Meaning, Outcome
from jmswrap.states import Phase, State

_REPLY_LOOKED_AT = 16_384
"""Bytes of a raw reply that are offered to the history; the store keeps fewer."""

PUT_OFF_MS = 30_000
"""How long a message waits whose route or key this worker does not know; another's configuration may."""

_NOTHING_SENT = frozenset({Outcome.TRANSFORM_FAILED, Outcome.VALUE_NOT_MAPPED, Outcome.CANNOT_CALL})

_NO_WORD = frozenset({Outcome.SERVER_ERROR, Outcome.BAD_GATEWAY, Outcome.GATEWAY_TIMED_OUT})
"""In doubt after these: something answered, and reading it again will never say more."""


@dataclass(frozen=True, slots=True)
class Tried:
    """The circumstances of one attempt."""

    worker: str
    duration_ms: int
    """Of the attempt."""
    held_ms: int
    """Since the message was claimed."""


def handed_back(claimed: Claimed, reason: str) -> Settlement:
    """Return the settlement of a message that was claimed and not tried."""
    return Settlement(claimed.id, claimed.fence, State.QUEUED, reason=reason)


def unknown(claimed: Claimed, queue: str) -> Settlement:
    """Return the settlement of a message that no route here can go on with."""
    route = claimed.record.message.route or "(none)"
    return _put_off(claimed, f"no route {route} here takes from queue {queue}; check the configuration")


def closed(claimed: Claimed) -> Settlement:
    """Return the settlement of a message whose body cannot be opened here."""
    if claimed.damaged and claimed.record.phase is not Phase.REPLIED:
        return Settlement(claimed.id, claimed.fence, State.DEAD, reason=claimed.unopened)
    return _put_off(claimed, claimed.unopened)


def _put_off(claimed: Claimed, reason: str) -> Settlement:
    # Waiting would forget an answer that was kept, and send again.
    state = State.IN_DOUBT if claimed.record.phase is Phase.REPLIED else State.WAITING
    wait_ms = PUT_OFF_MS if state is State.WAITING else 0
    return Settlement(claimed.id, claimed.fence, state, wait_ms=wait_ms, reason=reason)


def decide(called: Called, claimed: Claimed, delivery: Delivery, tried: Tried) -> Settlement:
    """Return what the store is to do with a message after an attempt."""
    try:
        return answered(_decided(called, claimed, delivery, tried), called, claimed, delivery)
    except CrossReferencesDown as error:
        return _without_references(str(error), called, claimed, delivery, tried)


def _without_references(why: str, called: Called, claimed: Claimed, delivery: Delivery, tried: Tried) -> Settlement:
    """Settle a message whose answer or refusal cannot be carried on now, because cross-references are away.

    What the partner said is read again later, without calling it again; nothing may be lost of it. Where
    nothing was sent, the whole message waits; what was given up stays for a person.
    """
    told = called.http_status > 0
    before = f"the partner answered ({called.sentence}), but what follows cannot be done" if told else called.sentence
    down = Called(Outcome.CROSS_REFERENCES_DOWN, f"{before}: {why}", called.http_status, raw=called.raw)
    settlement = Settlement(
        claimed.id,
        claimed.fence,
        State.WAITING,
        attempt=_attempt(down, claimed, delivery, tried, with_reply=told),
        reason=down.sentence,
        rereads=told,
    )
    wait_ms = delivery.schedule_after(down).next_wait_ms(claimed.record.attempts + 1, _age_ms(claimed, tried))
    if wait_ms is not None and (told or called.outcome in _NOTHING_SENT):
        return replace(settlement, wait_ms=wait_ms)
    # The partner has it, or may have: a person decides, the answer at hand.
    return replace(settlement, state=State.IN_DOUBT if told else State.DEAD, rereads=False)


def _decided(called: Called, claimed: Claimed, delivery: Delivery, tried: Tried) -> Settlement:
    row = TABLE[called.outcome]
    meaning = row.meaning(delivery.idempotent)
    if meaning is Meaning.QUEUED:
        return handed_back(claimed, called.sentence)
    if meaning is Meaning.IN_DOUBT and delivery.redeliver:
        meaning = Meaning.WAITING
    settlement = Settlement(
        claimed.id,
        claimed.fence,
        State.DELIVERED,
        attempt=_attempt(called, claimed, delivery, tried, with_reply=meaning is not Meaning.DELIVERED),
        partner_up=_partner_up(meaning, row.trouble, claimed, delivery),
    )
    match meaning:
        case Meaning.DELIVERED:
            return _delivered(settlement, called, claimed, delivery)
        case Meaning.WAITING:
            return _waiting(settlement, called, claimed, delivery, tried)
        case Meaning.REFUSED:
            return _refused(settlement, called, claimed, delivery)
        case Meaning.IN_DOUBT:
            wait_ms = delivery.schedule.next_wait_ms(1, 0) or 1
            wait_ms = wait_ms if delivery.probe else 0
            unsure = replace(settlement, state=State.IN_DOUBT, reason=called.sentence, wait_ms=wait_ms)
            return replace(unsure, says_nothing=called.outcome in _NO_WORD)
    return _dead(settlement, called.sentence, called, claimed, delivery)


def forward(claimed: Claimed, body: bytes, put: Put) -> Message:
    """Return the message that carries a body on to the next queue."""
    source = claimed.record.message
    message = _output(source, body, put, "forward")
    return put.shape(replace(message, operation=source.operation, reply_to=source.reply_to))


def _delivered(settlement: Settlement, called: Called, claimed: Claimed, delivery: Delivery) -> Settlement:
    source = claimed.record.message
    if called.outcome is Outcome.FORWARDED and isinstance(delivery.target, Put):
        return _with_output(settlement, lambda put: forward(claimed, called.body, put), delivery.target, State.DEAD)
    if delivery.reply is None or not called.body:
        return settlement

    def reply(put: Put) -> Message:
        return put.shape(_output(source, through(put.steps, called.body, source), put, "reply"))

    # The partner has it, so it is neither repeated nor dead: a person decides, the reply at hand.
    settled = _with_output(settlement, reply, delivery.reply, State.IN_DOUBT)
    if settled.state is State.IN_DOUBT and settled.attempt is not None:
        settled = replace(settled, attempt=replace(settled.attempt, reply=kept(called.raw)))
    return settled


def _refused(settlement: Settlement, called: Called, claimed: Claimed, delivery: Delivery) -> Settlement:
    if delivery.refusal is None:
        return _dead(settlement, called.sentence, called, claimed, delivery)
    by = delivery.target.partner.name if isinstance(delivery.target, Call) else "a value map"
    reason = f"refused by {by}, negative acknowledgement sent: {called.sentence}"
    return _acknowledged(settlement, "", reason, called, claimed, delivery)


def _dead(settlement: Settlement, reason: str, called: Called, claimed: Claimed, delivery: Delivery) -> Settlement:
    if delivery.on_dead == "nack" and delivery.refusal is not None:
        sent = f"negative acknowledgement sent: {reason}"
        return _acknowledged(replace(settlement, reason=reason), reason, sent, called, claimed, delivery)
    on_dead = "release" if delivery.on_dead == "release" else "hold"
    return replace(settlement, state=State.DEAD, reason=reason, on_dead=on_dead)


def _acknowledged(
    settlement: Settlement, text: str, reason: str, called: Called, claimed: Claimed, delivery: Delivery
) -> Settlement:
    """Settle as DEAD with a negative acknowledgement; where none can be made, the key is held."""
    source, target = claimed.record.message, delivery.target
    partner = target.partner.name if isinstance(target, Call) else ""
    settlement = replace(settlement, state=State.DEAD, on_dead="release" if delivery.on_dead == "release" else "hold")
    if delivery.refusal is None:
        return settlement

    def refuse(put: Put) -> Message:
        document = refusal.document(source, claimed.body, called, partner, text)
        given = refusal.parameters(called, text)
        return put.shape(_output(source, through(put.steps, document, source, given=given), put, "refusal"))

    answered = _with_output(settlement, refuse, delivery.refusal, State.DEAD)
    if not answered.outputs:
        return replace(answered, reason=f"{settlement.reason or called.sentence}; {answered.reason}")
    return replace(answered, reason=reason, on_dead="release")


def _waiting(settlement: Settlement, called: Called, claimed: Claimed, delivery: Delivery, tried: Tried) -> Settlement:
    record = claimed.record
    age_ms = _age_ms(claimed, tried)
    wait_ms = delivery.schedule_after(called).next_wait_ms(record.attempts + 1, age_ms, called.retry_after_ms)
    if wait_ms is not None:
        return replace(settlement, state=State.WAITING, wait_ms=wait_ms, reason=called.sentence)
    reason = f"given up after {record.attempts + 1} attempts: {called.sentence}"
    return _dead(settlement, reason, called, claimed, delivery)


def _age_ms(claimed: Claimed, tried: Tried) -> int:
    record = claimed.record
    return max(record.changed_ms - record.accepted_ms, 0) + tried.held_ms


def _with_output(settlement: Settlement, make: Callable[[Put], Message], put: Put, otherwise: State) -> Settlement:
    try:
        message = make(put)
    except (TransformError, Refused, etree.LxmlError) as error:
        reason = f"the message for queue {put.queue} could not be made: {error}"
        return replace(settlement, state=otherwise, reason=reason)
    return replace(settlement, outputs=(message,))


def _output(source: Message, body: bytes, put: Put, purpose: str) -> Message:
    return Message(
        id=clock.derived_id(source.id, purpose, put.queue),
        queue=put.queue,
        route=put.route,
        body=body,
        key=source.key,
        correlation_id=source.correlation_id or source.id,
        type=str(etree.fromstring(body, xml.parser()).tag),
        priority=source.priority,
        properties=source.properties,
    )


def _attempt(called: Called, claimed: Claimed, delivery: Delivery, tried: Tried, with_reply: bool) -> Attempt:
    return Attempt(
        number=claimed.record.attempts + 1,
        ended_ms=0,
        duration_ms=tried.duration_ms,
        worker=tried.worker,
        target=delivery.target_name,
        outcome=called.outcome,
        sentence=called.sentence,
        http_status=called.http_status,
        fault_code=called.fault.code if called.fault else "",
        reply=kept(called.raw) if with_reply else "",
        generation=delivery.generation,
    )


def kept(raw: bytes) -> str:
    """Return what of a raw reply is offered to the history."""
    return raw[:_REPLY_LOOKED_AT].decode("utf-8", "replace")


def _partner_up(meaning: Meaning, trouble: bool, claimed: Claimed, delivery: Delivery) -> bool | None:
    """Say what the outcome tells about the partner as a whole; a technical Fault, or a kept answer, tells nothing."""
    if not isinstance(delivery.target, Call) or claimed.record.phase is Phase.REPLIED:
        return None
    if trouble:
        return False
    return True if meaning in (Meaning.DELIVERED, Meaning.REFUSED) else None
