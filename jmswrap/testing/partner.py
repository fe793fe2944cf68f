"""A partner simulated from its WSDL.

It validates each request against the contract's own schemas, notes what it applied in a
ledger, and answers with a schema-valid reply in the SOAP version it was asked in. Faults,
delays, lost answers and absences come as they are ordered, by chance with a given seed, or
step by step as a scenario says.
"""

import asyncio
import hashlib
import os
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from lxml import etree

from jmswrap import xml, xop
from jmswrap.contract.nouns import Contract, Operation
from jmswrap.contract.reading import read
from jmswrap.contract.sample import Sampler
from jmswrap.contract.schemas import Schemas
from jmswrap.errors import ConfigError, ContractError, InvalidDocument
from jmswrap.testing import callback, envelopes
from jmswrap.testing.bodies import spoken, understood
from jmswrap.testing.doorkeeper import Doorkeeper
from jmswrap.testing.envelopes import MEDIA, VERSIONS, addressing
from jmswrap.testing.http import MOST_BODY_BYTES, Answer, Request
from jmswrap.testing.ledger import Entry, Ledger
from jmswrap.testing.pages import Pages
from jmswrap.testing.scenario import Drop, Rule, Scenario, ScenarioSettings
from jmswrap.testing.scenario import read as read_scenario

_ACTION = re.compile(r"""action\s*=\s*"?([^";]*)""")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a simulated partner behaves."""

    latency_ms: float = 0
    """How long each answer takes."""
    faults: float = 0
    """The share of requests that get a Server fault or a 503 and are not applied."""
    lost: float = 0
    """The share of requests that are applied but never answered: the connection breaks."""
    seed: int = 0
    """Makes chance repeatable."""
    rejects: str = ""
    """An XPath; a body for which it is true gets a business fault (Client) and is not applied.

    The fault carries the first detail element that the operation declares, if it declares one.
    """
    rejection: str = ""
    """That element as XML, instead of a sample of it."""
    down_after: int = 0
    """After this many applied messages, once, refuse connections; 0: never."""
    down_seconds: float = 3
    """For how long."""
    values: Mapping[str, str] = field(default_factory=dict)
    """XPaths whose values the ledger notes, by name."""
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """Prefixes for the XPaths, beside those that the WSDL's first element declares."""


