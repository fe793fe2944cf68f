"""Replies as SOAP envelopes: what ``accept/replies.py`` names, in the words of the published contract."""

from xml.sax.saxutils import escape

from lxml import etree

from jmswrap import xml
from jmswrap.accept.replies import Accepted, Nothing, Passed, Reply, Told, Waited
from jmswrap.contract.answers import NAMESPACE, RESPONSE
from jmswrap.message import Answer, AnswerKind, Record
from jmswrap.outcome import TABLE, Called, Meaning, Outcome
from jmswrap.soap.faults import Blame, SoapFault
from jmswrap.soap.receipts import instant, receipt_as, receipt_envelope
from jmswrap.soap.versions import SoapVersion

# A prefix, not a default namespace: what the partner said may be in none.
_DECLARED = f'xmlns:ja="{NAMESPACE}"'


def reply_envelope(reply: Reply, version: SoapVersion, blocks: str = "") -> bytes:
    """Return the envelope of a reply; empty when there is none. SoapFault when the partner sent a fault."""
    match reply:
        case Accepted(receipt):
            return receipt_envelope(receipt, version, blocks)
        case Nothing():
            return b""
        case Waited(receipt, answer):
            inside = f"{receipt_as('ja:receipt', receipt)}{_answer(answer)}"
            content = f"<ja:HybridResponse {_DECLARED}>{inside}</ja:HybridResponse>"
            return envelope(content, version, blocks)
        case Passed(called):
            if called.outcome is not Outcome.REPLIED:
                raise passed_fault(reply)
            return envelope(xml.undeclared(called.body).decode(), version, blocks)
        case Told():
            return envelope(_told(reply), version, blocks)


def envelope(content: str, version: SoapVersion, blocks: str = "") -> bytes:
    """Return an envelope with this body."""
    header = f"<soap:Header>{blocks}</soap:Header>" if blocks else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<soap:Envelope xmlns:soap="{version.namespace}">{header}<soap:Body>{content}</soap:Body></soap:Envelope>'
    ).encode()


def passed_fault(passed: Passed) -> SoapFault:
    """Return the fault for a call that went straight through and did not bring a reply.

    A fault that the partner declares is the caller's too, as it came; of any other the caller
    learns whose it is.
    """
    called, fault = passed.called, passed.called.fault
    meaning = TABLE[called.outcome].other
    if fault is not None and meaning is Meaning.REFUSED:
        ours = fault.code.rpartition("}")[2].split(".")[0] not in ("Client", "Sender")
        blame = Blame.SERVER if ours else Blame.CLIENT
        return SoapFault(fault.text or called.sentence, blame, code="partner-fault", passed=_entries(fault.detail_xml))
    return SoapFault(_sentence(passed, called), Blame.SERVER, code=f"partner-{called.outcome}")


def _sentence(passed: Passed, called: Called) -> str:
    partner, end, row = (
        f"The partner {passed.partner}",
        "Nothing was queued; send the message again",
        TABLE[called.outcome],
    )
    if called.outcome in (Outcome.NO_ANSWER, Outcome.PARTIAL_REPLY, Outcome.GATEWAY_TIMED_OUT):
        said = f"did not answer within {passed.seconds:g} s and may have processed the message"
        return f"{partner} {said}. {end} only if it may get it twice."
    if called.outcome is Outcome.TRANSFORM_FAILED and called.http_status:
        said = "took the message, but its answer could not be put into the form it is given out in"
        return f"{partner} {said}. {end} only if it may get it twice."
    if called.outcome in (Outcome.TRANSFORM_FAILED, Outcome.TRANSFORM_TOO_LONG):
        return (
            f"The message could not be put into the form of the partner {passed.partner}: {row.when}. Nothing was sent."
        )
    if called.fault is not None:
        return f"{partner} failed: {called.fault.text}. {end} later."
    if row.other is Meaning.IN_DOUBT:
        said = f"gave no answer that can be used ({row.when}) and may have processed the message"
        return f"{partner} {said}. {end} only if it may get it twice."
    return f"{partner} gave no answer that can be used: {row.when}. {end} later."


def _entries(detail_xml: str) -> tuple[etree._Element, ...]:
    if not detail_xml:
        return ()
    try:
        return tuple(xml.entries(detail_xml.encode()))
    except etree.XMLSyntaxError:
        # Cut off because it was too long to keep; code and text still say what happened.
        return ()


def _told(told: Told) -> str:
    name = f"ja:{told.question}Response"
    answer = _answer(told.answer) if told.question == RESPONSE else ""
    return f"<{name} {_DECLARED}>{_message(told.record)}{answer}</{name}>"


def _message(record: Record) -> str:
    message = record.message
    fields = {
        "messageId": message.id,
        "sourceId": message.source_id,
        "correlationId": message.correlation_id,
        "operation": message.operation,
        "state": str(record.state),
        "acceptedAt": instant(record.accepted_ms),
        "changedAt": instant(record.changed_ms),
        "attempts": str(record.attempts),
    }
    inside = "".join(f"<ja:{name}>{escape(value)}</ja:{name}>" for name, value in fields.items() if value)
    return f"<ja:message>{inside}</ja:message>"


def _answer(answer: Answer | None) -> str:
    if answer is None:
        return ""
    at = f"<ja:answeredAt>{instant(answer.answered_ms)}</ja:answeredAt>"
    body = xml.undeclared(answer.body).decode()
    if answer.kind is AnswerKind.REPLY:
        return f"<ja:answer>{at}<ja:response>{body}</ja:response></ja:answer>"
    if answer.kind is AnswerKind.DONE:
        return f"<ja:answer>{at}</ja:answer>"
    entries = "".join(xml.standalone(entry).decode() for entry in _entries(answer.body.decode()))
    detail = f"<ja:detail>{entries}</ja:detail>" if entries else ""
    said = f"<ja:code>{escape(answer.code)}</ja:code><ja:text>{escape(answer.text)}</ja:text>{detail}"
    return f"<ja:answer>{at}<ja:fault>{said}</ja:fault></ja:answer>"
