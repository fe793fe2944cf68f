"""Stores from a configuration.

Without ``store.url`` the store is the embedded server of the integration's data folder,
which ``jmswrap up`` runs.
"""

from pathlib import Path

from jmswrap.app.archiving import has_history
from jmswrap.app.encrypting import keyring
from jmswrap.app.integration import Integration
from jmswrap.app.store_password import with_password
from jmswrap.config.consumers import consumers
from jmswrap.config.settings import Config
from jmswrap.config.store_settings import Durability
from jmswrap.errors import StoreDown
from jmswrap.store import opening
from jmswrap.store.aio import AsyncStore
from jmswrap.store.local import running_url
from jmswrap.store.nouns import Cap, Limits
from jmswrap.store.store import Store


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


def opened(integration: Integration, url: str = "") -> Store:
    """Return a store for threads; nothing is sent before it is used."""
    config = integration.config
    client = opening.client(with_password(config, integration.folder, url or store_url(integration)))
    return Store(client, config.prefix, limits(config), keyring(config, integration.folder))


def connect_async(integration: Integration, url: str = "") -> AsyncStore:
    """Return the gateway's store; call it in the process and event loop that use it."""
    config = integration.config
    client = opening.async_client(with_password(config, integration.folder, url or store_url(integration)))
    ring = keyring(config, integration.folder)
    return AsyncStore(client, config.prefix, limits(config), vouched(config), ring)


def vouched(config: Config) -> bool:
    """Tell whether a person answers for the server's persistence."""
    return config.store.durability is Durability.VOUCHED
