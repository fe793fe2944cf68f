"""A partner that can be called: one zeep client a partner and process.

The envelope, SOAPAction, content type, WS-Addressing and WS-Security are zeep's. The body goes in
as it is: bytes into an envelope that zeep built beforehand, or an element where something (a
signature, say) must see it. ``typed`` gives zeep the values instead.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zeep.exceptions
from lxml import etree

from jmswrap import xml
from jmswrap.errors import ContractError, PartnerError
from jmswrap.outcome import Called, Outcome
from jmswrap.partner import definition
from jmswrap.partner.answered import Answered
from jmswrap.partner.reply import Parsers, interpret
from jmswrap.partner.transport import Limits, NoReply, PooledTransport
from jmswrap.partner.wire import Wire

_PLACE = "{urn:jmswrap:place}body"
_PLACE_XML = b'<ns0:body xmlns:ns0="urn:jmswrap:place"/>'


@dataclass(frozen=True, slots=True)
class _Operation:
    """What calling one operation takes, made ready when the client is loaded."""

    name: str
    element: str
    """The request body, ``{namespace}local``; empty when the contract names none."""
    one_way: bool
    declared: frozenset[str]
    """The detail elements of its faults."""
    plain: tuple[bytes, ...]
    """The envelope before and after the body; empty when zeep must build one for each message."""
    headed: tuple[bytes, ...]
    """The same with a Header: before the blocks, between blocks and body, after the body."""
    http_headers: Mapping[str, str]
    zeep_operation: Any


class PartnerClient:
    """A partner's operations. Safe for several threads; made before work starts."""

    def __init__(
        self,
        name: str,
        wsdl: Path,
        *,
        service: str = "",
        port: str = "",
        address: str = "",
        limits: Limits | None = None,
        wsse: Any = None,
    ) -> None:
        self.name = name
        self.limits = limits or Limits()
        self._transport = PooledTransport(self.limits)
        self._client = definition.load(wsdl, self._transport)
        self._client.wsse = wsse
        chosen = definition.port(self._client, wsdl, service, port)
        self._binding = chosen.binding
        self.address: str = address or chosen.binding_options.get("address") or ""
        if not self.address:
            raise ContractError(f"{wsdl} names no address for port {chosen.name}; set partners.{name}.address")
        self._parsers = Parsers()
        self._operations = {key: self._prepare(key, value) for key, value in self._binding.all().items()}
        self._by_element: dict[str, list[str]] = {}
        for operation in self._operations.values():
            self._by_element.setdefault(operation.element, []).append(operation.name)

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of the partner's operations."""
        return tuple(self._operations)

    def operation_of(self, element: str) -> str:
        """Return the one operation that takes this body element, ``{namespace}local``."""
        names = self._by_element.get(element, [])
        if len(names) == 1:
            return names[0]
        said = f"operations {', '.join(names)} all take" if names else "no operation takes"
        raise PartnerError(f"partner {self.name}: {said} <{element}>; name one in the route's to.operation")

    def call(
        self,
        operation: str,
        body: bytes,
        *,
        headers: Sequence[str] = (),
        typed: bool = False,
        wire: Wire | None = None,
        wanted: bool = True,
    ) -> Called:
        """Make one call and say what it came to; never raises for what a partner does.

        ``wire`` lets the caller abort it; ``wanted`` asks for the reply's body element as bytes.
        """
        came = self.ask(operation, body, headers=headers, typed=typed, wire=wire)
        return came if isinstance(came, Called) else self.read(came, wanted)

    def ask(
        self,
        operation: str,
        body: bytes,
        *,
        headers: Sequence[str] = (),
        typed: bool = False,
        wire: Wire | None = None,
    ) -> Answered | Called:
        """Make one call; return the answer as it came, or what a call without an answer came to."""
        try:
            chosen = self._operations.get(operation) or self._operations[self.operation_of(_root(body))]
            message, http_headers = self._envelope(chosen, body, headers, typed)
        except PartnerError as error:
            return Called(Outcome.CANNOT_CALL, str(error))
        except (zeep.exceptions.Error, etree.LxmlError, ValueError, TypeError, LookupError) as error:
            why = " ".join(str(error).split())
            return Called(Outcome.CANNOT_CALL, f"the message does not fit operation {operation}: {why}")
        try:
            reply = self._transport.send(self.address, message, http_headers, wire or Wire())
        except NoReply as error:
            return Called(error.outcome, f"{self.name}: {error}", error.http_status)
        except PartnerError as error:
            return Called(Outcome.CANNOT_CALL, str(error))
        return Answered(chosen.name, reply)

    def read(self, answered: Answered, wanted: bool = True) -> Called:
        """Say what an answer means; the same whether it came just now or was kept."""
        chosen = self._operations.get(answered.operation)
        if chosen is None:
            # It was kept under an older contract: the partner did answer, so it is not for us to call it dead.
            said = f"{self.name} answered operation {answered.operation}, which its contract has no more"
            return Called(Outcome.NO_ANSWER, said, answered.reply.status_code, raw=answered.reply.content)
        return interpret(answered.reply, self._parsers.parser, chosen.one_way, chosen.declared, wanted)

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    def _prepare(self, name: str, operation: Any) -> _Operation:
        operation.input = _RawInput(operation.input)
        output = operation.abstract.output_message
        declared = frozenset(
            part.element.qname.text
            for message in operation.abstract.fault_messages.values()
            for part in message.parts.values()
            if part.element is not None
        )
        body = getattr(operation.input.zeep_message, "body", None)
        ready = self._ready(name, operation)
        element = body.qname.text if body is not None and body.qname is not None else ""
        return _Operation(name, element, output is None, declared, *ready, operation)

    def _ready(self, name: str, operation: Any) -> tuple[tuple[bytes, ...], tuple[bytes, ...], Mapping[str, str]]:
        """Return the envelope in pieces, or none when it differs from message to message."""
        if self._client.wsse or self._client.plugins or operation.abstract.wsa_action:
            return (), (), {}
        pieces = []
        for header in ({}, {"_soapheaders": [etree.Element(_PLACE)]}):
            given = {"_raw": etree.Element(_PLACE), **header}
            options = {"address": self.address}
            envelope, http_headers = self._binding._create(name, (), given, client=self._client, options=options)
            pieces.append(tuple(_bytes(envelope).split(_PLACE_XML)))
        return pieces[0], pieces[1], http_headers

    def _envelope(
        self, operation: _Operation, body: bytes, headers: Sequence[str], typed: bool
    ) -> tuple[bytes, Mapping[str, str]]:
        if operation.plain and not typed:
            if not headers:
                return _undeclared(body).join(operation.plain), operation.http_headers
            before, between, after = operation.headed
            blocks = "".join(headers).encode()
            return b"".join((before, blocks, between, _undeclared(body), after)), operation.http_headers
        element = etree.fromstring(body, xml.parser())
        given: dict[str, Any] = {"_raw": element}
        arguments: tuple[Any, ...] = ()
        if typed:
            arguments, given = _values(operation.zeep_operation.input.zeep_message, element, self._client)
        if headers:
            given["_soapheaders"] = [etree.fromstring(block, xml.parser()) for block in headers]
        envelope, http_headers = self._binding._create(
            operation.name, arguments, given, client=self._client, options={"address": self.address}
        )
        return _bytes(envelope), http_headers


