"""The answer for a message's caller: what of an outcome is kept, to be waited for or fetched.

A kept answer says what the partner said, or that the message was given up; nothing of the
inside. A person's later decision does not make one.
"""

from dataclasses import replace

from lxml import etree

from jmswrap import log, xml
from jmswrap.deliver.callback import callback
from jmswrap.deliver.delivery import Delivery, through
from jmswrap.errors import TransformError
from jmswrap.message import Answer, AnswerKind, Claimed, Keeping, Message, Settlement
from jmswrap.outcome import TABLE, Called
from jmswrap.states import State

NOT_TRANSFORMED = "The partner took the message, but its answer could not be put into the form it is given out in."

_LOG = log.get(__name__)


def answered(settlement: Settlement, called: Called, claimed: Claimed, delivery: Delivery) -> Settlement:
    """Return the settlement with the answer to keep, where the route keeps one and it has come."""
    if settlement.state not in (State.DELIVERED, State.DEAD):
        return settlement
    source = claimed.record.message
    if delivery.keep_answer_ms or delivery.callbacks:
        answer = answer_of(called, settlement.state, source, delivery)
        if delivery.keep_answer_ms:
            settlement = replace(settlement, keeping=Keeping(answer, delivery.keep_answer_ms, delivery.announces))
        back = callback(source, answer, delivery.callbacks) if delivery.callbacks else None
        if back is not None:
            settlement = replace(settlement, outputs=(*settlement.outputs, back))
    return settlement


def answer_of(called: Called, state: State, source: Message, delivery: Delivery) -> Answer:
    """Return what a caller is told of an outcome that is final."""
    if state is State.DEAD:
        return _fault(called)
    if not called.body:
        return Answer(AnswerKind.DONE)
    try:
        return Answer(AnswerKind.REPLY, through(delivery.answer_steps, called.body, source))
    except TransformError as error:
        _LOG.error("answer-not-transformed", message=source.id, route=delivery.route, reason=error)
        return Answer(AnswerKind.FAULT, code="Server", text=NOT_TRANSFORMED)


def _fault(called: Called) -> Answer:
    fault = called.fault
    if fault is None:
        given_up = f"The message was not delivered and is set aside: {TABLE[called.outcome].when}."
        return Answer(AnswerKind.FAULT, code="Server", text=given_up)
    return Answer(AnswerKind.FAULT, _whole(fault.detail_xml), fault.code.rpartition("}")[2], fault.text)


def _whole(detail_xml: str) -> bytes:
    """Return the detail unless it was cut off because it was too long to keep."""
    try:
        return xml.standalone(etree.fromstring(detail_xml.encode(), xml.parser())) if detail_xml else b""
    except etree.XMLSyntaxError:
        return b""
