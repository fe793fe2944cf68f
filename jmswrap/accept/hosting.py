"""What a gateway process serves: services by name, each operation with its route's intake.

Built once, before the gateway's processes are forked; connections are made after
(``Engine``). The SOAP door reads these nouns and nothing else of the configuration.
"""

import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jmswrap import xml
from jmswrap.accept.asking import Question
from jmswrap.accept.clients import Clients, clients_of
from jmswrap.accept.commit import GroupCommit
from jmswrap.accept.intake import Intake
from jmswrap.accept.replies import Reply
from jmswrap.accept.tls import context
from jmswrap.config.consumers import consumers
from jmswrap.config.gateway_settings import Gateway
from jmswrap.config.route_settings import AnswerStyle, Route
from jmswrap.config.settings import Config, Service
from jmswrap.contract import answers
from jmswrap.contract.actions import Actions, actions
from jmswrap.contract.nouns import Operation
from jmswrap.contract.publish import Published
from jmswrap.contract.reading import read
from jmswrap.contract.schemas import Schemas
from jmswrap.errors import ConfigError
from jmswrap.message import Message
from jmswrap.partner.callback import Destinations


@dataclass(frozen=True, slots=True)
class WriteOperation:
    """An operation of a Write service, and where its messages go."""

    name: str
    element: str
    """The body element it takes, ``{ns}local``."""
    soap_action: str
    """What the contract says the action is; empty when it says nothing."""
    headers: frozenset[str]
    """The SOAP header blocks the contract declares."""
    intake: Intake
    actions: Actions
    """Its WS-Addressing actions."""
    style: AnswerStyle = AnswerStyle.RECEIPT
    """What its caller gets."""
    answer_seconds: float = 0
    """How long its caller is kept waiting, where it is."""
    keep_answer_ms: int = 0
    """How long GetResponse gives its answer."""
    partner: str = ""
    """Who is called; empty when its messages go to a queue."""
    faults: frozenset[str] = frozenset()
    """The detail elements of the faults that the contract declares."""


@dataclass(frozen=True, slots=True)
class AskOperation:
    """An operation that tells of messages; the contract's answers port has it."""

    name: str
    element: str
    soap_action: str
    actions: Actions
    headers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WriteService:
    """A service derived from a contract: its bodies stay XML."""

    name: str
    published: Published
    schemas: Schemas
    operations: Mapping[str, WriteOperation]
    """By body element."""
    questions: Mapping[str, AskOperation]
    """By body element; none when the contract does not offer them."""
    routes: tuple[str, ...]
    """The routes that begin here."""
    destinations: Destinations | None
    """Where its callers may want their answers; None: on the connection only."""


@dataclass(frozen=True, slots=True)
class TypedService:
    """A Spyne service class that a user wrote."""

    name: str
    python: str
    """``module:Class``."""
    address: str
    """The public address its WSDL names."""


Hosted = WriteService | TypedService


@dataclass(frozen=True, slots=True)
class Hosting:
    """Everything the gateway serves."""

    integration: str
    services: Mapping[str, Hosted]
    queues: Mapping[str, str]
    """For each queue of the integration, the route that consumes it (empty: none)."""
    settings: Gateway
    clients: Clients
    tls: ssl.SSLContext | None
    """None: connections are not encrypted here."""


FirstUse = Callable[[str, bytes, int], Awaitable[bool]]
"""Whether a caller (user name) uses a nonce for the first time; it is then remembered for some ms."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A gateway process's live parts, opened after the fork in its event loop."""

    commit: GroupCommit
    ready: Callable[[], Awaitable[None]]
    """Raises Unavailable while the store cannot be trusted with a message."""
    close: Callable[[], Awaitable[None]]
    first_use: FirstUse
    alarm_seconds: float = 60.0
    """Between two lines of the log about trouble that lasts."""
    answers: "Answers | None" = None
    """None: every call is answered with a receipt."""
    renewals: "Renewals | None" = None
    """None: what is served stays as it is."""


