"""The history of an integration, and who carries settled messages into it."""

from collections.abc import Iterator
from contextlib import contextmanager

from jmswrap.app.encrypting import keyring
from jmswrap.app.integration import Integration
from jmswrap.clock import new_id
from jmswrap.config.settings import Config
from jmswrap.history import opening
from jmswrap.history.history import History
from jmswrap.operate.archiver import Archiver
from jmswrap.store.store import Store

NONE = "none"
GATEWAY_PATIENCE_SECONDS = 30.0
"""A gateway leaves this work to the workers, unless none of them does it."""


def has_history(config: Config) -> bool:
    """Tell whether settled messages leave for a history, or are dropped."""
    return config.history.url != NONE


def history_of(integration: Integration) -> History | None:
    """Return the history; None when there is none. Nothing is opened before it is used.

    Raises ConfigError when its driver is not installed.
    """
    config = integration.config
    if not has_history(config):
        return None
    return History(
        opening.place(config.history.url, integration.folder, integration.folder / config.store.data),
        config.prefix,
        keyring(config, integration.folder),
    )


@contextmanager
def open_history(integration: Integration) -> Iterator[History | None]:
    """Give the history, or None, and let go of it at the end."""
    history = history_of(integration)
    try:
        yield history
    finally:
        if history is not None:
            history.close()


def archiver(integration: Integration, store: Store, patience_seconds: float = 0) -> Archiver | None:
    """Return what carries settled messages away; None without a history. Make it after a fork."""
    history = history_of(integration)
    if history is None:
        return None
    settings = integration.config.history
    return Archiver(store, history, new_id(), settings.bodies, settings.retention_days, patience_seconds)
