"""Times, spans and states as people type them: a date, how long ago, ``DEAD`` or ``dead``."""

import re
import time
from datetime import UTC, date, datetime
from typing import Any

import click

from jmswrap.states import State

_SPAN = re.compile(r"^(\d+(?:\.\d+)?)\s*(s|min|h|d)?$")
_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


class Since(click.ParamType[int]):
    """A point in time as milliseconds since 1970 UTC; what names no zone is UTC."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it; wrong usage when it is no time."""
        if isinstance(value, int):
            return value
        if (ago := _SPAN.match(value)) and ago[2]:
            return round((time.time() - float(ago[1]) * _SECONDS[ago[2]]) * 1000)
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"`{value}` is no time: write 2026-03-31, 2026-03-31T08:00, 90min or 2d", param, ctx)
        return round((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1000)


class Span(click.ParamType[float]):
    """A length of time in seconds; a bare number is seconds."""

    name = "SPAN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it; wrong usage when it is no length of time."""
        if isinstance(value, int | float):
            return float(value)
        found = _SPAN.match(value)
        if found is None:
            self.fail(f"`{value}` is no length of time: write 90 (seconds), 90min, 12h or 2d", param, ctx)
        return float(found[1]) * _SECONDS[found[2] or "s"]


class Day(click.ParamType[str]):
    """A day, as ``2026-03-31``."""

    name = "DAY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it; wrong usage when it is no day. Without one there is none."""
        if not value:
            return ""
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            self.fail(f"`{value}` is no day: write it as 2026-03-31", param, ctx)


class OfState(click.ParamType[State]):
    """A state, in capitals or not."""

    name = "STATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> State:
        """Read it; wrong usage when it is no state."""
        try:
            return State(value.upper())
        except ValueError:
            self.fail(f"`{value}` is no state: write one of {', '.join(State)}", param, ctx)
