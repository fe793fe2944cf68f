"""The passwords of the store's servers and sentinels: references in the file, resolved where a process connects."""

import os
from pathlib import Path
from urllib.parse import quote

from jmswrap.config.secrets import resolve
from jmswrap.config.settings import Config
from jmswrap.errors import ConfigError


def with_password(config: Config, folder: Path, url: str) -> str:
    """Return an address of the store as a client needs it; ConfigError when a password is not there."""
    store = config.store
    if store.password:
        scheme, _, rest = url.partition("://")
        authority, slash, path = rest.partition("/")
        user, _, hosts = authority.rpartition("@")
        url = f"{scheme}://{user}:{_quoted(store.password, folder)}@{hosts}{slash}{path}"
    return f"{url}?{_quoted(store.sentinel_password, folder)}" if store.sentinel_password else url


def _quoted(reference: str, folder: Path) -> str:
    return quote(resolve(reference, folder, os.environ).text, safe="")


def problem(config: Config, folder: Path) -> str:
    """Return what keeps a password from being used; empty when nothing does."""
    try:
        with_password(config, folder, config.store.url)
    except ConfigError as error:
        return str(error)
    return ""
