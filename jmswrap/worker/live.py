"""What a worker process has at hand: plans, connections, call threads.

Plans are made before a fork and shared by it; connections and threads belong to one process.
"""

import functools
import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jmswrap import clock, log
from jmswrap.app.connections import Connections, connect
from jmswrap.app.delivery import plans
from jmswrap.app.integration import DEFAULT_FILE, Integration, load
from jmswrap.app.mailing import postman
from jmswrap.app.overrides import CONFIG_VARIABLE
from jmswrap.app.postman import Postman
from jmswrap.deliver.crew import Crew
from jmswrap.deliver.delivery import QueuePlan
from jmswrap.deliver.fence import Fence
from jmswrap.transform.limit import TimeLimit
from jmswrap.worker.presence import Presence
from jmswrap.worker.pulse import Pulse

_LOG = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """An integration whose partners and transforms are loaded."""

    integration: Integration
    plans: Mapping[str, QueuePlan]
    limit: TimeLimit
    """What runs its transforms."""

    @classmethod
    def of(cls, integration: Integration) -> "Ready":
        """Return it with partners and transforms loaded; ConfigError, ContractError."""
        limit = TimeLimit(integration.config.transforms.seconds)
        return cls(integration, plans(integration, limit), limit)


@dataclass(slots=True)
class Live:
    """A worker process: what is ready, and what is this process's own."""

    ready: Ready
    """Replaced when the process adopts another generation: take it once for what belongs together."""
    connections: Connections
    crew: Crew
    name: str
    """How the store knows this process: host, process id, and what no other process of that id has."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when the process was asked to stop."""
    outlives_jobs: bool = False
    """The process goes on after a job; a forked one ends with it."""
    leftovers: list[threading.Thread] = field(default_factory=list)
    """Threads that wait for calls that outlast their drains."""
    retiring: threading.Lock = field(default_factory=threading.Lock)
    """Held from when this process has asked itself to stop: RQ takes a second request for impatience."""
    fence: Fence = field(default_factory=Fence)
    """Ends every call when this process is cut off from the store."""
    presence: Presence | None = None
    """What says that this process is there, once it has work."""
    pulse: Pulse | None = None
    """What ends this process when nothing moves in it any more."""
    postman: Postman | None = None
    """What sends mail about errors; None: nothing does."""

    def attend(self, name: str = "") -> None:
        """Say that this process is there, or that it works under another one's name; before it claims anything."""
        if self.presence is None:
            self.presence = Presence(self.connections.store.attendance(name or self.name), self.fence)
            self.presence.begin()
            self.pulse = Pulse(self.ready.integration.config.workers.frozen_seconds)
            self.pulse.begin()

    def retire(self) -> None:
        """Ask this process to stop, as its parent would: a transform that was given up still runs in it."""
        if self.stop.is_set() or not self.retiring.acquire(blocking=False):
            return
        _LOG.warning("worker-retires", worker=self.name)
        os.kill(os.getpid(), signal.SIGTERM)

    def depart(self) -> None:
        """Say that it goes; nothing is held any more."""
        if self.presence is not None:
            self.presence.end()
            self.presence = None
        if self.pulse is not None:
            self.pulse.end()
            self.pulse = None

    def outlast(self, work: Callable[[], None]) -> None:
        """Do what ends a drain whose calls last, in a thread, so that the next drain can begin."""
        ready = self.ready

        def last() -> None:
            try:
                work()
            finally:
                # Its drain is over and saw nothing of it, and the next one may be hours away.
                if ready.limit.overrun:
                    self.retire()

        thread = threading.Thread(target=last, name="jmswrap-leftover", daemon=True)
        self.leftovers[:] = [other for other in self.leftovers if other.is_alive()]
        self.leftovers.append(thread)
        thread.start()

    def close(self) -> None:
        """Wait for the last calls, then let go of threads and connections."""
        for thread in self.leftovers:
            thread.join()
        self.crew.close()
        if self.postman is not None:
            self.postman.close()
        self.depart()
        self.connections.close()


def configured() -> Path:
    """Return the integration's file: ``JMSWRAP_CONFIG``, else ``jmswrap.yaml`` here."""
    return Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_FILE).absolute()


def _own_name() -> str:
    # In a container every process may have the same id, and the next one must not pass for this one.
    return f"{clock.worker_name(os.getpid())}~{os.urandom(4).hex()}"


@functools.lru_cache(maxsize=1)
def ready(file: Path) -> Ready:
    """Load an integration with its partners and transforms, once; ConfigError, ContractError."""
    return Ready.of(load(file))


def live(file: Path) -> Live:
    """Return this process's own connections and threads, made at the first call after a fork."""
    return _live(file, os.getpid())


@functools.lru_cache(maxsize=1)
def _live(file: Path, process_id: int) -> Live:
    made = ready(file)
    integration = made.integration
    here = Live(made, connect(integration), Crew(integration.config.workers.calls), _own_name())
    here.postman = postman(integration.config, integration.folder)
    return here
