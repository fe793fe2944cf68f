"""Times as people type them: a date, a time, or how long ago."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import click

_AGO = re.compile(r"^(\d+)\s*(s|min|h|d)$")
_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


class Since(click.ParamType[int]):
    """A point in time as milliseconds since 1970 UTC; what names no zone is UTC."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it; wrong usage when it is no time."""
        if isinstance(value, int):
            return value
        if ago := _AGO.match(value):
            return round((time.time() - int(ago[1]) * _SECONDS[ago[2]]) * 1000)
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"`{value}` is no time: write 2026-03-31, 2026-03-31T08:00, 90min or 2d", param, ctx)
        return round((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1000)
