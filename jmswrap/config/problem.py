"""A problem in an integration: where it is and what to do."""

from dataclasses import dataclass
from pathlib import Path


def no_file(name: str, folder: Path) -> str:
    """Return what to say of a file that is not there."""
    return f"there is no file `{name}` in {folder}: paths are relative to the folder of this file"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, with its place."""

    file: Path
    line: int
    """The line, counted from 1; 0 when the whole file is meant."""
    sentence: str
    """What is wrong and what to do, for a person."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.sentence}"
