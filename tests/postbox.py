"""A small SMTP server that keeps what it is given, and refuses what a test tells it to; in clear or over TLS."""

import contextlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Postbox:
    """What arrived, and where the server is."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    refusals: int = 0
    """So many mails are refused first."""
    tls_versions: list[str] = field(default_factory=list)
    """The TLS of each mail, empty for one in clear."""


class Postman(socketserver.StreamRequestHandler):
    """One connection of a client."""

    server: "Office"

    def setup(self) -> None:
        super().setup()
        if self.server.immediate is not None:
            self.secure(self.server.immediate)

    def secure(self, context: ssl.SSLContext) -> None:
        self.connection = self.request = context.wrap_socket(self.connection, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def handle(self) -> None:
        self.say("220 postbox")
        to: list[str] = []
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "EHLO":
                self.say("250-postbox", *(["250-STARTTLS"] if self.server.starttls else []), "250 AUTH PLAIN")
            elif verb == "STARTTLS" and self.server.starttls is not None:
                self.say("220 begin")
                self.secure(self.server.starttls)
            elif verb == "AUTH":
                self.server.box.logins.append(line.split()[2])
                self.say("235 welcome")
            elif verb == "DATA":
                self.say("354 go on")
                self.take(to)
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                if verb == "RCPT":
                    to.append(line.partition(":")[2].strip("<> "))
                self.say("250 yes")

    def take(self, to: list[str]) -> None:
        lines, box = [], self.server.box
        while (line := self.rfile.readline()).rstrip() != b".":
            lines.append(line.removeprefix(b"."))
        if box.refusals:
            box.refusals -= 1
            self.say("451 come again")
            return
        secured = isinstance(self.connection, ssl.SSLSocket) and self.connection.version()
        box.tls_versions.append(secured or "")
        box.recipients.append(list(to))
        box.mails.append(message_from_bytes(b"".join(lines), _class=EmailMessage, policy=policy.SMTP))
        self.say("250 kept")

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class Office(socketserver.ThreadingTCPServer):
    """Takes the connections."""

    daemon_threads = True

    def __init__(self, box: Postbox, starttls: ssl.SSLContext | None, immediate: ssl.SSLContext | None) -> None:
        self.box, self.starttls, self.immediate = box, starttls, immediate
        super().__init__(("127.0.0.1", 0), Postman)


@contextlib.contextmanager
def postbox(
    refusals: int = 0, starttls: ssl.SSLContext | None = None, immediate: ssl.SSLContext | None = None
) -> Iterator[Postbox]:
    """Serve on a free port of loopback until the block ends; with TLS when a client asks, or from the beginning."""
    box = Postbox(refusals=refusals)
    with Office(box, starttls, immediate) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join()
