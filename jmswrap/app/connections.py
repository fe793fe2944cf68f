"""Stores with their bells from a configuration, and the write facade on them.

Who only reads needs no bell, which takes RQ: jmswrap.app.stores and jmswrap.app.looking do without.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from jmswrap.app.archiving import open_history
from jmswrap.app.integration import Integration
from jmswrap.app.stores import opened
from jmswrap.config.consumers import consumers
from jmswrap.config.settings import Config
from jmswrap.deliver.stuck import STUCK_SECONDS
from jmswrap.operate.moves import Moves
from jmswrap.store.store import Store
from jmswrap.store.wakeup import Bell


@dataclass(frozen=True, slots=True)
class Connections:
    """An integration's synchronous connections."""

    store: Store
    bell: Bell

    def close(self) -> None:
        """Let go of the sockets."""
        self.store.client.close()


def connect(integration: Integration, url: str = "") -> Connections:
    """Return connections for threads; nothing is sent before they are used."""
    config = integration.config
    store = opened(integration, url)
    return Connections(store, Bell(store.client, config.workers.pool, job_seconds(config)))


def job_seconds(config: Config) -> float:
    """Return the longest that one RQ job may take: a drain, then its last calls."""
    calls_seconds = max((partner.timeouts.total_seconds for partner in config.partners.values()), default=0)
    # A message whose steps hang is let go of after a while without renewal and two leases.
    return config.workers.drain_seconds + calls_seconds + STUCK_SECONDS + 2 * config.store.lease_seconds


@contextmanager
def moving(integration: Integration) -> Iterator[Moves]:
    """Open the write facade."""
    config = integration.config
    with open_history(integration) as history, closing(connect(integration)) as connections:
        yield Moves(connections.store, connections.bell, consumers(config), config.partners, history, config.routes)
