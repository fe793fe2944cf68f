"""The password of the store's server: a reference in the file, resolved where a process connects."""

import os
from pathlib import Path
from urllib.parse import quote

from jmswrap.config.secrets import resolve
from jmswrap.config.settings import Config
from jmswrap.errors import ConfigError


def with_password(config: Config, folder: Path, url: str) -> str:
    """Return an address of the store as a client needs it; ConfigError when the password is not there."""
    if not config.store.password:
        return url
    secret = quote(resolve(config.store.password, folder, os.environ).text, safe="")
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, _, hosts = authority.rpartition("@")
    return f"{scheme}://{user}:{secret}@{hosts}{slash}{path}"


def problem(config: Config, folder: Path) -> str:
    """Return what keeps the password from being used; empty when nothing does."""
    try:
        with_password(config, folder, config.store.url)
    except ConfigError as error:
        return str(error)
    return ""
