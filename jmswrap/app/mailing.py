"""Which routes' errors are mailed, and what mails them."""

import os
from dataclasses import dataclass
from pathlib import Path

from jmswrap.app.mail_checks import BUSINESS, TECHNICAL, own, password, recipients
from jmswrap.app.postman import Postman
from jmswrap.app.transforms import properties_of
from jmswrap.config.settings import Config
from jmswrap.transform.properties import Properties


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
    to = recipients(config, properties_of(config, folder))
    ca = str(folder / config.mail.ca) if config.mail.ca else ""
    return Postman(
        config.mail.model_copy(update={"ca": ca}), to, config.name, lambda: password(config, folder, os.environ)
    )


def _on(config: Config, route: str, known: Properties, flag: str) -> bool:
    if flag in known.service(route):
        return own(known, route, flag)
    queue = config.queue_of(route)
    return any(own(known, name, flag) for name, other in config.routes.items() if other.to.queue == queue)
