"""A user's own Spyne service in the gateway: typed parameters, methods that may block.

Spyne binds the body to objects and the reply to XML; guard, envelope and faults are the
gateway's. The method finds the integration's queues in ``ctx.udc``
(``accept.put.Queues``). Calls run in threads, never in the event loop.
"""

import importlib
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lxml import etree
from spyne import Application, Fault, ServiceBase
from spyne.descriptor import BODY_STYLE_BARE, BODY_STYLE_EMPTY, BODY_STYLE_WRAPPED
from spyne.protocol.soap import Soap11, Soap12
from spyne.server import ServerBase
from spyne.util.etreeconv import root_dict_to_etree

from jmswrap import xml
from jmswrap.accept.hosting import TypedService
from jmswrap.accept.put import Queues
from jmswrap.contract.publish import Document, Published
from jmswrap.contract.schemas import Schemas
from jmswrap.errors import ConfigError, UnknownOperation
from jmswrap.soap.envelope import Envelope, EnvelopeReader, check_understood
from jmswrap.soap.faults import Blame, SoapFault
from jmswrap.soap.guard import Head
from jmswrap.soap.protocol import CallContext, Incoming, decompose, understood
from jmswrap.soap.typed_wsdl import typed_wsdl
from jmswrap.soap.versions import SOAP_11, SOAP_12


class Typed11(Soap11):  # type: ignore[misc]
    """Spyne's SOAP 1.1 on an envelope that is already parsed, without its ``href`` resolution."""

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:
        """Take the envelope that the reader has parsed."""
        ctx.in_document = ctx.transport.envelope

    def decompose_incoming_envelope(self, ctx: Any, message: Any = Soap11.REQUEST) -> None:
        """Name the call by its body element."""
        decompose(ctx)


class Typed12(Soap12):  # type: ignore[misc]
    """Spyne's SOAP 1.2 on an envelope that is already parsed, without its ``href`` resolution."""

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:
        """Take the envelope that the reader has parsed."""
        ctx.in_document = ctx.transport.envelope

    def decompose_incoming_envelope(self, ctx: Any, message: Any = Soap11.REQUEST) -> None:
        """Name the call by its body element."""
        decompose(ctx)


class TypedApplication(Application):  # type: ignore[misc]
    """Spyne's application, whose errors go through as they are."""

    def process_request(self, ctx: Any) -> None:
        """Call the user's method; Spyne's own would hide what it raised."""
        ctx.fire_event("method_call")
        style = ctx.descriptor.body_style
        if style is BODY_STYLE_BARE:
            ctx.in_object = [ctx.in_object]
        elif style is BODY_STYLE_EMPTY:
            ctx.in_object = []
        result = self.call_wrapper(ctx)
        several = style is BODY_STYLE_WRAPPED and len(ctx.descriptor.out_message._type_info) > 1
        ctx.out_object = result if several else [result]
        ctx.fire_event("method_return_object")


class TypedServer(ServerBase):  # type: ignore[misc]
    """Spyne's transport for one service in one SOAP version."""

    transport = xml.SOAP_HTTP


class TypedHost:
    """A service class, hosted in both SOAP versions."""

    def __init__(self, service: TypedService, queues: Queues) -> None:
        hosted = _service_class(service)
        tns = getattr(hosted, "__tns__", None) or f"urn:jmswrap:service:{service.name}"
        self._queues = queues
        self._servers = {
            version.number: TypedServer(
                TypedApplication([hosted], tns, name=service.name, in_protocol=protocol(), out_protocol=protocol())
            )
            for version, protocol in ((SOAP_11, Typed11), (SOAP_12, Typed12))
        }
        application = self._servers[SOAP_11.number].app
        self._methods = {
            name: found[0].operation_name for name, found in application.interface.service_method_map.items()
        }
        self.operations: Sequence[str] = tuple(self._methods.values())
        self.wsdl, self._schemas = _contract(typed_wsdl(application, service.address), service)

    def operation_of(self, element: str) -> str:
        """Return the operation that takes a body element; empty when there is none."""
        return str(self._methods.get(element, ""))

    def call(self, head: Head, envelope: Envelope, client: str = "") -> bytes:
        """Answer a client's call; in a thread of its own. SoapFault or an error of ours when it cannot."""
        check_understood(envelope, understood(envelope))
        self._check(head, str(envelope.body.tag))
        self._schemas.validate(envelope.body, str(envelope.body.tag), envelope.many)
        server = self._servers[head.version.number]
        ctx = CallContext(server, CallContext.SERVER)
        ctx.transport = Incoming(head, envelope, client)
        ctx.udc = replace(self._queues, client=client) if client else self._queues
        try:
            server.generate_contexts(ctx)
            server.get_in_object(ctx)
            server.get_out_object(ctx)
            server.get_out_string(ctx)
        except Fault as fault:
            raise _told(fault) from fault
        return b"".join(ctx.out_string)

    def _check(self, head: Head, element: str) -> None:
        operation = self._methods.get(element)
        if operation is None:
            raise UnknownOperation(f"No operation takes {element}; send one of: {', '.join(self._methods)}.")
        if head.action and head.action != operation:
            raise SoapFault(
                f"The SOAP action is {head.action[:200]}, but the body is the operation {operation}; "
                f"send the action {operation} or none.",
                code="action-mismatch",
            )


def read_envelope(head: Head, body: bytes) -> Envelope:
    """Read an envelope in whichever thread this is."""
    return EnvelopeReader().read(body, head.version, head.charset)


def _service_class(service: TypedService) -> Any:
    module_name, _, class_name = service.python.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"Service {service.name}: {service.python} cannot be imported ({error}); "
            "give `python: module:Class` and have the module on the Python path."
        ) from error
    if not (isinstance(found, type) and issubclass(found, ServiceBase)):
        raise ConfigError(f"Service {service.name}: {service.python} is not a class made from spyne.ServiceBase.")
    return found


def _contract(wsdl: bytes, service: TypedService) -> tuple[Document, Schemas]:
    """Read the WSDL back the way every other contract is read."""
    with tempfile.TemporaryDirectory(prefix="jmswrap-") as folder:
        file = Path(folder) / f"{service.name}.wsdl"
        file.write_bytes(wsdl)
        return Published(file, service.address).wsdl(), Schemas.of(file)


def _told(fault: Any) -> SoapFault:
    blame_word, _, rest = str(fault.faultcode).partition(".")
    blame = Blame.CLIENT if blame_word == Blame.CLIENT else Blame.SERVER
    return SoapFault(str(fault.faultstring), blame, code=rest or "fault", detail=_detail(fault.detail))


def _detail(detail: Any) -> etree._Element | None:
    if isinstance(detail, dict) and detail:
        element: etree._Element = root_dict_to_etree(detail)
        return element
    return detail if isinstance(detail, etree._Element) else None