class SimulatedPartner:
    """One partner; ``respond`` answers a request. Belongs to one thread."""

    def __init__(
        self,
        wsdl: Path,
        ledger: Ledger,
        behaviour: Behaviour | None = None,
        service: str = "",
        port: str = "",
        scenario: Path | None = None,
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.ledger = ledger
        self.contract: Contract = read(wsdl)
        self.port = self.contract.port(service, port)
        if not self.port.elements:
            problem = next((o.problem for o in self.port.operations.values() if o.problem), "it has no operation")
            raise ContractError(f"this partner cannot be simulated: {problem}")
        self.go_away: Callable[[float], None] | None = None
        self.address = ""
        """Where it is called, which its contract at ``?wsdl`` says; who listens for it sets it."""
        self._pages = Pages(wsdl, [operation.name for operation in self.port.usable])
        self._schemas = Schemas.of(wsdl)
        self._sampler = Sampler(wsdl, self._schemas)
        self._parser = xml.parser()
        self._random = random.Random(self.behaviour.seed)  # noqa: S311 - repeatable chance is the point
        self._replies: dict[str, bytes] = {}
        self._details: dict[str, bytes] = {}
        self._rejection = self._checked_rejection()
        self._rejects = self._xpath(self.behaviour.rejects) if self.behaviour.rejects else None
        self._values = {name: self._xpath(expression) for name, expression in self.behaviour.values.items()}
        settings = read_scenario(scenario) if scenario else ScenarioSettings.model_validate({})
        self._scenario = Scenario(settings, self._xpath)
        folder = scenario.parent if scenario else Path()
        self._doorkeeper = Doorkeeper(settings.authentication, folder, os.environ)

    def respond(self, request: Request) -> Answer:
        """Answer one request as the partner would."""
        if request.method == "GET":
            return self._pages.answer(request.target, self.address)
        if request.method != "POST":
            return Answer(405, headers={"Allow": "GET, POST"})
        if not self._doorkeeper.lets_in(request.headers.get("authorization", "")):
            return Answer(401, headers={"WWW-Authenticate": 'Basic realm="simulated"'})
        try:
            envelope = etree.fromstring(_plain(request), self._parser)
        except etree.XMLSyntaxError as error:
            return self._fault(xml.SOAP_11, "Client", f"the request is not well-formed XML: {error}")
        except InvalidDocument as error:
            return self._fault(xml.SOAP_11, "Client", str(error))
        namespace = str(etree.QName(envelope).namespace)
        bodies = [] if namespace not in VERSIONS else envelope.findall(f"{{{namespace}}}Body")
        if len(bodies) != 1:
            known = namespace if namespace in VERSIONS else xml.SOAP_11
            return self._fault(known, "Client", "the request is no SOAP envelope with one body")
        if objection := self._doorkeeper.objects(envelope):
            return self._fault(namespace, "FailedAuthentication", objection)
        return self._called(namespace, envelope, bodies[0], request)

    def _called(self, namespace: str, envelope: etree._Element, whole: etree._Element, request: Request) -> Answer:
        elements = list(whole.iterchildren(etree.Element))
        meant = understood(self.port, elements, _action(request))
        if meant is None:
            said = f"the element {elements[0].tag}" if elements else "an empty body with this SOAP action"
            return self._fault(namespace, "Client", f"no operation takes {said}")
        operation, body = meant
        try:
            self._schemas.validate(body, operation.element)
        except InvalidDocument as error:
            return self._fault(namespace, "Client", f"line {error.line}: {error}")
        if self._rejects is not None and _true(self._rejects(body)):
            said = "the business rules of the simulated partner reject this message"
            return self._fault(namespace, "Client", said, self._detail(operation))
        if self._random.random() < self.behaviour.faults:
            if self._random.random() < 0.5:
                return Answer(503, delay_seconds=self._delay)
            return self._fault(namespace, "Server", "the simulated partner is not well; try again")
        rule = self._scenario.act(operation.name, body)
        if rule is not None and (unapplied := self._unapplied(namespace, operation, rule)) is not None:
            return unapplied
        self._apply(operation, envelope, body, len(request.body))
        if rule is not None:
            return self._applied(self._reply(namespace, operation), rule, namespace, envelope)
        if self._random.random() < self.behaviour.lost:
            return Answer(500, drop=True, delay_seconds=self._delay)
        return self._reply(namespace, operation)

    def _unapplied(self, namespace: str, operation: Operation, rule: Rule) -> Answer | None:
        """Return the answer of a rule that keeps the message from being applied; None when it is another."""
        if rule.fault is not None:
            detail = self._detail(operation) if rule.fault.declared else b""
            return self._fault(namespace, rule.fault.code.value.title(), rule.fault.text, detail)
        if rule.status is not None:
            wait = {} if rule.retry_after_seconds is None else {"Retry-After": str(rule.retry_after_seconds)}
            return Answer(rule.status, headers=wait, delay_seconds=self._delay)
        if rule.drop is Drop.BEFORE:
            return Answer(500, drop=True, delay_seconds=self._delay)
        if rule.away_seconds is not None:
            if self.go_away is not None:
                self.go_away(rule.away_seconds)
            return Answer(500, drop=True)
        return None

    def _applied(self, answer: Answer, rule: Rule, namespace: str, envelope: etree._Element) -> Answer:
        """Return the answer to a message that was applied, as the rule spoils it."""
        if rule.drop is not None:
            midway = {"cut_bytes": len(answer.body) // 2} if rule.drop is Drop.MIDWAY else {"drop": True}
            return replace(answer, **midway)
        if rule.late_seconds is not None:
            return replace(answer, delay_seconds=answer.delay_seconds + rule.late_seconds)
        if rule.drift:
            return replace(answer, body=envelopes.drifted(answer.body))
        if rule.garbage:
            page = b"<html><body>Please log in</body></html>"
            return replace(answer, status=200, body=page, headers={"Content-Type": "text/html"})
        if rule.callback_seconds is not None:
            return self._called_back(answer, rule.callback_seconds, namespace, envelope)
        return replace(answer, twice=rule.twice)

    def _called_back(self, answer: Answer, seconds: float, namespace: str, envelope: etree._Element) -> Answer:
        address = addressing(envelope, "ReplyTo")
        if not callback.is_allowed(address):
            return self._fault(namespace, "Client", "callbacks go to a ReplyTo with an http address on this machine")
        body = envelopes.related(answer.body, namespace, addressing(envelope, "MessageID"), address)
        later = partial(callback.post, callback.Callback(address, body, MEDIA[namespace]))
        return Answer(202, delay_seconds=answer.delay_seconds, afterwards=partial(_later, seconds, later))

    def _apply(self, operation: Operation, envelope: etree._Element, body: etree._Element, length: int) -> None:
        entry = Entry(
            sequence=self.ledger.count + 1,
            time_ms=time.time_ns() // 1_000_000,
            operation=operation.name,
            element=operation.element,
            sha256=_hash(body),
            bytes=length,
            message_id=addressing(envelope, "MessageID"),
            correlation_id=addressing(envelope, "RelatesTo"),
            values={name: _text(find(body)) for name, find in self._values.items()},
        )
        self.ledger.append(entry)
        if self.go_away is not None and entry.sequence == self.behaviour.down_after:
            self.go_away(self.behaviour.down_seconds)

    @property
    def _delay(self) -> float:
        return self.behaviour.latency_ms / 1000 + self._scenario.delay_seconds()

    def _reply(self, namespace: str, operation: Operation) -> Answer:
        if operation.one_way:
            return Answer(202, delay_seconds=self._delay)
        if operation.name not in self._replies:
            content = b""
            if operation.reply_element:
                reply = self._sampler.sample(operation.reply_element, self.behaviour.seed)
                content = spoken(operation, reply)
                content = content.partition(b"?>")[2] if content.startswith(b"<?xml") else content
            self._replies[operation.name] = content
        body = envelopes.envelope(namespace, self._replies[operation.name])
        return Answer(200, body, {"Content-Type": MEDIA[namespace]}, self._delay)

    def _detail(self, operation: Operation) -> bytes:
        """Return the detail element of a business fault, empty where the contract declares none."""
        if not any(self._schemas.describes(fault) for fault in operation.faults):
            return b""
        if operation.name not in self._details:
            if self._rejection is None:
                described = next(f for f in operation.faults if self._schemas.describes(f))
                detail = self._sampler.sample(described, self.behaviour.seed)
            else:
                detail = self._rejection
            self._details[operation.name] = xml.standalone(detail)
        return self._details[operation.name]

    def _checked_rejection(self) -> etree._Element | None:
        """Return the given detail element; ConfigError when no fault of the contract declares it so."""
        if not self.behaviour.rejection:
            return None
        declared = {fault for operation in self.port.usable for fault in operation.faults}
        try:
            element = etree.fromstring(self.behaviour.rejection.encode(), self._parser)
            if str(element.tag) not in declared:
                raise ConfigError(f"no operation declares a fault with {element.tag}: give one that is declared")
            self._schemas.validate(element, str(element.tag))
        except (etree.XMLSyntaxError, InvalidDocument) as error:
            raise ConfigError(f"the rejection cannot be used as a fault's detail: {error}") from error
        return element

    def _fault(self, namespace: str, code: str, text: str, detail: bytes = b"") -> Answer:
        status = 400 if namespace == xml.SOAP_12 and code == "Client" else 500
        body = envelopes.fault(namespace, code, text, detail)
        return Answer(status, body, {"Content-Type": MEDIA[namespace]}, self._delay)

    def _xpath(self, expression: str) -> Callable[[etree._Element], Any]:
        declared = etree.parse(str(self.contract.wsdl), xml.parser()).getroot().nsmap
        prefixes = {prefix: uri for prefix, uri in declared.items() if prefix} | dict(self.behaviour.namespaces)
        try:
            compiled = etree.XPath(expression, namespaces=prefixes, smart_strings=False)
            compiled(etree.Element("probe"))
        except etree.XPathError as error:
            why = f"the XPath {expression} cannot be used: {error}; give its prefixes a namespace"
            raise ConfigError(why) from error
        return compiled


def _plain(request: Request) -> bytes:
    content_type = request.headers.get("content-type", "")
    return xop.resolved(request.body, content_type, MOST_BODY_BYTES) if xop.is_multipart(content_type) else request.body


def _later(seconds: float, what: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, what)


def _action(request: Request) -> str:
    """Return the SOAP action: a header in SOAP 1.1, a parameter of the content type in SOAP 1.2."""
    found = _ACTION.search(request.headers.get("content-type", ""))
    return (found[1] if found else request.headers.get("soapaction", "")).strip('"')


def _hash(body: etree._Element) -> str:
    try:
        return xml.canonical_hash(body)
    except etree.C14NError:
        # A namespace that is a relative address has no canonical form (libxml2 2.14); hash what stands there.
        return hashlib.sha256(xml.standalone(body)).hexdigest()


def _true(found: Any) -> bool:
    return bool(found)


def _text(found: Any) -> str:
    if isinstance(found, list):
        node = found[0] if found else ""
        return node if isinstance(node, str) else str(node.xpath("string()"))
    return str(found)
