"""Partners as this process calls them: one client each, made once, with its credentials."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jmswrap import log, xml
from jmswrap.app.contracts import Contracts
from jmswrap.app.integration import Integration
from jmswrap.config.partner_settings import Addressing, Partner
from jmswrap.config.security_settings import OAuth
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding
from jmswrap.contract.nouns import RPC, Body, Port
from jmswrap.contract.unknown import UnknownElements
from jmswrap.errors import ConfigError, ContractError
from jmswrap.partner import definition
from jmswrap.partner.authentication import Authentication
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.credential import Credential
from jmswrap.partner.forms import Form
from jmswrap.partner.oauth import Tokens
from jmswrap.partner.transport import Limits, PooledTransport
from jmswrap.partner.watch import Watch

_LOG = log.get(__name__)

NAMESPACES = {Addressing.CONTRACT: "", Addressing.WSA_10: xml.WSA_10, Addressing.WSA_0408: xml.WSA_0408}


class Partners:
    """The clients of a process, made when first asked for; ask before work starts."""

    def __init__(self, integration: Integration) -> None:
        self._integration = integration
        self._clients: dict[str, PartnerClient] = {}
        self._tokens: dict[OAuth, Tokens] = {}

    def client(self, name: str) -> PartnerClient:
        """Return a partner's client; ConfigError when a secret is missing, ContractError."""
        if name not in self._clients:
            self._clients[name] = self._made(name, self._integration.config.partners[name])
        return self._clients[name]

    def _made(self, name: str, settings: Partner) -> PartnerClient:
        folder = self._integration.folder
        port = self._integration.partners[name].port(settings.service, settings.port)
        try:
            authentication = Authentication.of(settings, folder, os.environ, self._shared(settings, folder))
        except ConfigError as error:
            raise ConfigError(f"partner {name}: {error}") from error
        return PartnerClient(
            name,
            folder / settings.wsdl,
            service=settings.service,
            port=settings.port,
            address=settings.address,
            limits=limits(settings),
            authentication=authentication,
            mtom_over_bytes=settings.mtom_over_bytes if settings.mtom else None,
            addressing=NAMESPACES[settings.addressing],
            forms=forms(port),
            watch=_watch(name, folder / settings.wsdl, port),
            left_out=frozenset(o.name for o in port.operations.values() if o.problem),
            silent=frozenset(o.name for o in port.usable if o.silent),
        )

    def _shared(self, settings: Partner, folder: Path) -> Tokens | None:
        """Return the tokens of a client that several partners may share."""
        oauth = settings.security.oauth
        if oauth is not None and oauth not in self._tokens:
            self._tokens[oauth] = Tokens(oauth, Credential(oauth.client_secret, folder, os.environ))
        return None if oauth is None else self._tokens[oauth]


def unloadable(config: Config, contracts: Contracts, folder: Path) -> Iterator[Finding]:
    """Yield the partners whose contract can be read and zeep cannot load, so that no worker would start."""
    clients: dict[str, Any] = {}
    for name in contracts.partner_ports:
        settings = config.partners[name]
        wsdl = folder / settings.wsdl
        try:
            if settings.wsdl not in clients:
                clients[settings.wsdl] = definition.load(wsdl, PooledTransport(Limits()))
            definition.port(clients[settings.wsdl], wsdl, settings.service, settings.port)
        except ContractError as error:
            remedy = "`jmswrap wrap` makes a contract for calls alone of a WSDL like that"
            yield ("partners", name, "wsdl"), f"{str(error).rstrip('.')}; {remedy}"


def _watch(name: str, wsdl: Path, port: Port) -> Watch | None:
    """Return what looks at replies; nothing where one of them has no schema of its own."""
    if any(o.reply is not None and o.reply.form != RPC for o in port.usable):
        return None
    try:
        return Watch(UnknownElements(wsdl).of)
    except ContractError as error:
        # Calls need no schemas; what a person loses is a finding of `health`.
        _LOG.warning("replies-not-watched", partner=name, reason=error)
        return None


def forms(port: Port) -> dict[str, Form]:
    """Return how bodies are stored and sent, for the operations where that differs."""
    bodies = {o.name: (o.request, o.reply) for o in port.usable if o.request is not None}
    return {name: _form(request, reply) for name, (request, reply) in bodies.items()}


def _form(request: Body, reply: Body | None) -> Form:
    renamed = reply is not None and reply.form == RPC
    return Form(request.form, request.element, request.wire, reply.element if reply and renamed else "")


def limits(settings: Partner) -> Limits:
    """Return how long a partner's calls may take and how large its replies may be."""
    return Limits(
        connect_seconds=settings.timeouts.connect_seconds,
        read_seconds=settings.timeouts.read_seconds,
        total_seconds=settings.timeouts.total_seconds,
        keepalive_idle_seconds=settings.keepalive_idle_seconds,
        max_reply_bytes=settings.max_reply_bytes,
    )
