"""All that a run found, kept as JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.interop.playing import Cell


@dataclass(frozen=True, slots=True)
class Found:
    """The cells of a run and what stands around them."""

    cells: list[Cell]
    versions: dict[str, str]
    """By toolchain."""
    missing: dict[str, str]
    """What a toolchain needs that is not installed, by its title."""
    refused: dict[str, str]
    """Why a WSDL is not published, by its title."""

    def write(self, file: Path) -> None:
        """Write it."""
        file.write_text(json.dumps(asdict(self), indent=1), "utf-8")

    @classmethod
    def read(cls, file: Path) -> "Found":
        """Read what ``write`` wrote."""
        given = json.loads(file.read_text("utf-8"))
        return cls([Cell(**cell) for cell in given.pop("cells")], **given)
