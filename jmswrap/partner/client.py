"""A partner that can be called: one zeep client a partner and process.

The envelope, SOAPAction, content type, WS-Addressing and WS-Security are zeep's (``envelopes.py``).
What a partner wants to see of who calls is put in for each attempt anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path
from types import MappingProxyType

import zeep.exceptions
from lxml import etree

from jmswrap import clock, log, xml
from jmswrap.errors import ContractError, PartnerError
from jmswrap.outcome import Called, Outcome
from jmswrap.partner import addressing as wsa
from jmswrap.partner import definition, mtom
from jmswrap.partner.answered import Answered
from jmswrap.partner.authentication import Authentication
from jmswrap.partner.calling import Client
from jmswrap.partner.envelopes import Envelopes, Prepared
from jmswrap.partner.forms import ENCODED, Form, from_the_wire
from jmswrap.partner.reply import Parsers, envelope_bytes, interpret
from jmswrap.partner.transport import HttpReply, Limits, NoReply, PooledTransport
from jmswrap.partner.watch import Watch
from jmswrap.partner.wire import Wire
from jmswrap.partner.wsse import SECURITY, Untrusted

_LOG = log.get(__name__)


@dataclass(frozen=True, slots=True)
class _Refreshed:
    """A 401 to a token that was given up since: the call may be made again."""

    answered: Answered


class PartnerClient(Client):
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
        authentication: Authentication | None = None,
        mtom_over_bytes: int | None = None,
        forms: Mapping[str, Form] = MappingProxyType({}),
        left_out: Collection[str] = (),
        silent: Collection[str] = (),
        addressing: str = "",
        watch: Watch | None = None,
    ) -> None:
        """``addressing`` is the WS-Addressing namespace to call in; empty: as the contract says.

        ``silent`` names the operations whose replies have an empty body by the binding, where zeep expects their part.
        """
        self.name = name
        self.watch = watch
        """What looks at replies for elements that the contract does not have."""
        self._addressing = addressing
        self.limits = limits or Limits()
        self._authentication = authentication or Authentication()
        self._mtom_over_bytes = mtom_over_bytes
        self._transport = PooledTransport(self.limits, self._authentication.context)
        client = definition.load(wsdl, self._transport)
        chosen = definition.port(client, wsdl, service, port)
        self.address: str = address or chosen.binding_options.get("address") or ""
        if not self.address:
            raise ContractError(f"{wsdl} names no address for port {chosen.name}; set partners.{name}.address")
        self._parsers = Parsers()
        self._envelopes = Envelopes(
            client,
            chosen.binding,
            self.address,
            forms=forms,
            left_out=left_out,
            silent=silent,
            addressed=bool(addressing),
        )
        self._by_element: dict[str, list[str]] = {}
        for operation in self._envelopes.operations.values():
            self._by_element.setdefault(operation.element, []).append(operation.name)

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of the partner's operations."""
        return tuple(self._envelopes.operations)

    def operation_of(self, element: str) -> str:
        """Return the one operation that takes this body element, ``{namespace}local``."""
        names = self._by_element.get(element, [])
        if len(names) == 1:
            return names[0]
        said = f"operations {', '.join(names)} all take" if names else "no operation takes"
        raise PartnerError(f"partner {self.name}: {said} <{element}>; name one in the route's to.operation")

    def ask(
        self,
        operation: str,
        body: bytes,
        *,
        headers: Sequence[str] = (),
        typed: bool = False,
        wire: Wire | None = None,
        message_id: str = "",
    ) -> Answered | Called:
        """Make one call; return the answer as it came, or what a call without an answer came to.

        ``message_id`` is what WS-Addressing calls the request, where the partner wants that: the
        same for every delivery of one message.
        """
        wire = wire or Wire()
        wire.deadline = min(wire.deadline, clock.monotonic() + self.limits.total_seconds)
        came = self._attempt(operation, body, headers, typed, wire, message_id)
        if isinstance(came, _Refreshed):
            # A 401: nothing was applied, and the token may be at fault. One more try, with a new one.
            wire.again()
            came = self._attempt(operation, body, headers, typed, wire, message_id)
        return came.answered if isinstance(came, _Refreshed) else came

    def read(self, answered: Answered, wanted: bool = True) -> Called:
        """Say what an answer means; the same whether it came just now or was kept."""
        chosen = self._envelopes.operations.get(answered.operation)
        if chosen is None:
            # It was kept under an older contract: the partner did answer, so it is not for us to call it dead.
            said = f"{self.name} answered operation {answered.operation}, which its contract has no more"
            return Called(Outcome.NO_ANSWER, said, answered.reply.status_code, raw=answered.reply.content)
        called = self._meant(answered, chosen, wanted)
        if self.watch is not None and called.outcome is Outcome.REPLIED and self.watch.due(chosen.name):
            self._look(self.watch, answered, chosen, called)
        if called.outcome is Outcome.REPLIED or (called.fault and called.outcome is not Outcome.FAULT_CREDENTIALS):
            return self._trusted(called, answered.reply)
        return called

    def _meant(self, answered: Answered, chosen: Prepared, wanted: bool) -> Called:
        encoded = chosen.form is not None and chosen.form.kind == ENCODED
        called = interpret(answered.reply, self._parsers.parser, chosen.one_way, chosen.declared, wanted, encoded)
        if chosen.form is not None and called.outcome is Outcome.REPLIED and called.body:
            called = replace(called, body=from_the_wire(called.body, chosen.form))
        return called

    def _look(self, watch: Watch, answered: Answered, chosen: Prepared, called: Called) -> None:
        """Look for what the contract does not have; whatever is found, the answer means what it means."""
        try:
            whole = called if called.body else self._meant(answered, chosen, wanted=True)
            if whole.outcome is Outcome.REPLIED and whole.body:
                watch.look(chosen.name, whole.body)
        except etree.LxmlError as error:
            _LOG.warning("reply-not-looked-at", partner=self.name, operation=chosen.name, reason=error)

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()
        self._authentication.close()

    def _attempt(
        self, operation: str, body: bytes, headers: Sequence[str], typed: bool, wire: Wire, message_id: str
    ) -> "Answered | Called | _Refreshed":
        try:
            chosen = (
                self._envelopes.operations.get(operation) or self._envelopes.operations[self.operation_of(_root(body))]
            )
            addressed = self._addressed(chosen, message_id, headers)
            message, http_headers = self._message(chosen, body, addressed, typed)
        except PartnerError as error:
            return Called(Outcome.CANNOT_CALL, str(error))
        except (zeep.exceptions.Error, etree.LxmlError, ValueError, TypeError, LookupError) as error:
            why = " ".join(str(error).split())
            return Called(Outcome.CANNOT_CALL, f"the message does not fit operation {operation}: {why}")
        try:
            taken = self._authentication.taken(http_headers, wire)
            reply = self._transport.send(self.address, message, taken, wire)
        except NoReply as error:
            return Called(error.outcome, f"{self.name}: {error}", error.http_status)
        except PartnerError as error:
            return Called(Outcome.CANNOT_CALL, str(error))
        answered = Answered(chosen.name, reply)
        return _Refreshed(answered) if reply.status_code == 401 and self._authentication.renewed(taken) else answered

    def _addressed(self, operation: Prepared, message_id: str, headers: Sequence[str]) -> Sequence[str]:
        if not self._addressing or not message_id:
            return wsa.forwarded(headers, self.address, beside_ours=False) if headers else headers
        answered = not operation.one_way
        blocks = wsa.ours(self._addressing, self.address, operation.action, message_id, answered)
        return [*blocks, *wsa.forwarded(headers, self.address, beside_ours=True)]

    def _message(
        self, operation: Prepared, body: bytes, headers: Sequence[str], typed: bool
    ) -> tuple[bytes, Mapping[str, str]]:
        """Return the envelope of one attempt."""
        ours = self._authentication.blocks(self._envelopes.namespace, operation.name)
        if self._authentication.secures:
            # Who calls the partner is us: what our caller said of itself stays here.
            headers = [block for block in headers if _root(block.encode()) != SECURITY]
        envelope, http_headers = self._envelopes.envelope(operation, body, [*ours, *headers], typed)
        return self._with_parts(self._authentication.signed(envelope), http_headers)

    def _with_parts(self, envelope: bytes, http_headers: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]]:
        """Return the message as MTOM, where the partner wants that and something in it is large enough."""
        if self._mtom_over_bytes is None:
            return envelope, http_headers
        kind = Message()
        kind["content-type"] = http_headers["Content-Type"]
        action = str(kind.get_param("action", ""))
        exact = self._authentication.signs
        types, media_type = self._envelopes.types, kind.get_content_type()
        packed = mtom.packed(envelope, types, self._mtom_over_bytes, media_type, action, exact)
        return (envelope, http_headers) if packed is None else (packed[0], {**http_headers, "Content-Type": packed[1]})

    def _trusted(self, called: Called, reply: HttpReply) -> Called:
        try:
            self._authentication.verify(envelope_bytes(reply))
        except Untrusted as error:
            sentence = f"HTTP {reply.status_code} with an answer that cannot be trusted: {error}"
            return Called(Outcome.GARBAGE_REPLY, sentence, reply.status_code, raw=reply.content)
        return called


def _root(body: bytes) -> str:
    return str(etree.fromstring(body, xml.parser()).tag)
