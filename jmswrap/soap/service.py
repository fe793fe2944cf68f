"""A derived service as a Spyne application: a method for each operation of its contract.

Spyne dispatches, keeps the context of the call and calls the method, which makes the
message; the event loop then commits it and Spyne's protocol writes the receipt.
"""

from collections.abc import Mapping
from typing import Any

from spyne import AnyXml, Application, ServiceBase, rpc
from spyne.server import ServerBase

from jmswrap import xml
from jmswrap.accept.clients import CLIENT_PROPERTY
from jmswrap.accept.commit import GroupCommit
from jmswrap.accept.hosting import WriteOperation, WriteService
from jmswrap.message import Message
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

    def __init__(self, app: WriteApplication, commit: GroupCommit) -> None:
        super().__init__(app)
        self._commit = commit

    def begin(self, head: Head, envelope: Envelope, client: str = "") -> CallContext:
        """Dispatch a client's call; afterwards ``ctx.out_object`` holds its message."""
        ctx = CallContext(self, CallContext.SERVER)
        ctx.transport = Incoming(head, envelope, client)
        self.generate_contexts(ctx)
        self.get_in_object(ctx)
        self.get_out_object(ctx)
        return ctx

    async def finish(self, ctx: CallContext) -> bytes:
        """Commit the message and return the reply with its receipt."""
        ctx.out_object = [await self._commit.accept(ctx.out_object[0])]
        self.get_out_string(ctx)
        ctx.close()
        return b"".join(ctx.out_string)


def write_server(service: WriteService, version: SoapVersion, commit: GroupCommit) -> WriteServer:
    """Host a derived service in Spyne."""
    methods = {operation.name: _method(operation) for operation in service.operations.values()}
    hosted = type(ServiceBase)(service.name, (ServiceBase,), methods)
    protocol = _PROTOCOLS[version.number]
    application = WriteApplication(
        [hosted],
        tns=f"urn:jmswrap:service:{service.name}",
        name=service.name,
        in_protocol=protocol(service),
        out_protocol=protocol(service),
    )
    return WriteServer(application, commit)


def _method(operation: WriteOperation) -> Any:
    intake = operation.intake

    def accept(ctx: CallContext, body: Any) -> Message:
        client = ctx.transport.client
        properties = {CLIENT_PROPERTY: client} if client else NO_PROPERTIES
        return intake.message(body, ctx.in_header_doc, operation.name, properties)

    accept.__name__ = operation.name
    declare = rpc(AnyXml, _returns=AnyXml, _body_style="bare", _udd={"operation": operation})
    return declare(accept)
