"""What a partner wants to see with each call, made anew for each attempt.

``Authentication.of`` reads the settings and resolves the secrets once, when a process
starts; nothing of them leaves this folder but on the wire to the partner.
"""

import base64
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from lxml import etree
from zeep import ns
from zeep.wsse.compose import Compose

from jmswrap import xml
from jmswrap.config import secrets
from jmswrap.config.partner_settings import Partner
from jmswrap.config.security_settings import Security, Timestamp
from jmswrap.config.security_settings import Signature as SignatureSettings
from jmswrap.errors import ConfigError
from jmswrap.partner.credential import Credential
from jmswrap.partner.headers import HeaderBlock
from jmswrap.partner.oauth import Tokens
from jmswrap.partner.tls import Trust
from jmswrap.partner.wire import Wire
from jmswrap.partner.wsse import SECURITY, FreshTimestamp, FreshToken, Signed

Secrets = Mapping[str, str]
"""The environment that ``env:`` references are looked up in."""


class Authentication:
    """How one partner is told who calls. Safe for several threads; without settings it adds nothing."""

    def __init__(self) -> None:
        self._headers: dict[str, str | Credential] = {}
        self._basic: tuple[str, Credential] | None = None
        self._tokens: Tokens | None = None
        self._parts: list[Any] = []
        self._signed: Signed | None = None
        self._own_blocks: tuple[HeaderBlock, ...] = ()
        self._must_understand = False
        self.context: Any = ssl.create_default_context
        """Gives the TLS context of a new connection."""

    @classmethod
    def of(cls, settings: Partner, folder: Path, environment: Secrets, tokens: Tokens | None = None) -> Self:
        """Return what the settings ask for; ConfigError when a secret or a file cannot be used.

        ``tokens`` are given where several partners share a client of one token endpoint.
        """
        made, security = cls(), settings.security

        def secret(reference: str) -> Credential:
            return Credential(reference, folder, environment)

        made._headers = {
            name: Credential(value, folder, environment, ascii=True) if secrets.is_reference(value) else value
            for name, value in settings.http_headers.items()
            if value
        }
        if security.basic is not None:
            made._basic = (security.basic.username, secret(security.basic.password))
        if security.oauth is not None:
            made._tokens = tokens or Tokens(security.oauth, secret(security.oauth.client_secret))
        made._parts, made._signed = _parts(security, folder, secret)
        made._must_understand = security.must_understand
        made._own_blocks = tuple(HeaderBlock(folder / name, secret) for name in settings.soap_headers)
        password = secret(settings.tls.key_password) if settings.tls.key_password else None
        made.context = Trust(settings.tls, folder, password).context
        return made

    @property
    def secures(self) -> bool:
        """It puts a WS-Security header into every envelope."""
        return bool(self._parts or self._signed)

    @property
    def signs(self) -> bool:
        """It signs every envelope."""
        return self._signed is not None

    def blocks(self, envelope_namespace: str, operation: str) -> list[str]:
        """Return the header blocks for one attempt."""
        blocks = [block.text(operation) for block in self._own_blocks]
        if self.secures:
            blocks.insert(0, self._security(envelope_namespace))
        return blocks

    def taken(self, headers: Mapping[str, str], wire: Wire) -> dict[str, str]:
        """Return the HTTP headers of one attempt, the call's own among them; NoReply without a token."""
        taken = dict(headers)
        for name, value in self._headers.items():
            taken[name] = value.text if isinstance(value, Credential) else value
        if self._basic is not None:
            pair = f"{self._basic[0]}:{self._basic[1].text}"
            taken["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        if self._tokens is not None:
            taken["Authorization"] = f"Bearer {self._tokens.token(wire)}"
        return taken

    def renewed(self, taken: Mapping[str, str]) -> bool:
        """Give up the token that a partner answered 401 to; tell whether another one is to be had."""
        if self._tokens is None:
            return False
        self._tokens.discard(taken["Authorization"].removeprefix("Bearer "))
        return True

    def signed(self, envelope: bytes) -> bytes:
        """Return the envelope signed, where the partner wants it so."""
        if self._signed is None:
            return envelope
        root = etree.fromstring(envelope, xml.parser())
        self._signed.apply(root, {})
        return etree.tostring(root, xml_declaration=True, encoding="utf-8")

    def verify(self, envelope: bytes) -> None:
        """Raise Untrusted when a reply must be signed and is not, or not properly."""
        if self._signed is not None:
            self._signed.verify(etree.fromstring(envelope, xml.parser()))

    def close(self) -> None:
        """Close the idle connections to the token endpoint."""
        if self._tokens is not None:
            self._tokens.close()

    def _security(self, namespace: str) -> str:
        envelope = etree.Element(f"{{{namespace}}}Envelope", nsmap={"soap": namespace})
        header = etree.SubElement(envelope, f"{{{namespace}}}Header")
        declared = {"wsse": ns.WSSE, "wsu": ns.WSU}
        security = etree.SubElement(header, SECURITY, nsmap=declared)
        if self._must_understand:
            security.set(f"{{{namespace}}}mustUnderstand", "1")
        Compose(self._parts).apply(envelope, {})  # type: ignore[no-untyped-call]
        return xml.standalone(security).decode()


def _parts(security: Security, folder: Path, secret: Callable[[str], Credential]) -> tuple[list[Any], Signed | None]:
    parts: list[Any] = []
    if security.username_token is not None:
        token = security.username_token
        parts.append(FreshToken(token.username, secret(token.password), token.digest))
    timestamp = security.timestamp or (Timestamp.model_validate({}) if security.signature else None)
    if timestamp is not None:
        parts.append(FreshTimestamp(timestamp.lifetime_seconds))
    return parts, None if security.signature is None else _signed(security.signature, folder, secret)


def _signed(settings: SignatureSettings, folder: Path, secret: Callable[[str], Credential]) -> Signed:
    try:
        return Signed(
            folder / settings.key,
            folder / settings.certificate,
            password=secret(settings.key_password) if settings.key_password else None,
            algorithm=settings.algorithm,
            reference=settings.reference,
            verify=folder / settings.verify if settings.verify else None,
        )
    except ConfigError as error:
        raise ConfigError(f"signature: {error}") from error
