"""A derived service as a Spyne application: a method for each operation of its contract.

Spyne dispatches, keeps the context of the call and calls the method, which makes the
message; the event loop then commits it and Spyne's protocol writes the receipt.
"""

from collections.abc import Mapping
from typing import Any

from spyne import AnyXml, Application, ServiceBase, rpc
from spyne.server import ServerBase

from jmswrap import xml
from jmswrap.accept.asking import Question
from jmswrap.accept.clients import CLIENT_PROPERTY
from jmswrap.accept.hosting import Answers, AskOperation, WriteOperation, WriteService
from jmswrap.message import Message
from jmswrap.soap.addressing import addressing, answering, with_addresses
from jmswrap.soap.envelope import Envelope
from jmswrap.soap.guard import Head
from jmswrap.soap.protocol import CallContext, Incoming, PassThrough11, PassThrough12
from jmswrap.soap.versions import SOAP_11, SOAP_12, SoapVersion

NO_PROPERTIES: Mapping[str, str] = {}
"""What a call brings whose sender nobody asked for."""
_PROTOCOLS = {SOAP_11.number: PassThrough11, SOAP_12.number: PassThrough12}


class WriteApplication(Application):  # type: ignore[misc]
    """Spyne's application, whose errors go through as they are."""

    def process_request(self, ctx: Any) -> None:
        """Call the method of the operation.

        Spyne's own version turns every exception into "Internal Error" and writes a
        traceback for what is only a refused message.
        """
        ctx.in_object = [ctx.in_object]
        ctx.out_object = [self.call_wrapper(ctx)]


class WriteServer(ServerBase):  # type: ignore[misc]
    """Spyne's transport for one service in one SOAP version."""

    transport = xml.SOAP_HTTP

    def __init__(self, app: WriteApplication, service: WriteService, answers: Answers) -> None:
        super().__init__(app)
        self._service = service
        self._answers = answers

    def begin(self, head: Head, envelope: Envelope, client: str = "") -> CallContext:
        """Dispatch a client's call; afterwards ``ctx.out_object`` holds its message."""
        ctx = CallContext(self, CallContext.SERVER)
        ctx.transport = Incoming(head, envelope, client)
        if envelope.headers:
            ctx.transport.addressing = addressing(envelope)
        with answering(ctx.transport.addressing):
            self.generate_contexts(ctx)
            self.get_in_object(ctx)
            self.get_out_object(ctx)
        return ctx

    async def finish(self, ctx: CallContext) -> bytes:
        """Do what the operation's style says and return the reply; empty when there is none."""
        with answering(ctx.transport.addressing):
            taken = ctx.out_object[0]
            if isinstance(taken, Question):
                reply = await self._answers.told(self._service, taken)
            else:
                reply = await self._answers.answer(ctx.transport.operation, self._service, taken)
            ctx.out_object = [reply]
            self.get_out_string(ctx)
        ctx.close()
        return b"".join(ctx.out_string)


def write_server(service: WriteService, version: SoapVersion, answers: Answers) -> WriteServer:
    """Host a derived service in Spyne."""
    methods = {
        operation.name: _method(operation, service.destinations is not None)
        for operation in service.operations.values()
    }
    methods |= {f"jmswrap.{operation.name}": _question(operation) for operation in service.questions.values()}
    hosted = type(ServiceBase)(service.name, (ServiceBase,), methods)
    protocol = _PROTOCOLS[version.number]
    application = WriteApplication(
        [hosted],
        tns=f"urn:jmswrap:service:{service.name}",
        name=service.name,
        in_protocol=protocol(service),
        out_protocol=protocol(service),
    )
    return WriteServer(application, service, answers)


def _method(operation: WriteOperation, takes_addresses: bool) -> Any:
    intake = operation.intake

    def accept(ctx: CallContext, body: Any) -> Message:
        client = ctx.transport.client
        properties = {CLIENT_PROPERTY: client} if client else NO_PROPERTIES
        message = intake.message(body, ctx.in_header_doc, operation.name, properties)
        known = ctx.transport.addressing
        if known is None or not takes_addresses:
            return message
        return with_addresses(message, known, operation, ctx.transport.envelope.version.number)

    accept.__name__ = operation.name
    declare = rpc(AnyXml, _returns=AnyXml, _body_style="bare", _udd={"operation": operation})
    return declare(accept)


def _question(operation: AskOperation) -> Any:
    def ask(ctx: CallContext, body: Any) -> Question:
        return Question.read(body, ctx.transport.client)

    # The partner may have an operation of the same name.
    ask.__name__ = f"jmswrap.{operation.name}"
    declare = rpc(AnyXml, _returns=AnyXml, _body_style="bare", _udd={"operation": operation})
    return declare(ask)
