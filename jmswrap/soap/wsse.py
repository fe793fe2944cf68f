"""The WS-Security header of a call: a UsernameToken, a Timestamp, nothing else.

OASIS WSS SOAP Message Security 1.1 and UsernameToken Profile 1.1. Reads the block into
plain values and raises the profile's faults; who the caller is decides ``admission.py``.
What is not read here (signatures, other tokens) is refused, never passed over.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from jmswrap.soap.envelope import Envelope, is_due
from jmswrap.soap.faults import SoapFault
from jmswrap.xml import WSSE, WSSE_SECURITY, WSU

LONGEST = 1024
"""The longest value in a token, characters."""

_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_TOKEN, _TIMESTAMP = f"{{{WSSE}}}UsernameToken", f"{{{WSU}}}Timestamp"
_USERNAME, _PASSWORD, _NONCE = (f"{{{WSSE}}}{local}" for local in ("Username", "Password", "Nonce"))
_CREATED, _EXPIRES = f"{{{WSU}}}Created", f"{{{WSU}}}Expires"
_INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,12})?(Z|[+-]\d\d:\d\d)?$")


@dataclass(frozen=True, slots=True)
class UsernameToken:
    """Who the caller says it is, and how it proves it."""

    username: str
    password: bytes = field(repr=False)
    """The password, or its digest (20 bytes)."""
    is_digest: bool
    nonce: bytes
    created: str
    """As written: the digest covers the text."""
    created_ms: int
    """0: not given."""

    def fits(self, password: bytes) -> bool:
        """Tell whether a digest is one of this password (UsernameToken Profile §3.1)."""
        made = hashlib.sha1(self.nonce + self.created.encode() + password).digest()  # noqa: S324 - the profile's choice
        return hmac.compare_digest(made, self.password)


@dataclass(frozen=True, slots=True)
class Security:
    """What a security header says."""

    token: UsernameToken | None
    has_timestamp: bool
    created_ms: int
    """Of the Timestamp; 0: not given."""
    expires_ms: int


def take(envelope: Envelope) -> tuple[Security | None, Envelope]:
    """Return the security header that is meant for us, and the envelope without it."""
    blocks = [block for block in envelope.headers if block.tag == WSSE_SECURITY and is_due(block, envelope.version)]
    if not blocks:
        return None, envelope
    if len(blocks) > 1:
        raise invalid("There are two security headers for one receiver; send one.")
    headers = tuple(block for block in envelope.headers if block is not blocks[0])
    return _read(blocks[0]), Envelope(envelope.version, headers, envelope.body, envelope.many)


def invalid(sentence: str) -> SoapFault:
    """Return the fault for a header that cannot be processed."""
    return _fault(sentence, WSSE, "InvalidSecurity", "wsse")


def failed(sentence: str) -> SoapFault:
    """Return the fault for a caller that did not prove who it is."""
    return _fault(sentence, WSSE, "FailedAuthentication", "wsse")


def expired(sentence: str) -> SoapFault:
    """Return the fault for a message that is too old."""
    return _fault(sentence, WSU, "MessageExpired", "wsu")


def _fault(sentence: str, namespace: str, local: str, prefix: str) -> SoapFault:
    return SoapFault(sentence, code="security", subcode=(prefix, namespace, local))


def _read(block: etree._Element) -> Security:
    found: dict[str, etree._Element] = {}
    for child in block.iterchildren("*"):
        if child.tag not in (_TOKEN, _TIMESTAMP):
            sentence = f"The security header has {child.tag[:200]}, which is not read here; send a UsernameToken."
            raise _fault(sentence, WSSE, "UnsupportedSecurityToken", "wsse")
        if child.tag in found:
            raise invalid(f"The security header has two of {etree.QName(child).localname}; send one.")
        found[str(child.tag)] = child
    token, timestamp = found.get(_TOKEN), found.get(_TIMESTAMP)
    parts = {} if timestamp is None else _parts(timestamp, (_CREATED, _EXPIRES))
    return Security(
        token=None if token is None else _token(token),
        has_timestamp=timestamp is not None,
        created_ms=_instant(parts, _CREATED),
        expires_ms=_instant(parts, _EXPIRES),
    )


def _token(element: etree._Element) -> UsernameToken:
    parts = _parts(element, (_USERNAME, _PASSWORD, _NONCE, _CREATED))
    if _USERNAME not in parts or _PASSWORD not in parts:
        raise invalid("The UsernameToken needs a Username and a Password; send both.")
    kind = parts[_PASSWORD].get("Type", f"{_PROFILE}#PasswordText").strip()
    if kind not in (f"{_PROFILE}#PasswordText", f"{_PROFILE}#PasswordDigest"):
        raise invalid("The password is of a type that is not known; send PasswordText or PasswordDigest.")
    is_digest = kind.endswith("#PasswordDigest")
    text = _text(parts[_PASSWORD])
    nonce = _base64(_text(parts[_NONCE]), "Nonce") if _NONCE in parts else b""
    if _NONCE in parts and parts[_NONCE].get("EncodingType", _BASE64).strip() != _BASE64:
        raise invalid("The Nonce is of an encoding that is not known; send it as Base64Binary.")
    if is_digest and not (nonce and _CREATED in parts):
        raise invalid("A password digest needs a Nonce and a Created; send both.")
    return UsernameToken(
        username=_text(parts[_USERNAME]).strip(),
        password=_base64(text, "Password") if is_digest else text.encode(),
        is_digest=is_digest,
        nonce=nonce,
        created=_text(parts[_CREATED]) if _CREATED in parts else "",
        created_ms=_instant(parts, _CREATED),
    )


def _parts(element: etree._Element, known: tuple[str, ...]) -> dict[str, etree._Element]:
    parts: dict[str, etree._Element] = {}
    for child in element.iterchildren("*"):
        if child.tag in parts:
            raise invalid(f"{etree.QName(element).localname} has two of {etree.QName(child).localname}; send one.")
        if child.tag in known:
            parts[str(child.tag)] = child
    return parts


def _text(element: etree._Element) -> str:
    # With a comment inside, "admin<!-- -->x" would be read by some as another text than by others.
    text = element.text or ""
    if len(element) or len(text) > LONGEST:
        raise invalid(
            f"{etree.QName(element).localname} must be text of at most {LONGEST} characters and nothing else."
        )
    return text


def _base64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise invalid(f"The {what} is not Base64; send it so.") from None


def _instant(parts: dict[str, etree._Element], name: str) -> int:
    if name not in parts:
        return 0
    text = _text(parts[name]).strip()
    try:
        if not _INSTANT.match(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{etree.QName(name).localname} is no time; send it like 2030-01-31T12:00:00Z.") from None
    # 0 stands for no time: 1970-01-01T00:00:00Z must not pass for that.
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000) or 1
