"""Who may call: from what HTTP, TLS and WS-Security say to a client, or the fault that says why not.

What HTTP and TLS say is judged before the body is read, WS-Security before the body is
validated, and permission by the operation that the body is, never by the SOAPAction.
"""

import base64
import binascii
import time
from collections.abc import Mapping, Sequence
from typing import Any

from jmswrap import log
from jmswrap.accept.clients import Caller, Clients, Plain
from jmswrap.accept.hosting import FirstUse
from jmswrap.accept.tls import Peer
from jmswrap.config.gateway_settings import Pages, Security, Way
from jmswrap.soap import wsse
from jmswrap.soap.envelope import Envelope
from jmswrap.soap.faults import SoapFault
from jmswrap.soap.wsse import UsernameToken

PEER = "jmswrap.peer"
"""Where the connection notes who is at its other end, in the ASGI scope."""
LONGEST_CREDENTIALS = 4096
LINES = 10
"""Lines about refused callers that a process writes in ``LINES_SECONDS``."""
LINES_SECONDS = 10.0

_CHALLENGE = (b"www-authenticate", b'Basic realm="jmswrap", charset="UTF-8"')
_WRONG = "The user name or the password is wrong; correct them."

_LOG = log.get(__name__)


class Visit:
    """One call on its way through the door."""

    __slots__ = ("_admission", "_scope", "caller", "client", "is_open")

    def __init__(self, admission: "Admission", scope: Mapping[str, Any], caller: Caller | None) -> None:
        self._admission = admission
        self._scope = scope
        self.is_open = not admission.asks
        """Nobody is asked who calls."""
        self.client = ""
        """The client's name; empty when nobody is asked."""
        self.caller = caller
        """Who it is, as far as is known."""

    async def admit(self, envelope: Envelope, service: str, operation: str) -> Envelope:
        """Return the envelope without the header that was consumed; SoapFault for who may not call.

        An empty operation is one the service does not have: who is known is told so later.
        """
        if self.is_open:
            return envelope
        try:
            self.caller, envelope = await self._admission.by_envelope(envelope, self.caller)
            self.client = self.caller.name
            if operation and not self.caller.may(service, operation):
                raise SoapFault(
                    f"Client {self.caller.name} may not call {service}.{operation}; ask the operator to permit it.",
                    code="forbidden",
                    status=403,
                )
        except SoapFault as fault:
            self._admission.say(fault, self._scope, self.client)
            raise
        return envelope


