"""A secret in use: resolved at the start, read again when its file has changed."""

from collections.abc import Mapping
from pathlib import Path

from jmswrap import log
from jmswrap.config import secrets
from jmswrap.errors import ConfigError

_LOG = log.get(__name__)
Stamp = tuple[tuple[int, int, int], ...]


def stamp(*paths: Path) -> Stamp:
    """Return what changes when one of the files is written anew; a file that is gone counts as nothing."""
    found = []
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            found.append((0, 0, 0))
        else:
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)


class Credential:
    """One secret; ConfigError when there is none at the start. Safe for several threads.

    It has no control characters, which could stand neither in XML nor in a header. ``ascii``
    asks for more: an HTTP header's value.
    """

    def __init__(self, reference: str, folder: Path, environment: Mapping[str, str], ascii: bool = False) -> None:
        self._reference = reference
        self._ascii = ascii
        self._folder = folder
        kind, _, place = reference.partition(":")
        self._files = (folder / place,) if kind == "file" else ()
        # The stamp is taken first: a change in between is then read a second time, not missed.
        seen = stamp(*self._files)
        self._kept = (seen, self._resolved(environment))

    @property
    def text(self) -> str:
        """The secret as it is now; a file that cannot be read any more leaves the one known."""
        seen = stamp(*self._files)
        if self._files and seen != self._kept[0]:
            try:
                self._kept = (seen, self._resolved({}))
            except ConfigError as error:
                _LOG.warning("secret-not-renewed", reference=self._reference, reason=error)
                self._kept = (seen, self._kept[1])
        return self._kept[1]

    def _resolved(self, environment: Mapping[str, str]) -> str:
        text = secrets.resolve(self._reference, self._folder, environment).text
        if not all(character >= " " and character != "\x7f" for character in text):
            raise ConfigError(f"The secret at `{self._reference}` has more than one line: write it as one line.")
        if self._ascii and not text.isascii():
            raise ConfigError(f"The secret at `{self._reference}` is not ASCII, which an HTTP header must be.")
        return text
