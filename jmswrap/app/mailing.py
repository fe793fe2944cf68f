"""Which routes' errors are mailed, and whether mail can be sent."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jmswrap.app.postman import Postman
from jmswrap.config import secrets
from jmswrap.config.checks import is_loopback
from jmswrap.config.mail_settings import MailTls
from jmswrap.config.settings import Config
from jmswrap.config.source import Where
from jmswrap.errors import ConfigError
from jmswrap.transform.properties import Properties, read

BUSINESS = "BusinessError.NotificationFlag"
TECHNICAL = "TechnicalError.NotificationFlag"
"""The vendor's switches, a service."""

FALL_BACK = "ErrorHandling.GenericEmailID"
"""The vendor's address of an administrator."""

Finding = tuple[Where, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which errors of a route are mailed."""

    business: bool
    technical: bool


def wanted(config: Config, route: str, known: Properties) -> Wanted:
    """Return which errors of a route are mailed.

    A route that is no service of the vendor's files has the switches of the routes that feed its queue, as
    a Read process belongs to the transform before it.
    """
    return Wanted(
        config.mail.business_errors or _on(config, route, known, BUSINESS),
        config.mail.technical_errors or _on(config, route, known, TECHNICAL),
    )


def postman(config: Config, folder: Path) -> Postman | None:
    """Return what sends mail; None when there is no mail server. Raises ConfigError."""
    if not config.mail.host:
        return None
    recipients = _recipients(config, _properties(config, folder))
    return Postman(config.mail, recipients, config.name, lambda: _password(config, folder, os.environ))


def unsent(config: Config, folder: Path) -> list[Finding]:
    """Return what keeps mail from being sent that somebody asked for."""
    if config.mail.host:
        known = _readable(config, folder)
        lacking = "mail has no recipients: give `mail.recipients`, or the property " + FALL_BACK
        return [] if _recipients(config, known) else [(("mail",), lacking)]
    if config.mail.business_errors or config.mail.technical_errors:
        return [(("mail",), "errors are to be mailed and nothing sends mail: give `mail.host`, or leave that out")]
    return []


def unusable(config: Config, folder: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield that the mail server's password is not where the file says."""
    if secrets.is_reference(config.mail.password):
        try:
            _password(config, folder, environment)
        except ConfigError as error:
            yield ("mail", "password"), str(error)


def imprudent(config: Config, folder: Path) -> Iterator[Finding]:
    """Yield what works, and is rarely meant: a password in clear, a switch of the vendor's files that does nothing."""
    mail = config.mail
    # A customer's files run as they are, so that their switches ask for mail is no problem.
    known = Properties() if mail.host else _readable(config, folder)
    for name in config.routes:
        for flag in (BUSINESS, TECHNICAL):
            if _own(known, name, flag):
                sentence = f"{flag} of {name} is true and nothing sends mail: give `mail.host`, or set it to false"
                yield ("routes", name), sentence
    if mail.password and mail.tls is MailTls.NONE and not is_loopback(mail.host):
        yield ("mail",), f"the password goes to the mail server {mail.host} in clear: set `mail.tls`"


def _password(config: Config, folder: Path, environment: Mapping[str, str]) -> str:
    return secrets.resolve(config.mail.password, folder, environment).text


def _properties(config: Config, folder: Path) -> Properties:
    return read(folder / name for name in config.transforms.properties)


def _readable(config: Config, folder: Path) -> Properties:
    try:
        return _properties(config, folder)
    except ConfigError:
        return Properties()  # told where the stylesheets are compiled, which need the file as well


def _recipients(config: Config, known: Properties) -> tuple[str, ...]:
    fall_back = (known.module_value(FALL_BACK) or "").strip()
    return config.mail.recipients or ((fall_back,) if fall_back else ())


def _on(config: Config, route: str, known: Properties, flag: str) -> bool:
    if flag in known.service(route):
        return _own(known, route, flag)
    queue = config.queue_of(route)
    return any(_own(known, name, flag) for name, other in config.routes.items() if other.to.queue == queue)


def _own(known: Properties, route: str, flag: str) -> bool:
    return known.service(route).get(flag, "").strip().lower() == "true"
