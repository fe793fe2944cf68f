"""The ``xp20:`` functions on dates and times.

A text without a time zone is taken as the machine's. Pictures are those of XSLT 2.0's ``format-dateTime``
(``[Y0001]-[M01]-[D01]``), English names.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from jmswrap.errors import TransformError
from jmswrap.transform.oracle.namespaces import ORAEXT, XP20
from jmswrap.transform.values import text
from jmswrap.transform.xslt import Extensions

_DURATION = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?\Z")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)\Z")
"""A date with a time zone, which only XML Schema has."""
_MARKER = re.compile(r"\[\[|\]\]|\[\s*([A-Za-z])([^\],]*)(?:,([^\]]*))?\]")
_PARTS = {"Y": "year", "M": "month", "D": "day", "H": "hour", "m": "minute", "s": "second"}
_NAMES = {"M": "%B", "F": "%A"}
_COUNTED: dict[str, Callable[[datetime], int]] = {
    "h": lambda moment: moment.hour % 12 or 12,
    "d": lambda moment: moment.timetuple().tm_yday,
    "F": datetime.isoweekday,
    "W": lambda moment: moment.isocalendar().week,
}


def functions() -> Extensions:
    """Return the functions."""
    plain: dict[str, Callable[..., Any]] = {
        "current-dateTime": lambda _, *zone: _written(_now(*zone)),
        "current-date": lambda _, *zone: _now(*zone).date().isoformat(),
        "current-time": lambda _, *zone: _now(*zone).timetz().isoformat(timespec="milliseconds"),
        "implicit-timezone": lambda _: _now().isoformat()[-6:],
        "timezone-from-dateTime": lambda _, value: _zone(_read(value)),
        "equal-dateTime": lambda _, one, other: _read(one) == _read(other),
        "format-dateTime": lambda _, value, picture: formatted(_read(value), text(picture)),
        "add-dayTimeDuration-to-dateTime": lambda _, value, by: _written(_read(value) + _duration(text(by))),
        "subtract-dayTimeDuration-from-dateTime": lambda _, value, by: _written(_read(value) - _duration(text(by))),
    }
    for name in _PARTS.values():
        plural = name if name in ("year", "month", "day") else f"{name}s"
        plain[f"{plural}-from-dateTime"] = _part(name)
    return {(namespace, name): function for namespace in (XP20, ORAEXT) for name, function in plain.items()}


def formatted(moment: datetime, picture: str) -> str:
    """Write a time by a picture string of XSLT 2.0. Raises TransformError for a component it does not have."""
    return _MARKER.sub(lambda match: _component(moment, match), picture)


def _component(moment: datetime, match: re.Match[str]) -> str:
    if match.group(1) is None:
        return match.group(0)[0]
    name, presentation = match.group(1), match.group(2).strip()
    if name == "F" and not presentation:
        presentation = "n"
    if presentation[:1] in ("N", "n") and name in _NAMES:
        return _cased(moment.strftime(_NAMES[name]), presentation, match.group(3) or "")
    if name in _PARTS:
        written = _number(getattr(moment, _PARTS[name]), presentation, match.group(3) or "", two=name in "ms")
        most = (match.group(3) or "").rpartition("-")[2].strip()
        return written[-int(most) :] if name == "Y" and most.isdigit() else written
    if name in _COUNTED:
        return _number(_COUNTED[name](moment), presentation, match.group(3) or "", two=False)
    if name == "f":
        return f"{moment.microsecond:06d}"[: max(1, len(presentation) or 3)]
    if name == "P":
        return _cased("AM" if moment.hour < 12 else "PM", presentation or "n", "")
    if name in "Zz":
        return ("GMT" if name == "z" else "") + moment.isoformat()[-6:]
    raise TransformError(
        f"format-dateTime: the picture's component [{name}] is not known; use Y M D d W F H h m s f P Z z"
    )


def _number(value: int, presentation: str, widths: str, *, two: bool) -> str:
    width = len(presentation) if presentation.isdigit() else 2 if two and not presentation else 1
    least = widths.partition("-")[0].strip()
    width = max(width, int(least)) if least.isdigit() else width
    written = str(value).zfill(width)
    return written[-2:] if presentation == "01" and value > 99 else written


def _cased(name: str, presentation: str, width: str) -> str:
    most = width.rpartition("-")[2] if width else ""
    cut = name[: int(most)] if most.isdigit() else name
    return cut if presentation.startswith("Nn") else cut.upper() if presentation[:1] == "N" else cut.lower()


def _part(name: str) -> Callable[..., float]:
    return lambda _, value: float(getattr(_read(value), name))


def _now(zone: Any = "") -> datetime:
    """Return the time, in a zone that is given as ``+02:00`` or ``Z``."""
    wanted = text(zone).strip()
    if not wanted:
        return datetime.now().astimezone()
    try:
        return datetime.now().astimezone(datetime.fromisoformat(f"2000-01-01T00:00:00{wanted}").tzinfo)
    except ValueError:
        raise TransformError(f"{wanted!r} is no time zone; it looks like +02:00 or Z") from None


def _zone(moment: datetime) -> str:
    return "Z" if moment.utcoffset() == timedelta(0) else moment.isoformat()[-6:]


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def _read(value: Any) -> datetime:
    given = text(value).strip()
    dated = _DATE.match(given)
    try:
        moment = datetime.fromisoformat(f"{dated.group(1)}T00:00:00{dated.group(2)}" if dated else given)
    except ValueError:
        raise TransformError(f"{given!r} is no dateTime; it looks like 2026-03-31T12:00:00Z") from None
    return moment if moment.tzinfo else moment.astimezone()


def _duration(given: str) -> timedelta:
    match = _DURATION.match(given.strip())
    if match is None or not any(match.groups()[1:]):
        raise TransformError(f"{given!r} is no dayTimeDuration; it looks like P1DT2H")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if match.group(1) else length
