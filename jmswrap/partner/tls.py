"""TLS with a partner: one context for all its connections, made anew when a file has changed."""

import ssl
from pathlib import Path

from jmswrap import log
from jmswrap.config.basis import TlsVersion
from jmswrap.config.security_settings import Tls
from jmswrap.errors import ConfigError
from jmswrap.partner.credential import Credential, stamp

_LOG = log.get(__name__)
_VERSIONS = {TlsVersion.TLS_1_2: ssl.TLSVersion.TLSv1_2, TlsVersion.TLS_1_3: ssl.TLSVersion.TLSv1_3}


class Trust:
    """Whom to trust and who we are; ConfigError at the start when a file cannot be used."""

    def __init__(self, settings: Tls, folder: Path, key_password: Credential | None) -> None:
        self._settings = settings
        self._folder = folder
        self._key_password = key_password
        self._files = tuple(folder / name for name in (settings.ca, settings.certificate, settings.key) if name)
        seen = stamp(*self._files)
        self._kept = (seen, self._made())

    def context(self) -> ssl.SSLContext:
        """Return the context for a new connection; half-renewed files leave the one known."""
        seen = stamp(*self._files)
        if seen != self._kept[0]:
            try:
                self._kept = (seen, self._made())
            except ConfigError as error:
                _LOG.warning("certificate-not-renewed", reason=error)
                self._kept = (seen, self._kept[1])
        return self._kept[1]

    def _made(self) -> ssl.SSLContext:
        settings = self._settings
        try:
            context = ssl.create_default_context(cafile=str(self._folder / settings.ca) if settings.ca else None)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{settings.ca} holds no certificates that can be read: {_why(error)}") from None
        context.minimum_version = _VERSIONS[settings.minimum_version]
        if settings.certificate:
            self._identify(context)
        return context

    def _identify(self, context: ssl.SSLContext) -> None:
        settings = self._settings
        certificate = self._folder / settings.certificate
        key = self._folder / settings.key
        _load(context, certificate, key, self._key_password.text if self._key_password else "")


def check_pair(certificate: Path, key: Path, password: str) -> None:
    """Raise ConfigError when a key does not belong to a certificate, or one of them cannot be read."""
    _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, key, password)


def _load(context: ssl.SSLContext, certificate: Path, key: Path, password: str) -> None:
    try:
        # Given always: without one, OpenSSL would ask the terminal for the password of a key that has one.
        context.load_cert_chain(certificate, key, lambda: password)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise ConfigError(_unusable(certificate, key, error)) from None


def _unusable(certificate: Path, key: Path, error: Exception) -> str:
    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as missing:
            return f"{path} cannot be read: {_why(missing)}; let this process read it"
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return f"the key {key.name} does not belong to the certificate {certificate.name}: name the pair"
    return f"{certificate.name} and {key.name} are no certificate and key in PEM, or the password is wrong"


def _why(error: Exception) -> str:
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error).lower()
