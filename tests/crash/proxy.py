"""A transparent proxy between jmswrap's processes and their store: it knows who runs which script.

It listens on a unix socket, so the kernel says which process a connection belongs to. A trap
holds one command, or the answer to one, while its process is struck; nothing in the product
knows of it.
"""

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from jmswrap.store.lua import NAMES, script
from tests.crash import resp

Strike = Callable[[int], Awaitable[bool]]
"""What is done to a process, by its id; True: it lives on, and what was held goes on its way."""


class When(Enum):
    """On which side of the store's work a process is struck."""

    BEFORE = "before"
    """The command never reached the store."""
    AFTER = "after"
    """The store has done it; the answer never reached the process."""


def done(answer: bytes) -> bool:
    """Take every answer but an error: a script that the server does not know yet has done nothing."""
    return answer[:1] != b"-"


@dataclass(slots=True)
class Trap:
    """One moment of one script at which a process is struck, once."""

    script: str
    when: When
    strike: Strike
    skip: int = 0
    """How often the moment passes before."""
    only: Callable[[bytes], bool] = done
    """Looks at the answer; with AFTER."""
    process: int = 0
    """Only this process; 0: any."""
    sprung: bool = False


class Proxy:
    """Listens at ``path`` for a server at ``behind``."""

    def __init__(self, path: Path, behind: Path) -> None:
        self.path = path
        self.traps: list[Trap] = []
        self._behind = behind
        self._names = {script(name).sha.encode(): name for name in NAMES}
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The store's address, for those who shall go through here."""
        return f"unix://{self.path}"

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._serve, self.path, limit=2**20)

    async def stop(self) -> None:
        """Listen no more; connections end with the loop's tasks."""
        if self._server is not None:
            self._server.close()

    def sprung(self, when: When, name: str, process: int, answer: bytes = b"") -> Strike | None:
        """Return the strike that is due at this moment."""
        for trap in self.traps:
            fits = trap.script == name and trap.when is when and trap.process in (0, process)
            if trap.sprung or not fits or not trap.only(answer):
                continue
            if trap.skip:
                trap.skip -= 1
                continue
            trap.sprung = True
            return trap.strike
        return None

    def name_of(self, command: bytes) -> str:
        """Return the script a command runs; empty when it runs none of ours."""
        verb, *rest = resp.words(command)
        return self._names.get(rest[0], "") if verb.upper() == b"EVALSHA" and rest else ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection: socket.socket = writer.get_extra_info("socket")
        process = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        try:
            behind = await asyncio.open_unix_connection(str(self._behind))
        except OSError:
            writer.close()
            return
        line = Line(self, process)
        ways = [
            asyncio.ensure_future(line.requests(reader, behind[1])),
            asyncio.ensure_future(line.answers(behind[0], writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            writer.close()
            behind[1].close()


class Line:
    """One connection of one process."""

    def __init__(self, proxy: Proxy, process: int) -> None:
        self._proxy, self._process = proxy, process
        self._under_way: deque[str] = deque()

    async def requests(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Pass commands on until the process goes away."""
        await self._pass_on(source, sink, self._request)

    async def answers(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Pass answers back until the server goes away."""
        await self._pass_on(source, sink, self._answer)

    async def _pass_on(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        look: Callable[[bytes], Strike | None],
    ) -> None:
        received = bytearray()
        with contextlib.suppress(OSError):
            while data := await source.read(2**18):
                received += data
                while (end := resp.end_of(received)) is not None:
                    strike = look(bytes(received[:end]))
                    if strike is not None and not await strike(self._process):
                        return
                    sink.write(received[:end])
                    del received[:end]
                await sink.drain()

    def _request(self, command: bytes) -> Strike | None:
        name = self._proxy.name_of(command)
        self._under_way.append(name)
        return self._proxy.sprung(When.BEFORE, name, self._process) if name else None

    def _answer(self, answer: bytes) -> Strike | None:
        if answer[:1] == b">" or not self._under_way:
            return None  # pushed, not asked for
        name = self._under_way.popleft()
        return self._proxy.sprung(When.AFTER, name, self._process, answer) if name else None
