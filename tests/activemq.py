"""A real ActiveMQ of the tests' own, from Debian's packages, and a STOMP client that is not stomp.py."""

import contextlib
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ports import free_port

JAR = Path("/usr/share/activemq/bin/activemq.jar")
USERNAME, PASSWORD = "bridge", "s3cret:with a colon"
PATIENCE_SECONDS = 120.0

_CONFIG = """<beans xmlns="http://www.springframework.org/schema/beans"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans
  http://www.springframework.org/schema/beans/spring-beans-2.0.xsd http://activemq.apache.org/schema/core
  http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" useJmx="false" brokerName="tests" dataDirectory="{data}">
    <persistenceAdapter><kahaDB directory="{data}/kahadb"/></persistenceAdapter>
    <plugins>
      <simpleAuthenticationPlugin><users>
        <authenticationUser username="{username}" password="{password}" groups="bridges"/>
      </users></simpleAuthenticationPlugin>
      <authorizationPlugin><map><authorizationMap><authorizationEntries>
        <authorizationEntry queue="OPEN.&gt;" read="bridges" write="bridges" admin="bridges"/>
        <authorizationEntry queue="ActiveMQ.&gt;" read="bridges" write="bridges" admin="bridges"/>
        <authorizationEntry queue="SECRET" read="nobody" write="nobody" admin="nobody"/>
        <authorizationEntry topic="&gt;" read="bridges" write="bridges" admin="bridges"/>
      </authorizationEntries></authorizationMap></map></authorizationPlugin>
    </plugins>
    {ssl}
    <transportConnectors>
      <transportConnector name="stomp" uri="stomp://127.0.0.1:{port}?transport.hbGracePeriodMultiplier=3"/>
      {tls}
    </transportConnectors>
  </broker>
</beans>
"""


@dataclass
class ActiveMQ:
    """A broker in a folder; it keeps its messages over ``stop`` and ``start``."""

    folder: Path
    port: int
    tls_port: int = 0
    key_store: Path | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> "ActiveMQ":
        ssl = tls = ""
        if self.key_store is not None:
            ssl = f'<sslContext><sslContext keyStore="file:{self.key_store}" keyStorePassword="changeit"/></sslContext>'
            tls = f'<transportConnector name="tls" uri="stomp+ssl://127.0.0.1:{self.tls_port}"/>'
        config = self.folder / "activemq.xml"
        said = {"data": self.folder / "data", "port": self.port, "username": USERNAME, "password": PASSWORD}
        config.write_text(_CONFIG.format(ssl=ssl, tls=tls, **said))
        places = {"home": "/usr/share/activemq", "base": self.folder, "conf": self.folder, "data": self.folder / "data"}
        words = [f"-Dactivemq.{name}={place}" for name, place in places.items()]
        command = ["java", "-Xmx160m", "-XX:TieredStopAtLevel=1", *words, "-jar", str(JAR), "start", f"xbean:{config}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._listens():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.1)
        return self

    def stop(self) -> None:
        """Kill it: what it acknowledged is on its disk."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def client(self) -> "Client":
        return Client(self.port)

    def _listens(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        return False


@contextlib.contextmanager
def serving(folder: Path, key_store: Path | None = None) -> Iterator[ActiveMQ]:
    if not JAR.exists():
        pytest.skip("ActiveMQ is not installed: apt-get install activemq")
    broker = ActiveMQ(folder, free_port(), free_port() if key_store else 0, key_store)
    try:
        yield broker.start()
    finally:
        broker.stop()


_HEADERS = {"correlation_id": "correlation-id", "reply_to": "reply-to"}

Frame = tuple[str, dict[str, str], bytes]


class Client:
    """Speaks STOMP 1.2 over a socket."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self._socket.settimeout(PATIENCE_SECONDS)
        self._file = self._socket.makefile("rb")
        self.send("CONNECT", {"accept-version": "1.2", "host": "tests", "login": USERNAME, "passcode": PASSWORD})
        assert self.frame()[0] == "CONNECTED"

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def send(self, command: str, headers: Mapping[str, str], body: bytes = b"") -> None:
        lines = [command, *(f"{name}:{_escaped(value, command)}" for name, value in headers.items()), "", ""]
        self._socket.sendall("\n".join(lines).encode() + body + b"\0")

    def frame(self) -> Frame:
        line = self._file.readline()
        while line == b"\n":
            line = self._file.readline()
        command, headers = line.decode().strip(), {}
        while (line := self._file.readline().rstrip(b"\n")) != b"":
            name, _, value = line.decode().partition(":")
            headers.setdefault(_plain(name), _plain(value))
        if "content-length" in headers:
            body = self._file.read(int(headers["content-length"]))
            assert self._file.read(1) == b"\0"
        else:
            body = b""
            while (byte := self._file.read(1)) not in (b"\0", b""):
                body += byte
        return command, headers, body

    def put(self, destination: str, bodies: Mapping[str, bytes] | list[bytes], **headers: str) -> None:
        """Send persistent messages in one transaction and wait for the receipt."""
        named = dict(enumerate(bodies)) if isinstance(bodies, list) else bodies
        self.send("BEGIN", {"transaction": "t"})
        for name, body in named.items():
            said = {_HEADERS.get(key, key): value for key, value in headers.items()}
            identity = {"identity": str(name), "persistent": "true"}
            self.send("SEND", {"destination": destination, "transaction": "t", **identity, **said}, body)
        self.send("COMMIT", {"transaction": "t", "receipt": "put"})
        command, said, _ = self.frame()
        assert (command, said.get("receipt-id")) == ("RECEIPT", "put"), said

    def take(self, destination: str, expected: int = 0) -> list[Frame]:
        """Take what is expected, and whatever else is in the queue: all that comes before a last one put behind it."""
        self.send("SUBSCRIBE", {"destination": destination, "id": "0", "ack": "auto"})
        found, last = [self._message() for _ in range(expected)], uuid.uuid4().hex
        self.send("SEND", {"destination": destination, "last": last})
        while (frame := self._message())[1].get("last") != last:
            found.append(frame)
        return found

    def _message(self) -> Frame:
        frame = self.frame()
        assert frame[0] == "MESSAGE", frame
        return frame


def _escaped(text: str, command: str) -> str:
    if command == "CONNECT":
        return text
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace(":", "\\c")


def _plain(text: str) -> str:
    return text.replace("\\c", ":").replace("\\n", "\n").replace("\\\\", "\\")