class Admission:
    """The rules of one gateway process."""

    def __init__(self, settings: Security, clients: Clients, first_use: FirstUse) -> None:
        self._settings = settings
        self._ways = frozenset(settings.accept)
        self._by_token = bool(self._ways & {Way.TEXT, Way.DIGEST})
        self._clients = clients
        self._first_use = first_use
        self._lines = _Lines()
        self.asks = bool(self._ways)
        """Callers must show who they are."""
        self.anybody = None if self.asks else Visit(self, {}, None)
        """The one visit of everybody, where nobody is asked: it has nothing of its own."""

    async def visit(self, scope: Mapping[str, Any]) -> Visit:
        """Judge what HTTP and TLS say; SoapFault when that is wrong or, without another way, missing."""
        try:
            caller = await self._by_http(scope)
            if caller is None and not self._by_token:
                raise self._unknown()
        except SoapFault as fault:
            self.say(fault, scope, "")
            raise
        return Visit(self, scope, caller)

    async def may_look(self, scope: Mapping[str, Any], is_probe: bool) -> bool:
        """Tell whether a page may be shown."""
        shown = self._settings.open_pages
        if not self.asks or shown is Pages.ALL or (is_probe and shown is Pages.PROBES):
            return True
        try:
            return await self._by_http(scope) is not None
        except SoapFault as fault:
            self.say(fault, scope, "")
            return False

    def challenge(self) -> tuple[tuple[bytes, bytes], ...]:
        """Return the header that asks for a user name, where one can be sent."""
        return (_CHALLENGE,) if Way.BASIC in self._ways else ()

    def say(self, fault: SoapFault, scope: Mapping[str, Any], client: str) -> None:
        """Write a line about a refusal; not too many of them, and no secrets."""
        address = (scope.get("client") or ("-",))[0]
        what = fault.subcode[2] if fault.subcode else fault.code
        self._lines.say("not-admitted", address=address, path=scope["path"][:200], why=what, client=client or "-")

    async def by_envelope(self, envelope: Envelope, caller: Caller | None) -> tuple[Caller, Envelope]:
        """Return who calls and the envelope without its security header."""
        # Without a WS-Security way, the header is one that nobody here understands.
        security, rest = wsse.take(envelope) if self._by_token else (None, envelope)
        if security is not None:
            self._check_times(security)
            if security.token is not None:
                caller = self._same(caller, await self._by_username_token(security.token))
        elif self._by_token and self._settings.timestamp_required and caller is None:
            raise wsse.invalid("The security header is missing; send one with a UsernameToken and a Timestamp.")
        if caller is None:
            raise self._unknown()
        return caller, rest

    async def _by_http(self, scope: Mapping[str, Any]) -> Caller | None:
        caller: Caller | None = None
        peer = scope.get(PEER)
        if Way.CERTIFICATE in self._ways and isinstance(peer, Peer):
            caller = self._clients.by_certificate(peer.certificate)
        if Way.BASIC in self._ways:
            given = [value for name, value in scope["headers"] if name == b"authorization"]
            if given:
                caller = self._same(caller, await self._by_basic(given))
        return caller

    async def _by_basic(self, given: Sequence[bytes]) -> Caller:
        username, password = _basic(given)
        found = await self._clients.by_password(username, password)
        if found is None:
            raise self._refused(_WRONG)
        return found

    async def _by_username_token(self, token: UsernameToken) -> Caller:
        self._check_created(token)
        if (Way.DIGEST if token.is_digest else Way.TEXT) not in self._ways:
            kind = "text" if token.is_digest else "digest"
            raise wsse.failed(f"This gateway does not take passwords sent so; send the password as {kind}.")
        if token.is_digest:
            found = self._by_digest(token)
        else:
            found = await self._clients.by_password(token.username, token.password)
        if found is None:
            raise wsse.failed(_WRONG)
        # Last, so that nobody can use up the nonces of others.
        if token.nonce and not await self._first_use(token.username, token.nonce, self._keep_ms()):
            raise wsse.invalid("The nonce was used before; make a new one for each message.")
        return found

    def _by_digest(self, token: UsernameToken) -> Caller | None:
        caller = self._clients.by_username(token.username)
        known = [one for one in caller.passwords if isinstance(one, Plain)] if caller is not None else []
        return caller if any([token.fits(one.value) for one in known]) else None  # noqa: C419 - in constant time

    def _keep_ms(self) -> int:
        """Return how long a message could be repeated: its window, and both clocks' errors."""
        return round((self._settings.window_seconds + 2 * self._settings.skew_seconds) * 1000)

    def _check_created(self, token: UsernameToken) -> None:
        if not token.created_ms:
            return
        now_ms, skew_ms = time.time() * 1000, self._settings.skew_seconds * 1000
        if token.created_ms > now_ms + skew_ms:
            raise wsse.invalid("Created lies in the future; set the sender's clock.")
        if token.created_ms < now_ms - skew_ms - self._settings.window_seconds * 1000:
            raise wsse.expired("The UsernameToken is too old; make a new one for each message.")

    def _check_times(self, security: wsse.Security) -> None:
        if not security.has_timestamp:
            if self._settings.timestamp_required:
                raise wsse.invalid("The security header has no Timestamp; send one with Created and Expires.")
            return
        now_ms, skew_ms = time.time() * 1000, self._settings.skew_seconds * 1000
        created_ms, expires_ms = security.created_ms, security.expires_ms
        if self._settings.timestamp_required and not created_ms:
            raise wsse.invalid("The Timestamp has no Created, so that nobody knows how old it is; send one with it.")
        if created_ms > now_ms + skew_ms:
            raise wsse.invalid("The Timestamp's Created lies in the future; set the sender's clock.")
        if expires_ms and expires_ms <= created_ms:
            raise wsse.invalid("The Timestamp expires before it was created; correct it.")
        too_old = created_ms and created_ms < now_ms - skew_ms - self._settings.window_seconds * 1000
        if (expires_ms and expires_ms < now_ms - skew_ms) or too_old:
            raise wsse.expired("The Timestamp has expired; make a new one for each message.")

    def _same(self, one: Caller | None, other: Caller) -> Caller:
        if one is not None and one is not other:
            raise self._refused("The call shows who two different clients are; send the credentials of one.")
        return other

    def _unknown(self) -> SoapFault:
        """Return the fault for who showed nothing."""
        if Way.BASIC in self._ways:
            return self._refused("This gateway must know who calls; send a user name and a password (HTTP Basic).")
        if self._by_token:
            return wsse.failed("This gateway must know who calls; send a wsse:Security header with a UsernameToken.")
        return self._refused("This gateway must know who calls; connect with a certificate that a client here has.")

    def _refused(self, sentence: str) -> SoapFault:
        challenge = self.challenge()
        # 401 must name a way to authenticate (RFC 9110 §15.5.2); for a certificate there is none.
        return SoapFault(sentence, code="not-authenticated", status=401 if challenge else 403, headers=challenge)


class _Lines:
    """Log lines that callers can cause: some in a while, then how many more there were."""

    def __init__(self) -> None:
        self._began = 0.0
        self._said = 0

    def say(self, event: str, **pairs: Any) -> None:
        now = time.monotonic()
        if now - self._began > LINES_SECONDS:
            if self._said > LINES:
                _LOG.warning("not-admitted-more", count=self._said - LINES)
            self._began, self._said = now, 0
        self._said += 1
        if self._said <= LINES:
            _LOG.warning(event, **pairs)


def _basic(given: Sequence[bytes]) -> tuple[str, bytes]:
    """Return user name and password (RFC 7617); SoapFault 400 when the header cannot be read."""
    scheme, _, rest = given[0].strip().partition(b" ")
    if len(given) == 1 and scheme.lower() == b"basic" and len(rest) <= LONGEST_CREDENTIALS:
        try:
            username, colon, password = base64.b64decode(rest.strip(), validate=True).partition(b":")
            if colon:
                return username.decode("utf-8"), password
        except (binascii.Error, UnicodeDecodeError):
            pass
    raise SoapFault(
        "The Authorization header cannot be read; send it once, as Basic with a user name and a password in UTF-8.",
        code="not-authenticated",
        status=401,
        headers=(_CHALLENGE,),
    )