class Answers(Protocol):
    """How calls are answered; ``answering.Answering`` in life."""

    async def answer(self, operation: WriteOperation, service: WriteService, message: Message) -> Reply:
        """Do with a message what its operation's style says."""

    async def told(self, service: WriteService, question: Question) -> Reply:
        """Answer a question about a message."""


Renew = Callable[[Hosting, Engine], None]
"""Goes on with another generation, in the event loop of the process."""


class Renewals(Protocol):
    """Looks for new generations; ``app/gateway_renewal.py`` in life."""

    def start(self, renew: Renew) -> None:
        """Begin to look, in the event loop of the process."""

    def ask(self) -> None:
        """Look now."""


Open = Callable[[], Awaitable[Engine]]
"""Opens a process's engine; called once in each, in its event loop."""


def hosting(config: Config, folder: Path, address: str) -> Hosting:
    """Return what an integration's gateway serves.

    ``address`` is the public address without a path (``http://host:port``). Raises
    ConfigError or ContractError.
    """
    services = {name: _hosted(config, name, folder, address) for name in config.services}
    clients = clients_of(config, folder, os.environ)
    tls = context(config.gateway.tls, folder, os.environ)
    return Hosting(config.name, services, consumers(config), config.gateway, clients, tls)


def _hosted(config: Config, name: str, folder: Path, address: str) -> Hosted:
    service = config.services[name]
    own_address = f"{address.rstrip('/')}/services/{name}"
    if service.python:
        return TypedService(name, service.python, own_address)
    return write_service(config, name, folder / service.wsdl, own_address)


def write_service(config: Config, name: str, wsdl: Path, address: str) -> WriteService:
    """Return a Write service from its contract file and the routes that begin at it."""
    settings = config.services[name]
    contract = read(wsdl)
    port = contract.port(settings.service, settings.port)
    routes = _routes_of(config, name)
    operations = {
        element: _write_operation(
            config,
            name,
            operation,
            routes,
            actions(contract.target_namespace, port.port_type, operation.name, operation.soap_action),
        )
        for element, operation in port.elements.items()
    }
    schemas = Schemas.of(wsdl)
    asked = {
        e: _question(n, e, contract.target_namespace) for n, e in answers.QUESTIONS.items() if schemas.describes(e)
    }
    begun = tuple(route for route, _ in routes.values())
    return WriteService(name, Published(wsdl, address), schemas, operations, asked, begun, destinations(settings))


def destinations(settings: Service) -> Destinations | None:
    """Return where a service's callers may want their answers."""
    callbacks = settings.callbacks
    return None if callbacks is None else Destinations(callbacks.allow, callbacks.private)


def _question(name: str, element: str, namespace: str) -> AskOperation:
    action = answers.action(name)
    return AskOperation(name, element, action, actions(namespace, "Answers", name, action))


def _routes_of(config: Config, service: str) -> dict[str, tuple[str, Route]]:
    """By operation; the empty name is the route that takes all that no other names."""
    routes = ((name, route) for name, route in config.routes.items() if route.source.service == service)
    return {route.source.operation: (name, route) for name, route in routes}


def _write_operation(
    config: Config, service: str, operation: Operation, routes: Mapping[str, tuple[str, Route]], known: Actions
) -> WriteOperation:
    found = routes.get(operation.name) or routes.get("")
    if found is None:
        raise ConfigError(
            f"No route begins at operation {operation.name} of service {service}; "
            f"add one with `from: {{service: {service}, operation: {operation.name}}}`."
        )
    name, route = found
    # Passwords travel in this block: it is understood or refused at the door, and never kept.
    headers = frozenset(operation.headers) - {xml.WSSE_SECURITY}
    queue, others = config.queue_of(name), config.other_queues(name)
    intake = Intake.compile(name, route, queue, config.namespaces, tuple(headers), others)
    return WriteOperation(
        operation.name,
        operation.element,
        operation.soap_action,
        headers,
        intake,
        known,
        style=route.answer,
        answer_seconds=route.answer_seconds,
        keep_answer_ms=round(route.keep_answer_seconds * 1000),
        partner=route.to.partner or "",
        faults=frozenset(operation.faults),
    )
