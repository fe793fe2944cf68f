"""The integrations that come with jmswrap, to be copied and edited."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from jmswrap.app.integration import DEFAULT_FILE
from jmswrap.config.suggestions import did_you_mean
from jmswrap.errors import ConfigError

_PACKAGE = "jmswrap.integrations"


def names() -> list[str]:
    """Return the names of the integrations that ship."""
    return sorted(item.name for item in files(_PACKAGE).iterdir() if item.joinpath(DEFAULT_FILE).is_file())


def copy(name: str, folder: Path) -> Path:
    """Copy a shipped integration into a new folder and return its ``jmswrap.yaml``."""
    wanted = name.replace("-", "_")
    if wanted not in names():
        raise ConfigError(f"no integration `{name}` ships{did_you_mean(wanted, names())}")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already and not empty: name another folder")
    try:
        with as_file(files(_PACKAGE).joinpath(wanted)) as source:
            # Followed, because in a checkout the contracts are a link to the top-level folder.
            shutil.copytree(source, folder, symlinks=False, dirs_exist_ok=True)
    except OSError as error:
        why = error.strerror or error
        raise ConfigError(f"{folder} cannot be written: {why}; name another folder") from error
    return folder / DEFAULT_FILE
