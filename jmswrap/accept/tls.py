"""TLS at the gateway: the context its processes share, and who is at the other end."""

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jmswrap.config import secrets
from jmswrap.config.basis import TlsVersion
from jmswrap.config.certificates import FINGERPRINT, subject
from jmswrap.config.gateway_settings import ClientCertificates, Tls
from jmswrap.errors import ConfigError

_VERSIONS = {TlsVersion.TLS_1_2: ssl.TLSVersion.TLSv1_2, TlsVersion.TLS_1_3: ssl.TLSVersion.TLSv1_3}
_WANTED = {
    ClientCertificates.NONE: ssl.CERT_NONE,
    ClientCertificates.OPTIONAL: ssl.CERT_OPTIONAL,
    ClientCertificates.REQUIRED: ssl.CERT_REQUIRED,
}


@dataclass(frozen=True, slots=True)
class Peer:
    """The caller's end of a TLS connection."""

    certificate: tuple[str, ...] = ()
    """The names of its certificate in normal form: fingerprint, subject. Empty: it showed none."""


def context(tls: Tls, folder: Path, environment: Mapping[str, str]) -> ssl.SSLContext | None:
    """Return the context, or None without TLS; ConfigError says which file cannot be used and why."""
    if not tls.certificate:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = _VERSIONS[tls.minimum_version]
    made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    made.set_alpn_protocols(["http/1.1"])
    password = secrets.resolve(tls.key_password, folder, environment).text if tls.key_password else ""
    try:
        # Given always: without one, OpenSSL would ask the terminal for the password of a key that has one.
        made.load_cert_chain(folder / tls.certificate, folder / tls.key, password=lambda: password)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"`gateway.tls` cannot use {tls.certificate} with the key {tls.key} ({_why(error)}): give PEM files "
            "of a certificate and of its own key, and `key_password` if the key has one."
        ) from error
    if tls.client_ca:
        _trust(made, tls, folder)
    return made


def peer(transport: Any) -> Peer | None:
    """Return who is at the other end of a connection; None when it is not TLS."""
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return None
    raw, fields = tls.getpeercert(binary_form=True), tls.getpeercert()
    # Without a certificate authority to believe, nothing is said of the certificate.
    if not raw or not fields:
        return Peer()
    names = tuple((str(kind), str(value)) for group in fields.get("subject", ()) for kind, value in group)
    fingerprint = f"{FINGERPRINT}{hashlib.sha256(raw).hexdigest()}"
    return Peer((fingerprint, subject(names)) if names else (fingerprint,))


def _trust(made: ssl.SSLContext, tls: Tls, folder: Path) -> None:
    try:
        made.load_verify_locations(cafile=folder / tls.client_ca)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"`gateway.tls.client_ca` cannot be read from {tls.client_ca} ({_why(error)}): give a PEM file."
        ) from error
    made.verify_mode = _WANTED[tls.client_certificates]


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "no PEM file").lower().replace("_", " ")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or "no PEM file"
