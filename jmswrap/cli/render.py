"""Tables, JSON and times for a terminal."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

STATE_COLOURS = {
    "QUEUED": "cyan",
    "SCHEDULED": "cyan",
    "IN_FLIGHT": "blue",
    "WAITING": "yellow",
    "DELIVERED": "green",
    "DEAD": "red",
    "IN_DOUBT": "magenta",
    "EXPIRED": "dim",
    "CANCELLED": "dim",
}


def as_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()) -> None:
    """Print a table; columns named in ``right`` are set to the right."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(coloured(str(cell)) for cell in row))
    console().print(drawn)


def console() -> Console:
    """Return a console on standard output; piped output is not cut to a screen's width."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, soft_wrap=not sys.stdout.isatty())


def coloured(text: str) -> str:
    """Return text for rich, a state in its colour."""
    colour = STATE_COLOURS.get(text)
    return f"[{colour}]{text}[/{colour}]" if colour else escape(text)


def size(count: float) -> str:
    """Return a number of bytes as people say it: ``512 B``, ``3.1 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("the last unit takes everything")


def span(ms: float) -> str:
    """Return a length of time as people say it: ``3 s``, ``12 min``, ``5 h``, ``3 d``."""
    seconds = max(ms, 0) / 1000
    for unit, length, limit in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < limit:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"
