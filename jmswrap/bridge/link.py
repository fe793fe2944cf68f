"""One end of a bridge: a thread that keeps a connection to the broker and does one thing over it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jmswrap import clock, log
from jmswrap.bridge.broker import Broker, connected
from jmswrap.config.bridge_settings import Bridge
from jmswrap.errors import JmswrapError

_LOG = log.get(__name__)

WAITS_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Before the broker is tried again after so many failures in a row; the last one stays."""

ALARM_SECONDS = 60.0
"""Between two lines about a broker that stays away."""


@dataclass(frozen=True, slots=True)
class Lie:
    """How an end lies: up, or why not."""

    up: bool
    reason: str
    changed: int
    """Rises when ``up`` changes."""


class Link:
    """Serves over one connection after the other until it is stopped."""

    def __init__(
        self, name: str, settings: Bridge, folder: Path, serve: Callable[[Broker, "Link"], None], stop: threading.Event
    ) -> None:
        self.name, self.stop = name, stop
        self._settings, self._folder, self._serve = settings, folder, serve
        self._failures = 0
        self._lie = Lie(False, "it is being connected", 0)
        self._alarm = log.Alarm(_LOG, "bridge-resumed", ALARM_SECONDS)
        self._thread = threading.Thread(target=self._run, name=f"jmswrap-{name}", daemon=True)

    @property
    def lie(self) -> Lie:
        """How it is now."""
        return self._lie

    def start(self) -> None:
        """Begin; after the fork, threads do not survive one."""
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for its end."""
        self._thread.join(seconds)

    def works(self) -> None:
        """Note that something was carried, so that the next failure is the first one again."""
        self._failures = 0
        self._is(True, "")
        self._alarm.end()

    def held(self, error: JmswrapError) -> None:
        """Note that the connection stands and nothing can be carried now."""
        self._is(False, str(error))
        self._alarm.ring("bridge-held", link=self.name, reason=error)

    def pause(self) -> None:
        """Wait before the next try, longer each time."""
        self.stop.wait(WAITS_SECONDS[min(self._failures, len(WAITS_SECONDS) - 1)])
        self._failures += 1

    def _run(self) -> None:
        while not self.stop.is_set():
            began = clock.monotonic()
            try:
                self._once()
            except JmswrapError as error:
                self._is(False, str(error))
                self._alarm.ring("bridge-waits", link=self.name, reason=error)
                if clock.monotonic() - began > WAITS_SECONDS[-1]:
                    self._failures = 0
                self.pause()
            except Exception:  # noqa: BLE001 - the other ends go on, and this one tries again
                _LOG.error("bridge-broke", link=self.name, exc_info=True)
                self._is(False, "it met an error of its own: see the log")
                self.pause()

    def _once(self) -> None:
        with connected(self._settings, self._folder) as broker:
            self._is(True, "")
            _LOG.info("bridge-connected", link=self.name, broker=broker.address)
            self._serve(broker, self)

    def _is(self, up: bool, reason: str) -> None:
        if (up, reason) != (self._lie.up, self._lie.reason):
            self._lie = Lie(up, reason, self._lie.changed + (up != self._lie.up))
