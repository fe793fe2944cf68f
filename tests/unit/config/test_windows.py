"""Maintenance windows: from days and local times to spans of the server's time."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from jmswrap.config.partner_settings import Window
from jmswrap.config.windows import closed_until, spans

BERLIN = ZoneInfo("Europe/Berlin")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


def window(start: str, end: str, *days: str) -> Window:
    given = {"from": start, "to": end, "timezone": "Europe/Berlin", **({"days": days} if days else {})}
    return Window.model_validate(given)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-21T01:59", None),
        ("2026-11-21T02:00", "2026-11-21T04:00"),
        ("2026-11-21T03:59", "2026-11-21T04:00"),
        ("2026-11-21T04:00", None),
        ("2026-11-22T03:00", None),
    ],
)
def test_a_partner_is_closed_from_the_first_to_the_last_minute_of_its_day(now: str, until: str | None) -> None:
    assert closed_until([window("02:00", "04:00", "sat")], ms(now)) == (ms(until) if until else 0)


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    night = [window("22:00", "06:00", "fri")]
    assert closed_until(night, ms("2026-11-21T05:00")) == ms("2026-11-21T06:00")
    assert closed_until(night, ms("2026-11-20T05:00")) == 0


def test_windows_that_meet_are_one() -> None:
    both = [window("22:00", "00:00"), window("00:00", "06:00")]
    assert closed_until(both, ms("2026-11-20T23:00")) == ms("2026-11-21T06:00")


def test_a_window_keeps_its_local_time_when_the_clocks_change() -> None:
    sunday = [window("01:00", "05:00", "sun")]
    assert closed_until(sunday, ms("2026-03-29T01:30")) - ms("2026-03-29T01:00") == 3 * 3_600_000
    assert closed_until(sunday, ms("2026-10-25T01:30")) - ms("2026-10-25T01:00") == 5 * 3_600_000


def test_only_what_touches_the_next_hour_is_told() -> None:
    assert spans([window("02:00", "04:00")], ms("2026-11-21T00:30")) == ()
    (span,) = spans([window("02:00", "04:00")], ms("2026-11-21T01:30"))
    assert span == (ms("2026-11-21T02:00"), ms("2026-11-21T04:00"))
