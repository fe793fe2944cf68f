"""OAuth 2 client credentials: a token for all calls of a process, renewed before it expires.

One refresh at a time: who comes meanwhile waits for it and shares what it came to. A token
stays in this process; it is never written anywhere.
"""

import base64
import json
import re
import threading
from typing import Any
from urllib.parse import quote_plus, urlencode

from jmswrap import clock
from jmswrap.config.security_settings import OAuth, SendsClient
from jmswrap.outcome import Outcome
from jmswrap.partner.credential import Credential
from jmswrap.partner.transport import HttpReply, Limits, NoReply, PooledTransport
from jmswrap.partner.wire import Aborted, Wire

_LIMITS = Limits(connect_seconds=5, read_seconds=10, total_seconds=15, max_reply_bytes=65_536)
_UNSAID_SECONDS = 300.0
"""How long a token is used whose endpoint does not say when it expires."""
_LOOK_SECONDS = 0.2
"""How often one that waits for another's refresh looks whether its call was ended."""
_WORD = re.compile(r"[a-z_]{1,40}\Z")
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}\Z")


class Tokens:
    """The tokens of one client. Safe for several threads."""

    def __init__(self, settings: OAuth, secret: Credential, transport: PooledTransport | None = None) -> None:
        self._settings = settings
        self._secret = secret
        self._transport = transport or PooledTransport(_LIMITS)
        self._refreshing = threading.Lock()
        self._token = ""
        self._until = 0.0
        self._failed: tuple[float, NoReply] | None = None

    def token(self, wire: Wire) -> str:
        """Return a token that is good for now; NoReply with ``NO_TOKEN`` when there is none to be had."""
        since = clock.monotonic()
        if self._token and since < self._until:
            return self._token
        self._wait(wire)
        try:
            if self._token and clock.monotonic() < self._until:
                return self._token
            if self._failed is not None and self._failed[0] >= since:
                raise self._failed[1]
            return self._refreshed(wire)
        finally:
            self._refreshing.release()

    def discard(self, token: str) -> None:
        """Forget a token that the partner refused, unless another one has taken its place."""
        with self._refreshing:
            if token == self._token:
                self._token = ""

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    def _wait(self, wire: Wire) -> None:
        try:
            while not self._refreshing.acquire(timeout=wire.left(_LOOK_SECONDS)):
                pass
        except Aborted as error:
            raise NoReply(Outcome.NOT_SENT, f"nothing was sent: {error}") from error
        except TimeoutError as error:
            raise _no_token(f"{self._settings.token_url} gave no token in time") from error

    def _refreshed(self, wire: Wire) -> str:
        body, headers = self._request()
        begun = clock.monotonic()
        try:
            reply = self._transport.send(self._settings.token_url, body, headers, wire.beside())
            self._keep(reply, begun)
        except NoReply as error:
            if wire.aborted:
                raise NoReply(Outcome.NOT_SENT, "nothing was sent: the worker ended the call") from error
            if error.outcome is not Outcome.NO_TOKEN:
                error = _no_token(f"{self._settings.token_url} gave no token: {error}")
            self._failed = (clock.monotonic(), error)
            raise error from None
        return self._token

    def _request(self) -> tuple[bytes, dict[str, str]]:
        settings = self._settings
        form = {"grant_type": "client_credentials", "scope": settings.scope, "audience": settings.audience}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if settings.sends is SendsClient.BODY:
            form |= {"client_id": settings.client_id, "client_secret": self._secret.text}
        else:
            # RFC 6749 §2.3.1: both are form-encoded before they become user name and password.
            pair = f"{quote_plus(settings.client_id)}:{quote_plus(self._secret.text)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return urlencode({name: value for name, value in form.items() if value}).encode(), headers

    def _keep(self, reply: HttpReply, begun: float) -> None:
        said = _parsed(reply.content)
        if reply.status_code != 200:
            # Only the word that RFC 6749 §5.2 defines: the rest may repeat what was sent.
            word = str(said.get("error", ""))
            end = f", {word}" if _WORD.match(word) else ""
            raise _no_token(f"{self._settings.token_url} gave no token: HTTP {reply.status_code}{end}")
        token = said.get("access_token")
        if not isinstance(token, str) or not _TOKEN.match(token):
            raise _no_token(f"{self._settings.token_url} answered without an access_token")
        if str(said.get("token_type", "bearer")).lower() != "bearer":
            raise _no_token(f"{self._settings.token_url} gave a token that is no bearer token")
        lasts = _seconds(said.get("expires_in"))
        self._token, self._until = token, begun + max(lasts - self._settings.margin_seconds, lasts / 2)
        self._failed = None


def _no_token(sentence: str) -> NoReply:
    return NoReply(Outcome.NO_TOKEN, sentence)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _seconds(value: object) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        return _UNSAID_SECONDS
    return min(max(seconds, 0.0), 86_400.0) if seconds == seconds else _UNSAID_SECONDS
