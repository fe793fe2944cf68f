"""``jmswrap bridge``: the process that runs every bridge of an integration."""

import logging
import signal
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from jmswrap import log
from jmswrap.app.applications import Putter, own_name
from jmswrap.app.backups import require_dealt_with
from jmswrap.app.connections import Connections, connect, moving
from jmswrap.app.integration import Integration, load
from jmswrap.app.stores import vouched
from jmswrap.bridge.incoming import FromBroker
from jmswrap.bridge.link import Link
from jmswrap.bridge.outgoing import ToBroker
from jmswrap.deliver.taking import Taking
from jmswrap.errors import ConfigError, Unavailable
from jmswrap.operate.sweeper import Sweeper
from jmswrap.store import bridging
from jmswrap.store.bridging import End

_LOG = log.get(__name__)

REPORT_SECONDS = 1.0
"""Between two looks whether an end has changed."""

SAY_LOOKS = 5
"""Looks after which it is said anew, changed or not."""

STOP_SECONDS = 20.0
"""How long the ends may take to finish what is under way."""


@dataclass(slots=True)
class Running:
    """One end at work."""

    bridge: str
    queue: str
    destination: str
    incoming: bool
    link: Link
    changed: int = -1
    since_ms: int = 0

    def end(self, now_ms: int) -> End:
        """Return how it is."""
        lie = self.link.lie
        if lie.changed != self.changed:
            self.changed, self.since_ms = lie.changed, now_ms
        return End(self.queue, self.destination, self.incoming, lie.up, self.since_ms, lie.reason)


@dataclass(slots=True)
class Reporter:
    """Says in the store how the ends are."""

    connections: Connections
    worker: str
    running: Sequence[Running]
    said: dict[str, tuple[End, ...]] = field(default_factory=dict)
    looks: int = 0

    def look(self) -> None:
        """Say it when something changed, or when it has not been said for a while."""
        self.looks += 1
        store = self.connections.store
        try:
            now_ms = store.now_ms()
            for bridge in dict.fromkeys(one.bridge for one in self.running):
                ends = tuple(one.end(now_ms) for one in self.running if one.bridge == bridge)
                if self.said.get(bridge) != ends or self.looks % SAY_LOOKS == 0:
                    bridging.report(store, bridge, self.worker, ends)
                    self.said[bridge] = ends
        except Unavailable:
            # The ends say so themselves; nobody could read it in the store.
            self.said.clear()

    def leave(self) -> None:
        """Say that this process goes."""
        try:
            for bridge in self.said:
                bridging.report(self.connections.store, bridge, self.worker, ())
        except Unavailable as error:
            _LOG.warning("bridge-not-struck-off", reason=error)


def bridge(file: Path) -> int:
    """Carry messages until stopped by SIGTERM or SIGINT; returns the exit status.

    Raises ConfigError, StoreDown and StoreUnsafe before anything is carried.
    """
    integration = load(file)
    if not integration.config.bridges:
        raise ConfigError(f"{integration.file} has no `bridges`: add one, see docs/queues.md")
    # Its lines about connections would say twice what we say.
    logging.getLogger("stomp.py").setLevel(logging.CRITICAL)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as stack:
        connections = connect(integration)
        stack.callback(connections.close)
        connections.store.ready(vouched(integration.config))
        require_dealt_with(integration)
        worker = own_name("bridge")
        taking = Taking(connections.store, connections.bell, worker)
        stack.callback(taking.close)
        sweeper = Sweeper(connections.store, connections.bell)
        sweeper.start()
        stack.callback(sweeper.stop)
        running = _running(integration, connections, taking, stop, stack)
        reporter = Reporter(connections, worker, running)
        stack.callback(reporter.leave)
        _LOG.info("bridging", integration=integration.config.name, ends=len(running), worker=worker)
        _carry(running, reporter, stop)
    _LOG.info("stopped", worker=worker)
    return 0


def _carry(running: Sequence[Running], reporter: Reporter, stop: threading.Event) -> None:
    for one in running:
        one.link.start()
    while not stop.wait(REPORT_SECONDS):
        reporter.look()
    for one in running:
        one.link.join(STOP_SECONDS)


def _running(
    integration: Integration, connections: Connections, taking: Taking, stop: threading.Event, stack: ExitStack
) -> list[Running]:
    found = []
    for name, settings in integration.config.bridges.items():
        for incoming in settings.source:
            moves = stack.enter_context(moving(integration))
            inward = FromBroker(incoming, Putter(integration), moves)
            title = f"{name}:{incoming.destination}→{incoming.queue}"
            link = Link(title, settings, integration.folder, inward.serve, stop)
            found.append(Running(name, incoming.queue, incoming.destination, True, link))
        for outgoing in settings.target:
            outward = ToBroker(outgoing, connections.store, taking, settings.receipt_seconds)
            title = f"{name}:{outgoing.queue}→{outgoing.destination}"
            link = Link(title, settings, integration.folder, outward.serve, stop)
            found.append(Running(name, outgoing.queue, outgoing.destination, False, link))
    return found
