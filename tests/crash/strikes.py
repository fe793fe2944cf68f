"""What is done to a process, and how long it takes until its messages are cared for."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from jmswrap.clock import worker_name
from jmswrap.states import State
from jmswrap.store.store import Store
from tests.crash import orders
from tests.crash.proxy import Strike

LOOK_SECONDS = 0.02

LONGEST_STOP_SECONDS = 45.0
"""A stopped process goes on then, also when nobody has cared for its messages."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One process was struck."""

    process: int
    at: float
    """Monotonic seconds."""
    held: Mapping[str, int]
    """Messages whose leases it had, with their fencing tokens."""


class Striker:
    """Strikes processes, at the moments that traps or the partner choose."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._struck = threading.Event()
        self._over = threading.Event()
        self._cared_for = threading.Event()
        self.blow: Blow | None = None

    def kill(self) -> Strike:
        """Return the strike that kills with ``kill -9``."""

        async def strike(process: int) -> bool:
            self._note(process)
            os.kill(process, signal.SIGKILL)
            self._over.set()
            return False

        return strike

    def stop(self, seconds: float) -> Strike:
        """Return the strike that stops a process for a time, at least: it believes that no time has passed."""

        async def strike(process: int) -> bool:
            self._note(process)
            os.kill(process, signal.SIGSTOP)
            await asyncio.sleep(seconds)
            # Its messages must find another worker while it stands still, however slow the machine is.
            deadline = time.monotonic() + LONGEST_STOP_SECONDS
            while not self._cared_for.is_set() and time.monotonic() < deadline:
                await asyncio.sleep(LOOK_SECONDS)
            os.kill(process, signal.SIGCONT)
            self._over.set()
            return True

        return strike

    def let_go_on(self) -> None:
        """Let a stopped process go on once its time is over: nothing of its messages is waited for any more."""
        self._cared_for.set()

    def noted(self, process: int = 0) -> None:
        """Note a strike that a row made by itself."""
        self._note(process)
        self._over.set()

    def wait(self, seconds: float = 90) -> Blow:
        """Return the blow once it has fallen."""
        if not self._struck.wait(seconds) or self.blow is None:
            raise TimeoutError(f"the moment to strike did not come within {seconds:g} s")
        return self.blow

    def wait_over(self, seconds: float = 90) -> None:
        """Return when a stopped process goes on."""
        if not self._over.wait(seconds):
            raise TimeoutError("the strike is not over")

    def cared_for(self, blow: Blow, seconds: float = 60) -> float:
        """Return after how many seconds all it held was in flight again, in doubt, or done."""
        waiting = dict(blow.held)
        pause = threading.Event()
        while waiting:
            for message, fence in list(waiting.items()):
                record = self._store.record(message)
                again = record is not None and (record.fence != fence or record.state not in _STILL)
                if again:
                    del waiting[message]
            if time.monotonic() > blow.at + seconds:
                raise TimeoutError(f"{len(waiting)} messages of the struck process were not cared for")
            pause.wait(LOOK_SECONDS)
        return time.monotonic() - blow.at

    def _note(self, process: int) -> None:
        name = f"{worker_name(process)}~"
        flying = self._store.messages(orders.QUEUE, State.IN_FLIGHT, limit=1000) if process else []
        held = {one.message.id: one.fence for one in flying if one.worker.startswith(name)}
        self.blow = Blow(process, time.monotonic(), held)
        self._struck.set()


_STILL = (State.IN_FLIGHT, State.QUEUED)
