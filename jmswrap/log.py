"""One line a thing that happened: ``event key=value …``, never a payload.

``bind`` gives a logger that repeats its pairs on every line.
"""

import logging
import sys
import time
from typing import Any

ROOT = "jmswrap"


class Log:
    """A named logger with pairs bound to it; immutable, ``bind`` makes another."""

    def __init__(self, name: str, pairs: dict[str, Any] | None = None) -> None:
        self._logger = logging.getLogger(name)
        self._pairs = pairs or {}

    def bind(self, **pairs: Any) -> "Log":
        """Return a logger that adds these pairs to every line."""
        return Log(self._logger.name, {**self._pairs, **pairs})

    def debug(self, event: str, **pairs: Any) -> None:
        """Say something only a developer wants to know."""
        self._emit(logging.DEBUG, event, pairs)

    def info(self, event: str, **pairs: Any) -> None:
        """Say that something happened."""
        self._emit(logging.INFO, event, pairs)

    def warning(self, event: str, **pairs: Any) -> None:
        """Say something that a person should look at when there is time."""
        self._emit(logging.WARNING, event, pairs)

    def error(self, event: str, exc_info: bool = False, **pairs: Any) -> None:
        """Say something that a person must look at."""
        self._emit(logging.ERROR, event, pairs, exc_info)

    def _emit(self, level: int, event: str, pairs: dict[str, Any], exc_info: bool = False) -> None:
        if self._logger.isEnabledFor(level):
            words = [event, *(f"{k}={_word(v)}" for k, v in {**self._pairs, **pairs}.items())]
            self._logger.log(level, "%s", " ".join(words), exc_info=exc_info)


class Alarm:
    """Says that something is wrong: at once, again at a bounded rate while it lasts, and when it is over."""

    def __init__(self, log: Log, over: str, every_seconds: float) -> None:
        self._log = log
        self._over = over
        self._every_seconds = every_seconds
        self._event = ""
        self._began = self._said = 0.0

    def ring(self, event: str, **pairs: Any) -> None:
        """Note that it is so now; another event than before is said at once."""
        now = time.monotonic()
        if not self._event:
            self._began = now
        elif event == self._event and now - self._said < self._every_seconds:
            return
        self._event, self._said = event, now
        self._log.error(event, for_seconds=round(now - self._began), **pairs)

    def end(self) -> None:
        """Note that all is well now."""
        if self._event:
            self._log.info(self._over, after_seconds=round(time.monotonic() - self._began))
        self._event = ""


def _word(value: Any) -> str:
    # Text of callers and partners: a line break in it would begin a line of its own, a quote end its value.
    text = str(value)
    quote = '"' if not text or " " in text or '"' in text else ""
    if quote:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return quote + "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text) + quote


def get(name: str) -> Log:
    """Return the logger of a module; ``name`` is its ``__name__``."""
    return Log(name)


def to_stderr(level: int = logging.INFO) -> None:
    """Send jmswrap's lines to standard error, as the processes do."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s %(message)s"))
    logger = logging.getLogger(ROOT)
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
