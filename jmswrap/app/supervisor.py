"""Keeps child processes running: starts, watches, starts again, stops in order.

A child that ends by itself is started again, at once the first time, then after a wait that grows
up to a bound while it does not stay up. Every child has a session of its own, so that a Ctrl-C in
the terminal reaches the parent only, and a lifeline, so that no child outlives a parent that was
killed.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from jmswrap import log
from jmswrap.app import lifeline
from jmswrap.errors import Unavailable

WAITS_SECONDS = (0.05, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Before a child is started again that ended so many times in a row; the last one stays."""

STEADY_SECONDS = 10.0
"""A child that ran for so long did stay up: when it ends, it begins again with the first wait."""

HOPELESS_RESTARTS = 3
"""A child that needs so many while the machine is being started will not start."""

_LOG = log.get(__name__)


@dataclass(slots=True)
class Child:
    """A process to be kept running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_seconds: float
    """How long it may take to stop before it is killed."""
    descriptors: tuple[int, ...] = ()
    """File descriptors it inherits."""
    ended: Callable[[int], Awaitable[None]] | None = None
    """Told the process id of a child that ended by itself; must not raise. Another is started meanwhile."""
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    began: float = field(default=0, repr=False)


class Supervisor:
    """The children of one process; belongs to one event loop."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._telling: set[asyncio.Future[None]] = set()
        self._stopping = False
        self._reading_end, self._writing_end = os.pipe()

    async def start(self, child: Child) -> None:
        """Start a child and keep it running."""
        self.children.append(child)
        await self._spawn(child)
        self._watching[child.name] = asyncio.get_running_loop().create_task(self._watch(child))

    async def stop(self, order: Sequence[str]) -> None:
        """Stop every child, kind after kind, and kill what does not stop in time.

        A child's kind is its name up to a ``-``; children of one kind stop together.
        """
        self._stopping = True
        for task in self._watching.values():
            task.cancel()
        for kind in dict.fromkeys([*order, *map(_kind, self.children)]):
            await asyncio.gather(*(self._end(child) for child in self.children if _kind(child) == kind))
        for descriptor in (self._reading_end, self._writing_end):
            os.close(descriptor)

    def tell(self, number: int, kinds: Sequence[str]) -> None:
        """Send a signal to the children of these kinds; not to what they have started."""
        for child in self.children:
            if _kind(child) in kinds and child.process is not None and child.process.returncode is None:
                child.process.send_signal(number)

    def require_steady(self) -> None:
        """Raise Unavailable when a child has ended again and again."""
        for child in self.children:
            if child.restarts >= HOPELESS_RESTARTS:
                raise Unavailable(f"{child.name} does not stay up: the lines above say why")

    def kill(self) -> None:
        """Kill every child now."""
        for child in self.children:
            _signal(child, signal.SIGKILL)

    async def _spawn(self, child: Child) -> None:
        child.began = time.monotonic()
        child.process = await asyncio.create_subprocess_exec(
            *child.command,
            env={**child.environment, lifeline.VARIABLE: str(self._reading_end)},
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=(self._reading_end, *child.descriptors),
            start_new_session=True,
        )

    async def _watch(self, child: Child) -> None:
        in_a_row = 0
        while not self._stopping:
            assert child.process is not None
            status = await child.process.wait()
            _signal(child, signal.SIGKILL)  # what it may have left behind in its session
            if time.monotonic() - child.began > STEADY_SECONDS:
                in_a_row = 0
            _LOG.error("child-ended", name=child.name, status=status, again_in_seconds=_wait_seconds(in_a_row))
            if child.ended is not None:
                telling = asyncio.ensure_future(child.ended(child.process.pid))
                self._telling.add(telling)
                telling.add_done_callback(self._telling.discard)
            in_a_row = await self._start_again(child, in_a_row)

    async def _start_again(self, child: Child, in_a_row: int) -> int:
        """Start a child that ended after a wait, however often it takes; return how many tries in a row that makes."""
        while True:
            await asyncio.sleep(_wait_seconds(in_a_row))
            in_a_row += 1
            child.restarts += 1
            try:
                await self._spawn(child)
            except OSError as error:
                # Memory or processes are short, say; they may not be for long.
                wait_seconds = _wait_seconds(in_a_row)
                _LOG.error("child-not-started", name=child.name, reason=error, again_in_seconds=wait_seconds)
            else:
                return in_a_row

    async def _end(self, child: Child) -> None:
        process = child.process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), child.stop_seconds)
            except TimeoutError:
                _LOG.warning("child-killed", name=child.name, after_seconds=child.stop_seconds)
        _signal(child, signal.SIGKILL)
        await process.wait()


def _wait_seconds(in_a_row: int) -> float:
    return WAITS_SECONDS[min(in_a_row, len(WAITS_SECONDS) - 1)]


def _kind(child: Child) -> str:
    return child.name.rpartition("-")[0] or child.name


def _signal(child: Child, number: int) -> None:
    """Signal a child's whole session; the leader's id is the group's, also after its end."""
    if child.process is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, number)
