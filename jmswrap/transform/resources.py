"""Where stylesheets find what they name: inside the integration's folder, nowhere else.

Oracle's files name one another by paths relative to themselves and by ``oramds:/`` addresses of
the metadata store, whose top is a folder of the integration here.
"""

import contextlib
import threading
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jmswrap.errors import ConfigError
from jmswrap.transform.dvm import ValueMap, read

STORE = "oramds:"
"""What begins an address in the vendor's metadata store."""

MOST_NAMES = 10_000
"""So many addresses of maps are remembered: a stylesheet may make them up of what a message says."""


class Resources:
    """The files of one generation of an integration. Safe for threads; each map is read once."""

    def __init__(self, folder: Path, metadata: str = "") -> None:
        self.folder = folder.resolve()
        self.metadata = (folder / metadata).resolve() if metadata else self.folder
        self._maps: dict[Path, ValueMap] = {}
        self._named: dict[tuple[str, Path], ValueMap] = {}
        self._kept: dict[Path, bytes] = {}
        self._lock = threading.Lock()

    def keep(self, maps: Iterable[Path]) -> None:
        """Keep what is in these files now, so that every look-up sees the maps of one moment.

        A file that cannot be read is an error of the look-up that wants it.
        """
        for path in maps:
            with contextlib.suppress(OSError):
                self._kept[path.resolve()] = path.read_bytes()

    def find(self, address: str, beside: Path, suffix: str = "") -> Path:
        """Return the file that an address in a file stands for. Raises ConfigError when there is none."""
        candidates = self._candidates(address, beside)
        if suffix:
            candidates = [path if path.suffix else path.with_suffix(suffix) for path in candidates]
        path = next((path for path in candidates if self._is_there(path)), candidates[0]).resolve()
        if not path.is_relative_to(self.folder) and not path.is_relative_to(self.metadata):
            raise ConfigError(f"{beside.name} names {address}, which lies outside the integration's folder")
        if self._is_there(path):
            return path
        raise ConfigError(f"{beside.name} names {self._shown(Path(address))}, and there is no file {self._shown(path)}")

    def value_map(self, address: str, beside: Path) -> ValueMap:
        """Return the map that an address stands for. Raises ConfigError."""
        named = (address, beside)
        found = self._named.get(named)
        if found is None:
            # To look for the file costs more than to look the value up.
            path = self.find(address, beside, ".dvm")
            with self._lock:
                found = self._maps.get(path)
                if found is None:
                    found = self._maps[path] = read(path, self._kept.get(path))
                if len(self._named) < MOST_NAMES:
                    self._named[named] = found
        return found

    def _is_there(self, path: Path) -> bool:
        return path.resolve() in self._kept or path.is_file()

    def _candidates(self, address: str, beside: Path) -> list[Path]:
        if address.startswith(STORE):
            return self._stored(unquote(address[len(STORE) :]).lstrip("/"))
        if urlsplit(address).scheme:
            raise ConfigError(f"{beside.name} names {address}; only files of the integration's folder can be read")
        # A composite's addresses begin at its own folder, a service bus's at that of all its projects.
        above = [path for path in beside.resolve().parents if path.is_relative_to(self.folder)]
        return [path / unquote(address) for path in (beside.parent, self.metadata, *above)]

    def _stored(self, name: str) -> list[Path]:
        """Return where in the copy of the metadata store a file may be."""
        # `/apps/NAME/…` and `/deployed-composites/default/NAME_rev1.0/…` lie below roots that a copy often leaves out.
        parts = Path(name).parts
        return [self.metadata.joinpath(*parts[n:]) for n in range(max(1, len(parts)))]

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.folder)) if path.is_relative_to(self.folder) else str(path)
