"""What both applications are made of: a web service, a control channel, work that goes on, an end.

An application runs in a process of its own. It reads what it is asked to do as lines of JSON from
its standard input (``{"do": "name", …}``), answers each with a line on its standard output, and
ends when its input does. What others call is its web service on loopback.
"""

import asyncio
import json
import sys
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from jmswrap.contract import reading
from jmswrap.errors import ConfigError
from jmswrap.testing.http import Answer, Request, Server
from jmswrap.testing.utility import documents
from jmswrap.testing.utility.books import COMMIT_SECONDS, Books
from jmswrap.testing.utility.calls import Letter, Outbox, Receipt
from jmswrap.testing.utility.catalog import ValueMaps

GENERIC_CATEGORY = 11001
"""OUAF's own category of messages."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How an application is started."""

    books: str
    """The SQLite file of its tables."""
    integration: str
    """The folder of the integration between the two."""
    lanes: int = 16
    """How many calls it makes at once."""
    time_out_seconds: float = 600
    """How long CCB waits for an answer."""
    patience_seconds: float = 20
    """How long MDM waits for an object that a request refers to."""
    keep: bool = False
    """Every change is in the file before the answer leaves, so that a restart finds it."""
    more: Mapping[str, Any] = field(default_factory=dict)


class BusinessError(Exception):
    """The application has a rule against it; becomes a fault with OUAF's detail."""

    def __init__(self, category: int, number: int, text: str) -> None:
        super().__init__(text)
        self.category = category
        self.number = number


Takes = Callable[[documents.Document], documents.Document]
"""Takes a document and returns what to answer."""


class Application:
    """A simulated application of a utility."""

    def __init__(self, settings: Settings, schema: str) -> None:
        self.settings = settings
        folder = Path(settings.integration)
        self.maps = ValueMaps(folder)
        self.books = Books(Path(settings.books), schema)
        self.outbox: Outbox | None = None
        self.calls = 0
        """How often its web service was called."""
        self.server = Server(self.respond)
        self._contracts = folder / "wsdl"
        self._addressed: dict[str, tuple[str, str]] = {}

    @property
    @abstractmethod
    def takes(self) -> Mapping[str, Takes]:
        """What its web service takes, by the body element's local name."""

    @property
    @abstractmethod
    def commands(self) -> Mapping[str, Callable[..., Any]]:
        """What it can be asked to do."""

    @abstractmethod
    def work(self) -> None:
        """Go on with what is under way; called many times a second."""

    def respond(self, request: Request) -> Answer:
        """Answer a call of its web service."""
        self.calls += 1
        element = documents.body(request.body)
        try:
            if element is None:
                raise BusinessError(GENERIC_CATEGORY, 1, "the request is no SOAP 1.1 envelope with a body")
            content, status = documents.envelope(self._taken(element)), 200
        except BusinessError as error:
            content, status = documents.fault("Client", str(error), error.category, error.number), 500
        if self.settings.keep:
            self.books.commit()
        return Answer(status, content, {"Content-Type": documents.MEDIA_TYPE})

    def _taken(self, element: etree._Element) -> bytes:
        take = self.takes.get(etree.QName(element).localname)
        if take is None:
            raise BusinessError(GENERIC_CATEGORY, 2, f"no inbound service takes {element.tag}")
        return documents.written(str(element.tag), take(documents.read(element)))

    def send(self, service: str, document: documents.Document, lane_key: str, done: Callable[[Receipt], None]) -> None:
        """Give a message to a Write service."""
        if self.outbox is None:
            raise ConfigError("the application was not told where the Write services are: send it `connect` first")
        if service not in self._addressed:
            operation = reading.read(self._contracts / f"{service}.wsdl").port().usable[0]
            self._addressed[service] = (operation.element, operation.soap_action)
        element, action = self._addressed[service]
        body = documents.envelope(documents.written(element, document))
        self.outbox.post(Letter(service, action, body, lane_key, done))

    def _command(self, line: bytes) -> str:
        asked: dict[str, Any] = json.loads(line)
        name = asked.pop("do")
        known: dict[str, Callable[..., Any]] = {
            "connect": self._connect,
            "away": self.server.go_away,
            "calls": lambda: self.calls,
            **self.commands,
        }
        try:
            said = {"ok": known[name](**asked)}
        except (ConfigError, BusinessError, KeyError) as error:
            said = {"error": f"{name}: {error}"}
        self.books.commit()
        return json.dumps(said) + "\n"

    def _connect(self, gateway: str) -> None:
        self.outbox = Outbox(gateway, self.settings.lanes)

    async def run(self) -> None:
        """Serve, work and obey until the standard input ends."""
        await self.server.start()
        _say(json.dumps({"address": f"http://{self.server.host}:{self.server.port}"}) + "\n")
        working = asyncio.get_running_loop().create_task(self._work_on())
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await _next(lines, working):
            _say(self._command(line))
        working.cancel()
        self.server.stop()
        if self.outbox is not None:
            self.outbox.stop()
        self.books.close()

    async def _work_on(self) -> None:
        while True:
            if self.outbox is not None:
                self.work()
            self.books.commit()
            await asyncio.sleep(COMMIT_SECONDS)


async def _next(lines: asyncio.StreamReader, working: asyncio.Task[None]) -> bytes:
    """Return the next command; empty at the end. What went wrong in the work is raised here."""
    reading_one = asyncio.ensure_future(lines.readline())
    await asyncio.wait({reading_one, working}, return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        reading_one.cancel()
        working.result()
    return await reading_one


def _say(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()
