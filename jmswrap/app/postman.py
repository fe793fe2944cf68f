"""Sends mail about troubles, in a thread of its own and no more often than is useful.

A mail is a hint, not a record: the message is on its error queue whether a mail came or not. So nothing
waits for the mail server, and what it does not take is tried again as long as the process lives.
"""

import math
import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from jmswrap import clock, log
from jmswrap.config.mail_settings import Mail, MailTls
from jmswrap.deliver.trouble import Trouble
from jmswrap.errors import ConfigError

_LOG = log.get(__name__)

COLLECT_SECONDS = 0.5
"""Before a mail leaves: troubles seldom come alone."""

MOST_TOLD = 50
"""Troubles that one mail describes; it counts the others."""

MOST_KEPT = 1_000
"""Troubles that wait for a mail; those after them are only counted."""

_UNSAYABLE = "the user name, the password or an address has letters that the mail protocol cannot carry: use ASCII"


class Postman:
    """Collects troubles and sends them; its thread begins with the first one."""

    def __init__(
        self, settings: Mail, recipients: Sequence[str], integration: str, password: Callable[[], str]
    ) -> None:
        self._settings, self._recipients, self._integration = settings, tuple(recipients), integration
        self._password = password
        self._changed = threading.Condition()
        self._waiting: list[Trouble] = []
        self._uncounted = 0
        self._stopped = False
        self._thread: threading.Thread | None = None

    def tell(self, trouble: Trouble) -> None:
        """Take a trouble along with the next mail; never blocks."""
        with self._changed:
            if len(self._waiting) < MOST_KEPT:
                self._waiting.append(trouble)
            else:
                self._uncounted += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="jmswrap-mail", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self, most_seconds: float = math.inf) -> None:
        """Send what waits, once, and end; wait for that no longer than this."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not None:
            # Connecting, greeting, TLS, login and the message each have their own time.
            self._thread.join(min(self._settings.timeout_seconds * 3, most_seconds))

    def _run(self) -> None:
        not_before = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopped)
                until = max(clock.monotonic() + COLLECT_SECONDS, not_before)
                self._changed.wait_for(lambda: self._stopped, until - clock.monotonic())
                troubles, more, last = self._waiting, self._uncounted, self._stopped
                self._waiting, self._uncounted = [], 0
            if troubles:
                self._post(troubles, more)
                not_before = clock.monotonic() + self._settings.every_seconds
            if last:
                return

    def _post(self, troubles: list[Trouble], more: int) -> None:
        try:
            self._send(letter(self._settings.sender, self._recipients, self._integration, troubles, more))
        except (OSError, smtplib.SMTPException, ConfigError, ValueError) as error:
            reason = _UNSAYABLE if isinstance(error, UnicodeError) else error
            _LOG.warning("mail-not-sent", server=self._settings.host, troubles=len(troubles) + more, reason=reason)
            with self._changed:
                kept = (troubles + self._waiting)[:MOST_KEPT]
                self._uncounted += more + len(troubles) + len(self._waiting) - len(kept)
                self._waiting = kept
        else:
            _LOG.info("mail-sent", troubles=len(troubles) + more, recipients=len(self._recipients))

    def _send(self, mail: EmailMessage) -> None:
        settings = self._settings
        with self._connected() as server:
            if settings.tls is MailTls.STARTTLS:
                server.starttls(context=self._trust())
            if settings.username:
                server.login(settings.username, self._password())
            server.send_message(mail, settings.sender, self._recipients)

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.tls is MailTls.IMMEDIATE:
            trust = self._trust()
            return smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout_seconds, context=trust)
        return smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca or None)


def letter(
    sender: str, recipients: Sequence[str], integration: str, troubles: Sequence[Trouble], more: int = 0
) -> EmailMessage:
    """Return the mail about troubles."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = f"[{integration}] {_subject(troubles, len(troubles) + more)}"
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain="jmswrap.invalid")
    mail["Auto-Submitted"] = "auto-generated"
    told = [_described(trouble) for trouble in troubles[:MOST_TOLD]]
    untold = len(troubles) + more - len(told)
    if untold:
        told.append(f"And {untold} more: jmswrap messages --state DEAD lists them.\n")
    mail.set_content("\n".join(told))
    return mail


def _subject(troubles: Sequence[Trouble], count: int) -> str:
    kinds = {_kind(trouble) for trouble in troubles}
    kind = kinds.pop() if len(kinds) == 1 else "error"
    return f"{kind} on {troubles[0].route}" if count == 1 else f"{count} messages: {kind}s"


def _kind(trouble: Trouble) -> str:
    return "business error" if trouble.business else "technical error"


def _described(trouble: Trouble) -> str:
    lines = {
        "route": trouble.route,
        "queue": trouble.queue,
        "target": trouble.target,
        "key": trouble.key,
        "correlation": trouble.correlation_id,
        "message": f"{trouble.message_id}, {trouble.state}; jmswrap show {trouble.message_id}",
        "reason": trouble.reason,
    }
    shown = "".join(f"  {name:<12}{' '.join(value.split())}\n" for name, value in lines.items() if value)
    return f"{_kind(trouble).capitalize()}:\n{shown}"
