"""The one wait loop of the tests: for what other threads and processes do, bounded."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""Generous: it is spent only where a test fails."""


def eventually(found: Callable[[], T | None], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """Return what a look finds, as soon as it finds something; nothing, False and what is empty are none."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline, f"in vain waited for {what}"
        time.sleep(0.02)
    return result
