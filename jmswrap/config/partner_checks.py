"""What can be wrong about how a partner is told who calls, as far as the file alone shows it.

Like ``checks``: each yields a place and a sentence. Whether the secrets and keys can be
used is looked at in ``app``.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from jmswrap.config import secrets
from jmswrap.config.partner_settings import Partner
from jmswrap.config.source import Found, Where

_TOKEN = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
_OURS = frozenset(
    ("host", "content-length", "content-type", "soapaction", "connection", "transfer-encoding", "accept-encoding")
)
_SECRETIVE = re.compile(r"authorization|cookie|key|token|secret|password|credential", re.IGNORECASE)


def authentication(where: Where, partner: Partner, folder: Path) -> Found:
    """Yield every problem of a partner's security, TLS and headers."""
    security = partner.security
    if security.basic is not None and security.oauth is not None:
        yield (
            (*where, "security"),
            f"partner `{where[1]}` has both `basic` and `oauth`, and a call carries one Authorization: remove one",
        )
    if security.basic is not None and ":" in security.basic.username:
        yield (*where, "security", "basic", "username"), "HTTP Basic cannot carry a user name with a colon: use another"
    if security.oauth is not None and urlsplit(security.oauth.token_url).scheme not in ("http", "https"):
        yield (
            (*where, "security", "oauth", "token_url"),
            f"`token_url` must be an address like https://host/path, not `{security.oauth.token_url}`",
        )
    for place, reference in references(partner):
        if not secrets.is_reference(reference):
            yield (*where, *place), secrets.misplaced(".".join(str(part) for part in (*where, *place)))
    for place, name in files(partner):
        if name and not (folder / name).is_file():
            yield (*where, *place), f"there is no file `{name}` in {folder}: write the file there"
    if bool(partner.tls.certificate) != bool(partner.tls.key):
        missing = "key" if partner.tls.certificate else "certificate"
        yield (*where, "tls"), f"`{where[0]}.{where[1]}.tls` needs both `certificate` and `key`: add `{missing}`"
    yield from _headers((*where, "http_headers"), partner)


def references(partner: Partner) -> Iterator[tuple[Where, str]]:
    """Yield every reference to a secret and its place within the partner's section."""
    security = partner.security
    if security.basic is not None:
        yield ("security", "basic", "password"), security.basic.password
    if security.username_token is not None:
        yield ("security", "username_token", "password"), security.username_token.password
    if security.oauth is not None:
        yield ("security", "oauth", "client_secret"), security.oauth.client_secret
    if security.signature is not None and security.signature.key_password:
        yield ("security", "signature", "key_password"), security.signature.key_password
    if partner.tls.key_password:
        yield ("tls", "key_password"), partner.tls.key_password
    for name, value in partner.http_headers.items():
        if secrets.is_reference(value):
            yield ("http_headers", name), value


def files(partner: Partner) -> Iterator[tuple[Where, str]]:
    """Yield every file of keys, certificates and headers and its place; the name may be empty."""
    for key in ("ca", "certificate", "key"):
        yield ("tls", key), getattr(partner.tls, key)
    if partner.security.signature is not None:
        for key in ("key", "certificate", "verify"):
            yield ("security", "signature", key), getattr(partner.security.signature, key)
    for index, name in enumerate(partner.soap_headers):
        yield ("soap_headers", index), name


def _headers(where: Where, partner: Partner) -> Found:
    authorised = partner.security.basic is not None or partner.security.oauth is not None
    for name, value in partner.http_headers.items():
        if not _TOKEN.match(name):
            yield (*where, name), f"`{name}` cannot be the name of an HTTP header: use letters, digits and `-`"
        elif name.lower() in _OURS:
            yield (*where, name), f"the header `{name}` is made for each call: remove it"
        elif name.lower() == "authorization" and authorised:
            yield (*where, name), "`basic` or `oauth` makes the Authorization header: remove one of the two"
        elif value and _SECRETIVE.search(name) and not secrets.is_reference(value):
            yield (*where, name), secrets.misplaced(".".join(str(part) for part in (*where, name)))
        elif not value.isprintable() or not value.isascii():
            yield (*where, name), f"the header `{name}` must have a value of one line of ASCII"
