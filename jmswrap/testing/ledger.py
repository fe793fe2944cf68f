"""The ledger of a simulated partner: one JSON line for each message it applied.

A line is in the file before the partner answers, so what the ledger lacks was never
acknowledged, and what stands in it twice was applied twice.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType

from jmswrap.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Entry:
    """One applied message."""

    sequence: int
    """1 for the first message this partner applied, counted on over restarts."""
    time_ms: int
    """Milliseconds since 1970 UTC on the partner's clock."""
    operation: str
    element: str
    """The body element, ``{namespace}local``."""
    sha256: str
    """Of the body in exclusive canonical form, or as written where that is not defined."""
    bytes: int
    """Length of the request as sent."""
    message_id: str = ""
    """WS-Addressing MessageID, where one was sent."""
    correlation_id: str = ""
    """WS-Addressing RelatesTo, where one was sent."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What the XPaths the ledger was asked for gave, by name."""


class Ledger:
    """Appends entries to a file, or only counts them when there is none."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.count = 0
        self._file: int | None = None
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self.count = path.read_bytes().count(b"\n") if path.exists() else 0
                self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            except OSError as error:
                why = error.strerror
                raise ConfigError(f"the ledger {path} cannot be written: {why}; name another file") from error

    def append(self, entry: Entry) -> None:
        """Write the entry; it is in the file when this returns."""
        self.count = entry.sequence
        if self._file is not None:
            # One write a line: a reader never sees half of one, and no buffer outlives a crash.
            os.write(self._file, json.dumps(asdict(entry), separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def entries(path: Path) -> list[Entry]:
    """Return what stands in a ledger; a ledger that is not there yet is empty."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [Entry(**json.loads(line)) for line in lines if line.endswith("\n")]
