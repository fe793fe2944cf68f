"""Tables, facts, JSON and times for a terminal.

A table keeps its words whole: where the screen is too narrow it first leaves out columns in which
nothing stands, then wraps the last one, and in the end lets the terminal break the lines.
Piped output is neither wrapped nor coloured.
"""

import json
import os
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

import click
from rich.cells import cell_len

from jmswrap.cli.steering import harmless, harmless_document

STATE_COLOURS: dict[str, dict[str, Any]] = {
    "QUEUED": {"fg": "cyan"},
    "SCHEDULED": {"fg": "cyan"},
    "IN_FLIGHT": {"fg": "blue"},
    "WAITING": {"fg": "yellow"},
    "DELIVERED": {"fg": "green"},
    "DEAD": {"fg": "red"},
    "IN_DOUBT": {"fg": "magenta"},
    "EXPIRED": {"dim": True},
    "CANCELLED": {"dim": True},
}

NOTHING = "·"
"""What stands in a cell where there is nothing to count."""

_GAP = "  "
_INDENT = 16
_LEAST_LAST = 24
"""The last column is not wrapped to less than this."""


def as_json(value: Any) -> None:
    """Print a value as JSON."""
    written = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    # JSON itself leaves these controls as they are, and a terminal heeds them.
    click.echo(re.sub("[\x7f-\x9f]", lambda found: f"\\u{ord(found[0]):04x}", written))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()) -> None:
    """Print a table; columns named in ``right`` are set to the right."""
    drawn = [tuple(_shown(cell) for cell in row) for row in rows]
    columns, drawn = _fitted(columns, drawn)
    widths = _widths(columns, drawn)
    last = _room(widths)
    click.echo(_styled(_line(columns, columns, widths, right), bold=True))
    for row in drawn:
        first, *more = textwrap.wrap(row[-1], last) or [""]
        click.echo(_line((*row[:-1], first), columns, widths, right))
        for part in more:
            click.echo(" " * (sum(widths[:-1]) + len(_GAP) * (len(widths) - 1)) + part)


def facts(pairs: Mapping[str, object]) -> None:
    """Print names and values, a line each; what is empty is left out."""
    for name, value in pairs.items():
        if value in ("", None):
            continue
        first, *more = textwrap.wrap(_shown(value), max(_screen() - _INDENT, _LEAST_LAST)) or [""]
        click.echo(f"{_styled(f'{name:<{_INDENT - 1}}', bold=True)} {first}")
        for part in more:
            click.echo(" " * _INDENT + part)


def heading(text: str) -> None:
    """Print the heading of what follows, after an empty line."""
    click.echo("\n" + _styled(text, bold=True))


def sentence(text: str) -> None:
    """Print a sentence on one line, whatever callers and partners have put into it."""
    click.echo(_shown(text))


def document(text: str) -> None:
    """Print a body or an answer as it is, but for what would steer the terminal."""
    click.echo(harmless_document(text))


def count(number: int, noun: str) -> str:
    """Return a number and its noun: ``1 message``, ``2 messages``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def place(path: Path) -> str:
    """Return a path as a person here would type it: relative where it is below the working folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) and path != here else str(path)


def size(number: float) -> str:
    """Return a number of bytes as people say it: ``512 B``, ``3.1 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    raise AssertionError("the last unit takes everything")


def _shown(value: object) -> str:
    """Return a value on one line, without what would steer the terminal."""
    return harmless(" ".join(str(value).split()))


def _styled(text: str, **style: Any) -> str:
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def _screen() -> int:
    """Return the width to write in."""
    return get_terminal_size().columns if sys.stdout.isatty() else 1_000_000


def _fitted(columns: Sequence[str], rows: list[tuple[str, ...]]) -> tuple[Sequence[str], list[tuple[str, ...]]]:
    """Leave out, where the screen is too narrow, the columns but the last in which nothing stands."""
    widths = _widths(columns, rows)
    if not rows or sum(widths) + len(_GAP) * (len(widths) - 1) <= _screen():
        return columns, rows
    end = len(columns) - 1
    kept = [n for n in range(len(columns)) if n == end or any(row[n] not in ("", NOTHING, "0") for row in rows)]
    if all(not row[end] for row in rows):
        kept.remove(end)
    return [columns[n] for n in kept], [tuple(row[n] for n in kept) for row in rows]


def _widths(columns: Sequence[str], rows: list[tuple[str, ...]]) -> list[int]:
    return [max(cell_len(row[n]) for row in (tuple(columns), *rows)) for n in range(len(columns))]


def _room(widths: Sequence[int]) -> int:
    """Return how wide the last column may be."""
    before = sum(widths[:-1]) + len(_GAP) * (len(widths) - 1)
    return max(_screen() - before, _LEAST_LAST)


def _line(row: Sequence[str], columns: Sequence[str], widths: Sequence[int], right: Sequence[str]) -> str:
    cells = []
    for cell, column, width in zip(row, columns, widths, strict=True):
        blank = " " * max(width - cell_len(cell), 0)
        shown = _styled(cell, **STATE_COLOURS[cell]) if cell in STATE_COLOURS else cell
        cells.append(blank + shown if column in right else shown + blank)
    return _GAP.join(cells).rstrip()
