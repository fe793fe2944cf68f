"""The keys of an integration's bodies at rest."""

import os
from pathlib import Path

from jmswrap.config.secrets import resolve
from jmswrap.config.settings import Config
from jmswrap.errors import ConfigError
from jmswrap.sealing import PLAIN, Keyring


def keyring(config: Config, folder: Path) -> Keyring:
    """Return the keys that ``store.encryption`` names; ConfigError when a secret is not there."""
    keys = config.store.encryption.keys
    if not keys:
        return PLAIN
    return Keyring([(key.id, resolve(key.secret, folder, os.environ).value) for key in keys])


def problem(config: Config, folder: Path) -> str:
    """Return what keeps the keys from being used; empty when nothing does."""
    try:
        keyring(config, folder)
    except ConfigError as error:
        return str(error)
    return ""
