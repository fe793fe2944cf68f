"""What keeps mail about errors from being sent, and the settings and switches that say so."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from jmswrap.app.transforms import readable_properties
from jmswrap.config import secrets
from jmswrap.config.addresses import is_loopback
from jmswrap.config.mail_settings import MailTls
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding
from jmswrap.errors import ConfigError
from jmswrap.transform.properties import Properties

BUSINESS = "BusinessError.NotificationFlag"
TECHNICAL = "TechnicalError.NotificationFlag"
"""The vendor's switches, a service."""

FALL_BACK = "ErrorHandling.GenericEmailID"
"""The vendor's address of an administrator."""


def unsent(config: Config, folder: Path) -> list[Finding]:
    """Return what keeps mail from being sent that somebody asked for."""
    if config.mail.host:
        known = readable_properties(config, folder)
        lacking = "mail has no recipients: give `mail.recipients`, or the property " + FALL_BACK
        return [] if recipients(config, known) else [(("mail",), lacking)]
    if config.mail.business_errors or config.mail.technical_errors:
        return [(("mail",), "errors are to be mailed and nothing sends mail: give `mail.host`, or leave that out")]
    return []


def unusable(config: Config, folder: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield that the mail server's password is not where the file says."""
    if secrets.is_reference(config.mail.password):
        try:
            password(config, folder, environment)
        except ConfigError as error:
            yield ("mail", "password"), str(error)


def imprudent(config: Config, folder: Path) -> Iterator[Finding]:
    """Yield what works, and is rarely meant: a password in clear, a switch of the vendor's files that does nothing."""
    mail = config.mail
    # A customer's files run as they are, so that their switches ask for mail is no problem.
    known = Properties() if mail.host else readable_properties(config, folder)
    for name in config.routes:
        for flag in (BUSINESS, TECHNICAL):
            if own(known, name, flag):
                sentence = f"{flag} of {name} is true and nothing sends mail: give `mail.host`, or set it to false"
                yield ("routes", name), sentence
    if mail.password and mail.tls is MailTls.NONE and not is_loopback(mail.host):
        yield ("mail",), f"the password goes to the mail server {mail.host} in clear: set `mail.tls`"


def password(config: Config, folder: Path, environment: Mapping[str, str]) -> str:
    """Return the mail server's password; ConfigError when it is not where the file says."""
    return secrets.resolve(config.mail.password, folder, environment).text


def recipients(config: Config, known: Properties) -> tuple[str, ...]:
    """Return who gets the mail: those of the settings, or the vendor's administrator."""
    fall_back = (known.module_value(FALL_BACK) or "").strip()
    return config.mail.recipients or ((fall_back,) if fall_back else ())


def own(known: Properties, route: str, flag: str) -> bool:
    """Tell whether a switch of a service is on in its own properties."""
    return known.service(route).get(flag, "").strip().lower() == "true"
