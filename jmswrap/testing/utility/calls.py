"""How an application calls Write services: lanes of one keep-alive connection each, one call at a time.

What concerns one object always takes the same lane, so its messages arrive in the order in which
they were written. A call that finds nobody is made again; only what a caller may not do is given up.
"""

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from jmswrap import log
from jmswrap.testing.utility import documents

_LOG = log.get(__name__)
_ANSWER_SECONDS = 60.0
_PAUSE_SECONDS = 0.25
_TRIES = 240
_AGAIN = (429, 502, 503, 504)


class _UnreachableError(Exception):
    """Nobody answered, or not with HTTP."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a Write service said of a message."""

    status: str
    """``ACCEPTED``, ``DUPLICATE``, or empty when it was refused."""
    message_id: str
    refusal: str
    """Why it was refused."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be given to a Write service."""

    service: str
    action: str
    body: bytes
    lane_key: str
    """Those with the same one are given in order."""
    done: Callable[[Receipt], None]


class Outbox:
    """Gives letters to the Write services behind one gateway."""

    def __init__(self, gateway: str, lanes: int) -> None:
        self._gateway = urlsplit(gateway)
        self._lanes: list[asyncio.Queue[Letter]] = [asyncio.Queue() for _ in range(lanes)]
        self._tasks = [asyncio.get_running_loop().create_task(self._run(lane)) for lane in self._lanes]
        self.waiting = 0
        """Letters that have no receipt yet."""

    def post(self, letter: Letter) -> None:
        """Give a letter as soon as its lane is free."""
        self.waiting += 1
        self._lanes[zlib.crc32(letter.lane_key.encode()) % len(self._lanes)].put_nowait(letter)

    def stop(self) -> None:
        """Give no more."""
        for task in self._tasks:
            task.cancel()

    async def _run(self, lane: asyncio.Queue[Letter]) -> None:
        connection = _Connection(str(self._gateway.hostname), self._gateway.port or 80)
        while True:
            letter = await lane.get()
            receipt = await self._receipt(connection, letter)
            self.waiting -= 1
            letter.done(receipt)

    async def _receipt(self, connection: "_Connection", letter: Letter) -> Receipt:
        why = ""
        for _ in range(_TRIES):
            try:
                status, content = await connection.post(f"/services/{letter.service}", letter.action, letter.body)
            except _UnreachableError as error:
                why = str(error)
            else:
                if status not in _AGAIN:
                    return _receipt(status, content)
                why = f"HTTP status {status}"
            await asyncio.sleep(_PAUSE_SECONDS)
        _LOG.warning("not-given", service=letter.service, reason=why)
        return Receipt("", "", f"the Write service {letter.service} did not take it: {why}")


def _receipt(status: int, content: bytes) -> Receipt:
    element = documents.body(content)
    if element is None:
        return Receipt("", "", f"the answer with HTTP status {status} is no SOAP envelope")
    said = documents.read(element)
    if element.tag.endswith("}Fault"):
        return Receipt("", "", documents.first(said, "faultstring"))
    found = said.get("receipt", said)
    return Receipt(documents.first(found, "status"), documents.first(found, "messageId"), "")


class _Connection:
    """One keep-alive connection, opened when it is needed."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, action: str, content: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the answer; _UnreachableError when none came."""
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nContent-Type: {documents.MEDIA_TYPE}\r\n"
        head += f'SOAPAction: "{action}"\r\nContent-Length: {len(content)}\r\n\r\n'
        try:
            return await asyncio.wait_for(self._exchange(head.encode() + content), _ANSWER_SECONDS)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self._close()
            raise _UnreachableError(str(error) or type(error).__name__) from error

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("\r\ncontent-length:")[2].partition("\r\n")[0])
        content = await reader.readexactly(length)
        if "\r\nconnection: close" in head:
            self._close()
        return int(head.split(" ", 2)[1]), content

    def _close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
