"""Watches that the store still keeps what it is given.

A server whose append-only file was turned off, or which may evict keys, answers every
write and loses it later: from the moment that is seen until it is mended, nothing is
accepted. A store that is away, each accept finds out by itself; here it is an alarm like the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable

from jmswrap import log
from jmswrap.errors import StoreDown, StoreUnsafe

EVERY_SECONDS = 2.0
ALARM_SECONDS = 60.0
"""Between two lines about what lasts."""

_LOG = log.get(__name__)


class StoreWatch:
    """Looks every few seconds; belongs to one event loop."""

    def __init__(
        self,
        ready: Callable[[], Awaitable[None]],
        every_seconds: float = EVERY_SECONDS,
        alarm_seconds: float = ALARM_SECONDS,
    ) -> None:
        self._ready = ready
        self._every_seconds = every_seconds
        self._unsafe: StoreUnsafe | None = None
        self._alarm = log.Alarm(_LOG, "store-safe-again", alarm_seconds)
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    async def start(self) -> None:
        """Look once, before the first message is accepted, then go on looking."""
        await self._look()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Look no more."""
        # A library may swallow a cancellation that meets its own time-out: the mark ends the task then.
        self._stopped = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=self._every_seconds)

    def require_safe(self) -> None:
        """Raise StoreUnsafe when the last look found that the store may lose messages."""
        if self._unsafe is not None:
            raise StoreUnsafe(str(self._unsafe))

    async def _run(self) -> None:
        while not self._stopped:
            await asyncio.sleep(self._every_seconds)
            await self._look()

    async def _look(self) -> None:
        try:
            await self._ready()
        except StoreUnsafe as unsafe:
            self._alarm.ring(unsafe.code, reason=unsafe)
            self._unsafe = unsafe
        except StoreDown as down:
            self._alarm.ring(down.code, reason=down)
        else:
            self._alarm.end()
            self._unsafe = None
