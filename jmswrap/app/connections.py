"""Stores and bells from a configuration.

Without ``store.url`` the store is the embedded server of the integration's data folder,
which ``jmswrap up`` runs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jmswrap.app.archiving import has_history, history_of
from jmswrap.app.encrypting import keyring
from jmswrap.app.integration import Integration
from jmswrap.app.store_password import with_password
from jmswrap.config.consumers import consumers
from jmswrap.config.settings import Config
from jmswrap.config.store_settings import Durability
from jmswrap.deliver.held import STUCK_SECONDS
from jmswrap.errors import StoreDown
from jmswrap.inspect.inspection import Inspection
from jmswrap.operate.moves import Moves
from jmswrap.store import opening
from jmswrap.store.aio import AsyncStore
from jmswrap.store.nouns import Cap, Limits
from jmswrap.store.server import running_url
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


def data_folder(integration: Integration) -> Path:
    """Return the folder of the embedded store."""
    return integration.folder / integration.config.store.data


def store_url(integration: Integration) -> str:
    """Return the store's address without its password; StoreDown when none is set and no embedded one runs."""
    url = integration.config.store.url or running_url(data_folder(integration))
    if not url:
        raise StoreDown(
            f"no store runs on {data_folder(integration)}: start `jmswrap up` for this integration, or set store.url"
        )
    return url


def limits(config: Config) -> Limits:
    """Return the store's limits that a configuration asks for."""
    settings, archived = config.store, has_history(config)
    return Limits(
        lease_ms=round(settings.lease_seconds * 1000),
        retention_ms=round((config.history.after_seconds if archived else settings.retention_seconds) * 1000),
        purges=not archived,
        duplicate_window_ms=round(settings.duplicate_window_seconds * 1000),
        replicas=settings.replicas,
        caps={queue: _cap(config, queue) for queue in consumers(config)},
    )


def _cap(config: Config, queue: str) -> Cap:
    """Return the least caps of the routes that wait on a queue."""
    routes = [route for name, route in config.routes.items() if config.queue_of(name) == queue]
    return Cap(
        messages=min((route.backlog_messages for route in routes if route.backlog_messages), default=0),
        bytes=min((route.backlog_bytes for route in routes if route.backlog_bytes), default=0),
    )


def connect(integration: Integration, url: str = "") -> Connections:
    """Return connections for threads; nothing is sent before they are used."""
    config = integration.config
    client = opening.client(with_password(config, integration.folder, url or store_url(integration)))
    store = Store(client, config.prefix, limits(config), keyring(config, integration.folder))
    return Connections(store, Bell(client, config.workers.pool, job_seconds(config)))


def job_seconds(config: Config) -> float:
    """Return the longest that one RQ job may take: a drain, then its last calls."""
    calls_seconds = max((partner.timeouts.total_seconds for partner in config.partners.values()), default=0)
    # A message whose steps hang is let go of after a while without renewal and two leases.
    return config.workers.drain_seconds + calls_seconds + STUCK_SECONDS + 2 * config.store.lease_seconds


def connect_async(integration: Integration, url: str = "") -> AsyncStore:
    """Return the gateway's store; call it in the process and event loop that use it."""
    config = integration.config
    client = opening.async_client(with_password(config, integration.folder, url or store_url(integration)))
    ring = keyring(config, integration.folder)
    return AsyncStore(client, config.prefix, limits(config), vouched(config), ring)


def vouched(config: Config) -> bool:
    """Tell whether a person answers for the server's persistence."""
    return config.store.durability is Durability.VOUCHED


@contextmanager
def looking(integration: Integration) -> Iterator[Inspection]:
    """Open the read facade."""
    history = history_of(integration)
    connections = connect(integration)
    config = integration.config
    queues: dict[str, tuple[str, ...]] = dict.fromkeys(consumers(config), ())
    for route in config.routes:
        queue = config.queue_of(route)
        queues[queue] = (*queues.get(queue, ()), route)
    partners = {config.queue_of(name): r.to.partner for name, r in config.routes.items() if r.to.partner}
    try:
        windows = {name: partner.maintenance for name, partner in config.partners.items()}
        yield Inspection(connections.store, queues, partners, history, windows)
    finally:
        if history is not None:
            history.close()
        connections.close()


@contextmanager
def moving(integration: Integration) -> Iterator[Moves]:
    """Open the write facade."""
    history = history_of(integration)
    connections = connect(integration)
    try:
        config = integration.config
        yield Moves(connections.store, connections.bell, consumers(config), config.partners, history, config.routes)
    finally:
        if history is not None:
            history.close()
        connections.close()
