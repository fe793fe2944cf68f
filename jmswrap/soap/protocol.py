"""Spyne protocols that leave the body as the lxml element it came as.

Spyne 2.14's own deserialising costs 2.8 ms for a body of 8 KB and its ``id``/``href``
resolution fails on honest payloads; here the envelope is already parsed (``envelope.py``),
is checked against the operation and the schema, and is handed on untouched.
"""

from typing import Any

from lxml import etree
from spyne.const.http import HTTP_500
from spyne.context import MethodContext
from spyne.protocol.soap import Soap11

from jmswrap import xml
from jmswrap.accept.hosting import AskOperation, WriteOperation, WriteService
from jmswrap.config.route_settings import AnswerStyle
from jmswrap.errors import UnknownOperation
from jmswrap.soap.addressing import Addressing, check_action, check_elsewhere
from jmswrap.soap.envelope import Envelope, check_understood
from jmswrap.soap.faults import SoapFault
from jmswrap.soap.guard import Head
from jmswrap.soap.replies import reply_envelope
from jmswrap.soap.versions import SOAP_12

_HERE = (*xml.WSA_ANONYMOUS.values(), xml.WSA_NONE)
_SYNC = AnswerStyle.SYNC
_LONE = ("MessageID", "RelatesTo")
_ADDRESSING = frozenset(
    f"{{{namespace}}}{local}" for namespace in xml.WSA for local in (*_LONE, "To", "Action", "From")
)
_IDS = frozenset(f"{{{namespace}}}{local}" for namespace in xml.WSA for local in _LONE)
_ANSWER_TO = frozenset(f"{{{namespace}}}{local}" for namespace in xml.WSA for local in ("ReplyTo", "FaultTo"))


class CallContext(MethodContext):  # type: ignore[misc]
    """Spyne's context of one call, without the costs that a call here has no use for."""

    TransportContext = None
    # Spyne guards every attribute in Python (2.14, context.py); that alone is 20 µs a call.
    __setattr__ = object.__setattr__

    def copy(self) -> "CallContext":
        """Return the context itself: an operation here has one method, so there is nothing to fan out to."""
        return self

    def close(self) -> None:
        """Release nothing; Spyne 2.14 would run the garbage collector here, in the event loop."""
        self.is_closed = True


class Incoming:
    """What the transport knows of a call; Spyne calls it ``ctx.transport``."""

    __slots__ = ("addressing", "client", "envelope", "head", "operation")

    def __init__(self, head: Head, envelope: Envelope, client: str = "") -> None:
        self.head = head
        self.envelope = envelope
        self.addressing: Addressing | None = None
        """What its WS-Addressing headers say; None when it does not use them."""
        self.client = client
        """Who calls; empty when nobody is asked."""
        self.operation: WriteOperation | AskOperation | None = None
        """What is called, once it is known; Spyne's own way to it takes four calls."""


