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
_MARKER = re.compile(r"\[\[|\]\]|\[\s*([A-Za-z])([^\],]*)(?:,([^\]]*))?\]")
_PARTS = {"Y": "year", "M": "month", "D": "day", "H": "hour", "m": "minute", "s": "second"}
_NAMES = {"M": "%B", "F": "%A"}


def functions() -> Extensions:
    """Return the functions."""
    plain: dict[str, Callable[..., Any]] = {
        "current-dateTime": lambda _: _written(_now()),
        "current-date": lambda _: _now().date().isoformat(),
        "current-time": lambda _: _now().timetz().isoformat(timespec="milliseconds"),
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
    if presentation[:1] in ("N", "n") and name in _NAMES:
        return _cased(moment.strftime(_NAMES[name]), presentation, match.group(3) or "")
    if name in _PARTS:
        return _number(getattr(moment, _PARTS[name]), presentation, two=name in "ms")
    if name == "h":
        return _number(moment.hour % 12 or 12, presentation, two=False)
    if name == "f":
        return f"{moment.microsecond:06d}"[: max(1, len(presentation) or 3)]
    if name == "P":
        return _cased("AM" if moment.hour < 12 else "PM", presentation or "n", "")
    if name in "Zz":
        return ("GMT" if name == "z" else "") + moment.isoformat()[-6:]
    raise TransformError(f"format-dateTime: the picture's component [{name}] is not known; use Y M D H h m s f P F Z z")


def _number(value: int, presentation: str, *, two: bool) -> str:
    width = len(presentation) if presentation.isdigit() else 2 if two and not presentation else 1
    written = str(value).zfill(width)
    return written[-2:] if presentation == "01" and value > 99 else written


def _cased(name: str, presentation: str, width: str) -> str:
    most = width.rpartition("-")[2] if width else ""
    cut = name[: int(most)] if most.isdigit() else name
    return cut if presentation.startswith("Nn") else cut.upper() if presentation[:1] == "N" else cut.lower()


def _part(name: str) -> Callable[..., float]:
    return lambda _, value: float(getattr(_read(value), name))


def _now() -> datetime:
    return datetime.now().astimezone()


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def _read(value: Any) -> datetime:
    given = text(value).strip()
    try:
        moment = datetime.fromisoformat(given)
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
