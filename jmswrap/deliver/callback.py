"""Answers that go to an address the caller named (WS-Addressing ReplyTo, FaultTo): messages like any other.

The door writes into the message's properties what the answer needs; the names below.
"""

from xml.sax.saxutils import escape

from lxml import etree

from jmswrap import clock, xml
from jmswrap.message import Answer, AnswerKind, Message

NAMESPACE, MESSAGE_ID, FAULT_TO = "wsaNamespace", "wsaMessageID", "wsaFaultTo"
REFERENCES, FAULT_REFERENCES = "wsaReferences", "wsaFaultReferences"
SOAP_VERSION, RESPONSE_ACTION = "soapVersion", "wsaResponseAction"
_CODES_12 = {"Client": "Sender", "Server": "Receiver"}


def callback(source: Message, answer: Answer, queue: str) -> Message | None:
    """Return the message that carries an answer to its caller; None when it named no address for it."""
    given = source.properties
    failed = answer.kind is AnswerKind.FAULT
    to = (given.get(FAULT_TO) or source.reply_to) if failed else source.reply_to
    body = _fault(answer, given.get(SOAP_VERSION, "1.1")) if failed else answer.body
    if to in ("", xml.WSA_NONE) or not body:
        return None
    namespace = given.get(NAMESPACE, xml.WSA_10)
    id = clock.derived_id(source.id, "callback", queue)
    action = _fault_action(namespace) if failed else given.get(RESPONSE_ACTION, "")
    said = {"To": to, "Action": action, "MessageID": f"urn:jmswrap:{id}", "RelatesTo": given.get(MESSAGE_ID, "")}
    blocks = [
        f'<wsa:{name} xmlns:wsa="{namespace}">{escape(value)}</wsa:{name}>' for name, value in said.items() if value
    ]
    references = given.get(FAULT_REFERENCES if failed and given.get(FAULT_TO) else REFERENCES, "")
    return Message(
        id=id,
        queue=queue,
        route=queue,
        body=body,
        operation=given.get(SOAP_VERSION, "1.1"),
        correlation_id=source.correlation_id or source.id,
        type=str(etree.fromstring(body, xml.parser()).tag),
        priority=source.priority,
        soap_headers=(*blocks, *_references(references, namespace)),
    )


def _references(references: str, namespace: str) -> list[str]:
    """Return the caller's own header blocks, marked as WS-Addressing 1.0 asks (SOAP binding, §3.1)."""
    blocks = list(etree.fromstring(f"<references>{references}</references>", xml.parser()))
    for block in blocks:
        if namespace == xml.WSA_10:
            block.set(f"{{{xml.WSA_10}}}IsReferenceParameter", "true")
    return [xml.standalone(block).decode() for block in blocks]


def _fault_action(namespace: str) -> str:
    return f"{namespace}/soap/fault" if namespace == xml.WSA_10 else f"{namespace}/fault"


def _fault(answer: Answer, version: str) -> bytes:
    ns = xml.ENVELOPES.get(version, xml.SOAP_11)
    detail = xml.entries(answer.body) if answer.body else []
    code = answer.code.split(".")[0]
    fault = etree.Element(f"{{{ns}}}Fault", nsmap={"soap": ns})
    if ns == xml.SOAP_12:
        value = etree.SubElement(etree.SubElement(fault, f"{{{ns}}}Code"), f"{{{ns}}}Value")
        value.text = f"soap:{_CODES_12.get(code, code if code in ('Sender', 'Receiver') else 'Receiver')}"
        text = etree.SubElement(etree.SubElement(fault, f"{{{ns}}}Reason"), f"{{{ns}}}Text")
        text.set(f"{{{xml.XML_NAMESPACE}}}lang", "en")
        text.text = answer.text
        name = f"{{{ns}}}Detail"
    else:
        client = code in ("Client", "Sender")
        etree.SubElement(fault, "faultcode").text = "soap:Client" if client else "soap:Server"
        etree.SubElement(fault, "faultstring").text = answer.text
        name = "detail"
    if detail:
        etree.SubElement(fault, name).extend(detail)
    return xml.standalone(fault)