class PassThrough11(Soap11):  # type: ignore[misc]
    """SOAP 1.1 with bodies that stay XML."""

    def __init__(self, service: WriteService) -> None:
        # Before Spyne's own constructor, which calls ``set_app``.
        self._service = service
        self._descriptors: dict[str, list[Any]] = {}
        self._actions = {o.soap_action: o.name for o in service.operations.values() if o.soap_action}
        super().__init__()

    def set_app(self, value: Any) -> None:
        """Take the application (None at first), and note which method takes which body element."""
        super().set_app(value)
        if value is None:
            return
        for descriptor in value.interface.method_id_map.values():
            self._descriptors[descriptor.udd.operation.element] = [descriptor]

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:
        """Take the envelope that the reader has parsed."""
        ctx.in_document = ctx.transport.envelope

    def decompose_incoming_envelope(self, ctx: Any, message: Any = Soap11.REQUEST) -> None:
        """Name the call by its body element."""
        decompose(ctx)

    def get_call_handles(self, ctx: Any) -> list[Any]:
        """Find the operation by its body element, never by the action."""
        handles = self._descriptors.get(ctx.method_request_string)
        if handles is None:
            # Mandatory headers are judged before the message (BP R1025).
            declared = (operation.headers for operation in self._service.operations.values())
            self._check_headers(ctx.transport, frozenset[str]().union(*declared))
            expected = ", ".join(self._service.operations)
            raise UnknownOperation(
                f"No operation of {self._service.name} takes {ctx.method_request_string}; send one of: {expected}."
            )
        return handles

    def deserialize(self, ctx: Any, message: Any) -> None:
        """Check action, headers and schema, and hand the body element over untouched."""
        operation: WriteOperation | AskOperation = ctx.descriptor.udd.operation
        ctx.transport.operation = operation
        envelope = ctx.transport.envelope
        known = ctx.transport.addressing
        self._check_headers(ctx.transport, operation.headers)
        if ctx.transport.head.action:
            self._check_action(ctx.transport.head.action, operation)
        if known is not None:
            check_action(known, operation.actions, operation.soap_action, ctx.transport.head.action)
            # Only a message that waits for a partner has an answer that could be sent on.
            is_sent_on = isinstance(operation, WriteOperation) and operation.partner and operation.style is not _SYNC
            check_elsewhere(known, self._service.destinations if is_sent_on else None)
        self._service.schemas.validate(envelope.body, operation.element, envelope.many)
        ctx.in_object = envelope.body

    def serialize(self, ctx: Any, message: Any) -> None:
        """Write the reply."""
        incoming, operation = ctx.transport, ctx.transport.operation
        blocks = incoming.addressing.blocks(operation.actions.response) if incoming.addressing else ""
        try:
            ctx.out_string = [reply_envelope(ctx.out_object[0], incoming.envelope.version, blocks)]
        except SoapFault as fault:
            entry = next(iter(fault.passed or ()), None)
            if entry is not None and entry.tag in operation.faults:
                fault.action = f"{operation.actions.fault}{etree.QName(entry).localname}"
            raise

    def create_out_string(self, ctx: Any, charset: str | None = None) -> None:
        """Leave the bytes that ``serialize`` wrote."""

    def fault_to_http_response_code(self, fault: Any) -> str:
        """Say 500; faults are written by ``faults.py``."""
        return str(HTTP_500)

    def _check_headers(self, incoming: Incoming, declared: frozenset[str]) -> None:
        envelope, known = incoming.envelope, incoming.addressing
        if envelope.headers:
            honoured = understood(envelope, self._service.destinations is not None, known.namespace if known else "")
            check_understood(envelope, declared | honoured)

    def _check_action(self, action: str, operation: WriteOperation | AskOperation) -> None:
        if action == operation.soap_action:
            return
        other = self._actions.get(action)
        if operation.soap_action or other is not None:
            raise SoapFault(
                f"The SOAP action is {action[:200]}, but the body is {operation.element}, the operation "
                f"{operation.name}; send the action {operation.soap_action or '(empty)'} or none.",
                code="action-mismatch",
            )


class PassThrough12(PassThrough11):
    """SOAP 1.2 with bodies that stay XML."""

    mime_type = f"{SOAP_12.media_type}; charset=utf-8"
    ns_soap_env = SOAP_12.namespace


def decompose(ctx: Any) -> None:
    """Give Spyne the parts of the envelope that the reader has parsed; the body element names the call."""
    envelope: Envelope = ctx.in_document
    ctx.in_header_doc = envelope.headers
    ctx.in_body_doc = envelope.body
    ctx.method_request_string = envelope.body.tag


def understood(envelope: Envelope, takes_addresses: bool = False, namespace: str = "") -> frozenset[str]:
    """Return the WS-Addressing blocks of an envelope that are honoured here.

    An answer address other than anonymous is not: the receipt goes back on the connection. Nor is what
    addresses the message in another namespace than the one it is answered in.
    """
    if namespace:
        ours = frozenset(name for name in _ADDRESSING | _ANSWER_TO if name.startswith(f"{{{namespace}}}"))
        return (understood(envelope, takes_addresses) & ours) | _IDS
    if takes_addresses:
        return _ADDRESSING | _ANSWER_TO
    answers = [block for block in envelope.headers if block.tag in _ANSWER_TO]
    honoured = {str(block.tag) for block in answers if any((child.text or "").strip() in _HERE for child in block)}
    refused = {str(block.tag) for block in answers} - honoured
    return (_ADDRESSING | honoured) - refused
