"""Answers on their way to the address that a caller named: allow-listed, resolved once, pinned, no redirects.

It stands where a partner's client stands. The address is in the message's wsa:To block.
"""

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from jmswrap import xml
from jmswrap.errors import PartnerError
from jmswrap.outcome import Called, Outcome
from jmswrap.partner.answered import Answered
from jmswrap.partner.calling import Client
from jmswrap.partner.reply import Parsers, interpret
from jmswrap.partner.transport import Limits, NoReply, PooledTransport
from jmswrap.partner.wire import Wire

_NONE: frozenset[str] = frozenset()
_PLAIN = re.compile(r"^[!-~]{1,2048}\Z")
"""An address as it stands in an HTTP request: no blanks, no line breaks, nothing beyond ASCII."""


class Barred(PartnerError):
    """A host that answers are not sent to."""

    code = "callback-barred"


@dataclass(frozen=True, slots=True)
class Destinations:
    """Where answers may go."""

    allow: tuple[str, ...]
    """``host`` (any port) or ``host:port``."""
    private: tuple[str, ...] = ()
    """Networks in which an allowed host may lie though they are not public."""

    def permits(self, address: str) -> bool:
        """Tell whether an address is on the list; its host is not looked up."""
        if not _PLAIN.match(address):
            return False
        try:
            parts = urlsplit(address)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
            return False
        port = port or (443 if parts.scheme == "https" else 80)
        written = f"[{host}]" if ":" in host else host
        return any(one.lower() in (host, written, f"{written}:{port}") for one in self.allow)

    def pin(self, host: str, port: int) -> str:
        """Return the one IP address to dial; Barred when any that the host has is not to be called."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise NoReply(Outcome.NAME_UNKNOWN, f"the host name {host} is not known") from error
        addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
        for address in addresses:
            if not self._may_dial(address):
                raise Barred(f"{host} is {address}, which is not a public address; name its network in `private`")
        return str(addresses[0])

    def _may_dial(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        # ::ffff:127.0.0.1 is 127.0.0.1; so is 2002:7f00:1::. What else holds one (NAT64) is reserved.
        plain = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
        site_local = isinstance(plain, ipaddress.IPv6Address) and plain.is_site_local
        if plain.is_global and not (plain.is_multicast or plain.is_reserved or site_local):
            return True
        networks = [ipaddress.ip_network(network, strict=False) for network in self.private]
        return any(plain.version == network.version and plain in network for network in networks)


class CallbackClient(Client):
    """Sends answers for one service; safe for several threads."""

    def __init__(self, name: str, destinations: Destinations, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self._destinations = destinations
        self._transport = PooledTransport(limits, pin=destinations.pin)
        self._parsers = Parsers()

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
        """Send an answer; ``operation`` is the SOAP version to speak, the headers name the message."""
        blocks = [etree.fromstring(header, self._parsers.parser) for header in headers]
        said = {etree.QName(block).localname: block.text or "" for block in reversed(blocks)}
        address, action = said.get("To", ""), said.get("Action", "")
        if not self._destinations.permits(address):
            # It was allowed when the message came; the list has changed since.
            return Called(Outcome.CANNOT_CALL, f"{address or 'no address'} is not in `callbacks.allow`")
        envelope, http_headers = _envelope(xml.ENVELOPES.get(operation, xml.SOAP_11), headers, body, action)
        try:
            return Answered(operation, self._transport.send(address, envelope, http_headers, wire or Wire()))
        except NoReply as error:
            return Called(error.outcome, f"{self.name}: {error}", error.http_status)
        except PartnerError as error:
            return Called(Outcome.CANNOT_CALL, str(error))

    def read(self, answered: Answered, wanted: bool = True) -> Called:
        """Say what the caller's answer means: it has nothing to say but a fault."""
        return interpret(answered.reply, self._parsers.parser, True, _NONE, wanted)

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()


def _envelope(soap: str, headers: Sequence[str], body: bytes, action: str) -> tuple[bytes, dict[str, str]]:
    before = f'<soap:Envelope xmlns:soap="{soap}"><soap:Header>{"".join(headers)}</soap:Header><soap:Body>'.encode()
    envelope = before + xml.undeclared(body) + b"</soap:Body></soap:Envelope>"
    if soap == xml.SOAP_12:
        return envelope, {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}
    return envelope, {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