class _RawInput:
    """Stands where zeep keeps an operation's input message and lets a ready element through."""

    def __init__(self, zeep_message: Any) -> None:
        self.zeep_message = zeep_message

    def __getattr__(self, name: str) -> Any:
        return getattr(self.zeep_message, name)

    def serialize(self, *args: Any, **kwargs: Any) -> Any:
        """Return zeep's SerializedMessage, with the element given as ``_raw`` as its body."""
        element = kwargs.pop("_raw", None)
        if element is None:
            return self.zeep_message.serialize(*args, **kwargs)
        message = _without_body(self.zeep_message)
        serialized = message.serialize(**kwargs)
        envelope_namespace = etree.QName(serialized.content).namespace
        serialized.content.find(f"{{{envelope_namespace}}}Body").append(element)
        return serialized


def _without_body(zeep_message: Any) -> Any:
    """Return a copy of a zeep message that has no body of its own, so that zeep renders an empty one."""
    bodiless = copy.copy(zeep_message)
    bodiless.body = None
    return bodiless


def _bytes(envelope: etree._Element) -> bytes:
    # As zeep writes it, with the declaration that some servers insist on.
    return etree.tostring(envelope, pretty_print=False, xml_declaration=True, encoding="utf-8")


def _values(message: Any, element: etree._Element, client: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments that zeep would be called with to give this body."""
    # zeep 4.3.3 stumbles over comments and processing instructions between elements.
    etree.strip_tags(element, etree.Comment, etree.ProcessingInstruction)
    value = message.body.parse(element, client.wsdl.types)
    if isinstance(value, zeep.xsd.CompoundValue):
        return (), {name: value[name] for name in value if value[name] is not None}
    return (value,), {}


def _root(body: bytes) -> str:
    return str(etree.fromstring(body, xml.parser()).tag)


def _undeclared(body: bytes) -> bytes:
    # An XML declaration may not stand inside an envelope.
    return body[body.index(b"?>") + 2 :].lstrip() if body.startswith(b"<?xml") else body
