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
    def read(cls, files: list[Path]) -> "Found":
        """Put together what ``write`` wrote in several runs; of a cell that was played again, the last stands."""
        cells: dict[tuple[str, str, str], Cell] = {}
        around: dict[str, dict[str, str]] = {"versions": {}, "missing": {}, "refused": {}}
        for file in files:
            given = json.loads(file.read_text("utf-8"))
            for cell in (Cell(**one) for one in given["cells"]):
                cells[cell.title, cell.style, cell.tool] = cell
            for name, known in around.items():
                known.update(given[name])
        return cls(list(cells.values()), **around)
