"""Whether partners' secrets, keys and certificates can be used: what ``check`` tries beforehand.

Processes that only accept messages need none of them, so loading does not ask.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jmswrap.config import partner_checks, secrets
from jmswrap.config.partner_settings import Partner
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding, Where
from jmswrap.contract.nouns import Port
from jmswrap.errors import ConfigError
from jmswrap.partner.authentication import Authentication
from jmswrap.partner.credential import Credential
from jmswrap.partner.expiry import expires


def unusable(config: Config, folder: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what keeps partners from being called: a missing secret, a key that cannot be used."""
    for name, partner in config.partners.items():
        where: Where = ("partners", name)
        missing = list(_missing(where, partner, folder, environment))
        yield from missing
        if missing:
            continue
        for place, only in _alone(partner):
            try:
                Authentication.of(only, folder, environment).close()
            except ConfigError as error:
                yield (*where, *place), f"partner `{name}`: {error}"


def imprudent(config: Config, ports: Mapping[str, Port], folder: Path) -> Iterator[Finding]:
    """Yield what works, and is rarely meant: an expired certificate, a password in clear."""
    for name, partner in config.partners.items():
        for place, file in partner_checks.files(partner):
            until = expires(folder / file) if file and place[-1] in ("certificate", "verify") else None
            if until is not None and until < datetime.now(UTC):
                day = until.date().isoformat()
                yield ("partners", name, *place), f"the certificate {file} expired on {day}: renew it"
        port = ports.get(name)
        address = partner.address or (port.address if port is not None else "")
        clear = _in_clear(partner)
        if clear and address.startswith("http://"):
            sentence = f"partner `{name}` is sent its {clear} over {address.partition('://')[0]}://, in clear"
            yield ("partners", name, "security"), f"{sentence}: use an https:// address"
        oauth = partner.security.oauth
        if oauth is not None and oauth.token_url.startswith("http://"):
            where: Where = ("partners", name, "security", "oauth", "token_url")
            yield where, "the client's secret goes to the token endpoint in clear: use an https:// address"


def unshown(partner: Partner) -> dict[str, Any]:
    """Return the overrides for a partner that is simulated: it is shown nothing, so that no secret is needed."""
    return {
        "security": dict.fromkeys(("basic", "oauth", "username_token", "timestamp", "signature")),
        "tls": dict.fromkeys(("ca", "certificate", "key", "key_password"), ""),
        "http_headers": dict.fromkeys(partner.http_headers, ""),
        "soap_headers": [],
    }


def _missing(where: Where, partner: Partner, folder: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    for place, reference in partner_checks.references(partner):
        try:
            Credential(reference, folder, environment, ascii=place[0] == "http_headers")
        except ConfigError as error:
            yield (*where, *place), str(error)


def _alone(partner: Partner) -> Iterator[tuple[Where, Partner]]:
    """Yield the partner with one part at a time that may not be usable, so that each is told."""
    bare = {"security": type(partner.security).model_validate({}), "soap_headers": ()}
    yield ("tls",), partner.model_copy(update=bare)
    plain = {"tls": type(partner.tls).model_validate({})}
    if partner.security.signature is not None:
        yield ("security", "signature"), partner.model_copy(update={**plain, "soap_headers": ()})
    for index, name in enumerate(partner.soap_headers):
        yield ("soap_headers", index), partner.model_copy(update={**bare, **plain, "soap_headers": (name,)})


def _in_clear(partner: Partner) -> str:
    token = partner.security.username_token
    if partner.security.basic is not None or (token is not None and not token.digest):
        return "password"
    if partner.security.oauth is not None:
        return "token"
    return "secret header" if any(secrets.is_reference(value) for value in partner.http_headers.values()) else ""
