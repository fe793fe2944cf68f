"""What can be wrong about mail, as far as the file alone shows it. Like ``checks``."""

import re
from pathlib import Path

from jmswrap.config.mail_settings import MailTls
from jmswrap.config.problem import no_file
from jmswrap.config.secrets import is_reference, misplaced
from jmswrap.config.settings import Config
from jmswrap.config.source import Found

_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")


def mail(config: Config, folder: Path) -> Found:
    """Yield every problem of the section."""
    settings = config.mail
    if settings.host and not settings.sender:
        yield ("mail",), "`mail.sender` is missing: say which address mail comes from"
    if settings.sender and not _ADDRESS.fullmatch(settings.sender):
        yield ("mail", "sender"), f"`{settings.sender}` is no mail address: write name@host"
    for index, recipient in enumerate(settings.recipients):
        if not _ADDRESS.fullmatch(recipient):
            yield ("mail", "recipients", index), f"`{recipient}` is no mail address: write name@host"
    if bool(settings.username) != bool(settings.password):
        missing = "password" if settings.username else "username"
        yield ("mail",), f"`mail` needs `username` and `password`, or neither: add `{missing}`"
    if settings.password and not is_reference(settings.password):
        yield ("mail", "password"), misplaced("mail.password")
    if settings.ca and not (folder / settings.ca).is_file():
        yield ("mail", "ca"), no_file(settings.ca, folder)
    if settings.ca and settings.tls is MailTls.NONE:
        yield ("mail", "ca"), "`ca` is not used without TLS: set `tls` to `starttls` or `immediate`"
