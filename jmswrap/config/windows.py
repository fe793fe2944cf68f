"""Maintenance windows as spans of time: when a partner is not called.

Pure: the time that decides comes from the caller, who has it from the store's server.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from jmswrap.config.partner_settings import Day, Window

AHEAD_MS = 3_600_000
"""Spans are computed for so long ahead; a claim gets fresh ones long before that."""

_DAYS = tuple(Day)


def zone(name: str) -> tzinfo:
    """Return a time zone; ZoneInfoNotFoundError or ValueError when there is none by this name."""
    return UTC if name == "UTC" else ZoneInfo(name)


def spans(windows: Sequence[Window], now_ms: int) -> tuple[tuple[int, int], ...]:
    """Return the times (ms, from and until) that touch the next hour, joined where they meet."""
    found = sorted(span for window in windows for span in _around(window, now_ms))
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(span for span in joined if span[0] < now_ms + AHEAD_MS and now_ms < span[1])


def closed_until(windows: Sequence[Window], now_ms: int) -> int:
    """Return until when a partner is not called, in ms; 0 when it may be called now."""
    return next((end for start, end in spans(windows, now_ms) if start <= now_ms < end), 0)


def _around(window: Window, now_ms: int) -> list[tuple[int, int]]:
    where = zone(window.timezone)
    today = datetime.fromtimestamp(now_ms / 1000, where).date()
    # A week and a day back: windows that meet, every night all night, are one.
    days = (today + timedelta(days=ahead) for ahead in range(-8, 9))
    return [_span(window, day, where) for day in days if _DAYS[day.weekday()] in (window.days or _DAYS)]


def _span(window: Window, day: date, where: tzinfo) -> tuple[int, int]:
    start, end = time.fromisoformat(window.start), time.fromisoformat(window.end)
    last = day if end > start else day + timedelta(days=1)
    return _ms(datetime.combine(day, start, where)), _ms(datetime.combine(last, end, where))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
