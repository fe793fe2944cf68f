"""Envelopes for a partner's operations: what zeep builds beforehand, and how a body gets into it.

The body goes in as it is: bytes into an envelope that zeep built beforehand, or an element where
zeep must build one for each message. ``typed`` gives zeep the values instead.
"""

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import zeep.xsd
from lxml import etree

from jmswrap import xml
from jmswrap.partner.forms import Form, fragments, on_the_wire

_PLACE = "{urn:jmswrap:place}body"
_PLACE_XML = b'<ns0:body xmlns:ns0="urn:jmswrap:place"/>'


@dataclass(frozen=True, slots=True)
class Prepared:
    """What calling one operation takes, made ready once."""

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
    form: Form | None = None
    """How the stored body and the one on the wire differ; none when they do not."""
    action: str = ""
    """Its WS-Addressing action."""


class Envelopes:
    """The operations of one port, ready to be called. Safe for several threads."""

    def __init__(
        self,
        client: Any,
        binding: Any,
        address: str,
        *,
        forms: Mapping[str, Form],
        left_out: Collection[str],
        silent: Collection[str],
        addressed: bool,
    ) -> None:
        """``addressed``: WS-Addressing headers are put in by who calls, not by zeep."""
        self._zeep, self._binding, self._address = client, binding, address
        self._forms, self._silent, self._addressed = forms, frozenset(silent), addressed
        # An operation without input is a notification: the partner calls, nobody calls it.
        all_of_them = binding.all().items()
        called = {key: value for key, value in all_of_them if value.input is not None and key not in left_out}
        self.operations: Mapping[str, Prepared] = {key: self._prepare(key, value) for key, value in called.items()}
        """By name."""

    @property
    def namespace(self) -> str:
        """The namespace of the envelopes."""
        return str(self._binding.nsmap["soap-env"])

    @property
    def types(self) -> Any:
        """The contract's schemas, as zeep knows them."""
        return self._zeep.wsdl.types

    def envelope(
        self, operation: Prepared, body: bytes, headers: Sequence[str], typed: bool
    ) -> tuple[bytes, Mapping[str, str]]:
        """Return the envelope of one call and its HTTP headers; ``typed`` gives zeep the values of the body."""
        if operation.form is not None:
            body = self._formed(operation, operation.form, body)
            typed = False
        if operation.plain and not typed:
            if not headers:
                return xml.undeclared(body).join(operation.plain), operation.http_headers
            before, between, after = operation.headed
            blocks = "".join(headers).encode()
            return b"".join((before, blocks, between, xml.undeclared(body), after)), operation.http_headers
        given: dict[str, Any] = {"_raw": fragments(body)}
        arguments: tuple[Any, ...] = ()
        if typed:
            element = etree.fromstring(body, xml.parser())
            arguments, given = _values(operation.zeep_operation.input.zeep_message, element, self._zeep)
        if headers:
            given["_soapheaders"] = [etree.fromstring(block, xml.parser()) for block in headers]
        envelope, http_headers = self._binding._create(
            operation.name, arguments, given, client=self._zeep, options={"address": self._address}
        )
        return _bytes(envelope), http_headers

    def _prepare(self, name: str, operation: Any) -> Prepared:
        operation.input = _RawInput(operation.input)
        action = operation.abstract.wsa_action or operation.soapaction or name
        if self._addressed:
            # zeep would add headers of its own, with another MessageID for each attempt.
            operation.abstract.wsa_action = None
        output = operation.abstract.output_message
        declared = frozenset(
            # The detail of an rpc fault has the name of its part.
            name if part.element is None else part.element.qname.text
            for message in operation.abstract.fault_messages.values()
            for name, part in message.parts.items()
        )
        body = getattr(operation.input.zeep_message, "body", None)
        ready = self._ready(name, operation)
        element = body.qname.text if body is not None and body.qname is not None else ""
        form = self._forms.get(name)
        # A reply of no part is an empty body: nothing more is promised than by a one-way operation.
        silent = output is None or not output.parts or name in self._silent
        return Prepared(name, form.element if form else element, silent, declared, *ready, operation, form, action)

    def _ready(self, name: str, operation: Any) -> tuple[tuple[bytes, ...], tuple[bytes, ...], Mapping[str, str]]:
        """Return the envelope in pieces, or none when it differs from message to message."""
        if self._zeep.plugins or operation.abstract.wsa_action:
            return (), (), {}
        pieces = []
        for header in ({}, {"_soapheaders": [etree.Element(_PLACE)]}):
            given = {"_raw": [etree.Element(_PLACE)], **header}
            options = {"address": self._address}
            envelope, http_headers = self._binding._create(name, (), given, client=self._zeep, options=options)
            pieces.append(tuple(_bytes(envelope).split(_PLACE_XML)))
        return pieces[0], pieces[1], http_headers

    def _formed(self, operation: Prepared, form: Form, body: bytes) -> bytes:
        zeep_body = operation.zeep_operation.input.zeep_message.body
        return on_the_wire(body, form, zeep_body, self._zeep.wsdl.types)


class _RawInput:
    """Stands where zeep keeps an operation's input message and lets a ready element through."""

    def __init__(self, zeep_message: Any) -> None:
        self.zeep_message = zeep_message

    def __getattr__(self, name: str) -> Any:
        return getattr(self.zeep_message, name)

    def serialize(self, *args: Any, **kwargs: Any) -> Any:
        """Return zeep's SerializedMessage, with the elements given as ``_raw`` as its body."""
        elements = kwargs.pop("_raw", None)
        if elements is None:
            return self.zeep_message.serialize(*args, **kwargs)
        message = _without_body(self.zeep_message)
        serialized = message.serialize(**kwargs)
        envelope_namespace = etree.QName(serialized.content).namespace
        serialized.content.find(f"{{{envelope_namespace}}}Body").extend(elements)
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
