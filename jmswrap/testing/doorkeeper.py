"""Whom a simulated partner lets in: HTTP Basic, UsernameToken with text or digest, no nonce twice."""

import base64
import binascii
import hashlib
import hmac
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import etree

from jmswrap.config import secrets
from jmswrap.testing.scenario import Password, Wanted

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
_IN = f"{{{WSSE}}}"
_WINDOW = timedelta(minutes=5)
_NONCES_KEPT = 100_000


class Doorkeeper:
    """Knows one user each way; ConfigError when a password is missing."""

    def __init__(self, wanted: Wanted, folder: Path, environment: Mapping[str, str]) -> None:
        self._basic = _known(wanted.basic, folder, environment)
        self._token = _known(wanted.username_token, folder, environment)
        self._seen: set[str] = set()
        self._order: deque[str] = deque()

    def lets_in(self, authorization: str) -> bool:
        """Tell whether an Authorization header is what is wanted."""
        if self._basic is None:
            return True
        expected = base64.b64encode(f"{self._basic[0]}:{self._basic[1]}".encode()).decode()
        return hmac.compare_digest(authorization.encode(), f"Basic {expected}".encode())

    def objects(self, envelope: etree._Element) -> str:
        """Return why an envelope's UsernameToken is not taken; empty when it is."""
        if self._token is None:
            return ""
        token = envelope.find(f"{{*}}Header/{_IN}Security/{_IN}UsernameToken")
        if token is None:
            return "there is no UsernameToken"
        password = token.findtext(f"{_IN}Password") or ""
        digest = (token.find(f"{_IN}Password") is not None) and str(
            token.find(f"{_IN}Password").get("Type", "")  # type: ignore[union-attr]
        ).endswith("#PasswordDigest")
        expected = self._token[1]
        if digest:
            nonce, created = token.findtext(f"{_IN}Nonce") or "", token.findtext(f"{_WSU}Created") or ""
            if objection := self._stale(nonce, created):
                return objection
            expected = _digest(nonce, created, expected)
        name_right = (token.findtext(f"{_IN}Username") or "") == self._token[0]
        right = hmac.compare_digest(password.encode(), expected.encode()) and name_right
        return "" if right else "the user name or password is wrong"

    def _stale(self, nonce: str, created: str) -> str:
        try:
            moment = datetime.fromisoformat(created.replace("Z", "+00:00"))
        except ValueError:
            return "Created is no time"
        if abs(datetime.now(UTC) - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))) > _WINDOW:
            return "Created is not now"
        if nonce in self._seen:
            return "the nonce came before"
        self._seen.add(nonce)
        self._order.append(nonce)
        if len(self._order) > _NONCES_KEPT:
            self._seen.discard(self._order.popleft())
        return ""


def _digest(nonce: str, created: str, password: str) -> str:
    try:
        raw = base64.b64decode(nonce, validate=True)
    except binascii.Error:
        return "no digest of ours"
    # The UsernameToken profile says SHA-1.
    return base64.b64encode(hashlib.sha1(raw + created.encode() + password.encode()).digest()).decode()  # noqa: S324


def _known(user: Password | None, folder: Path, environment: Mapping[str, str]) -> tuple[str, str] | None:
    return None if user is None else (user.username, secrets.resolve(user.password, folder, environment).text)
