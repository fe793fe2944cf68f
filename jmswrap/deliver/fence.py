"""Ends the calls under way of every drain of this process at once, from any thread.

For a process that was cut off from the store: others may soon take over what it holds.
"""

import threading
from typing import Protocol
from weakref import WeakSet


class Ends(Protocol):
    """Something that has calls under way."""

    def __len__(self) -> int:
        """Tell how many messages it holds."""

    def abort(self) -> None:
        """End every call; from any thread."""


class Fence:
    """What is to be ended when this process is cut off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: WeakSet[Ends] = WeakSet()

    def watch(self, held: Ends) -> None:
        """End these calls, too, when the time comes; forgotten with the object."""
        with self._lock:
            self._watched.add(held)

    def fall(self) -> int:
        """End every call now; returns how many messages were held."""
        with self._lock:
            watched = list(self._watched)
        held = sum(map(len, watched))
        for one in watched:
            one.abort()
        return held
