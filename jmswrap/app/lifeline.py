"""A child process that ends when its parent is gone, however the parent went.

The parent holds the writing end of a pipe and nobody else does. The child reads it in a
thread; the end of the file means that the parent is dead, and the child ends as if by
SIGTERM. Works on every POSIX system, also after ``kill -9`` of the parent.
"""

import os
import signal
import threading
from collections.abc import Mapping

VARIABLE = "JMSWRAP_LIFELINE"
"""Names the file descriptor of the reading end, in the child's environment."""


def attach(environment: Mapping[str, str]) -> None:
    """Begin to watch, when the environment names a lifeline; else do nothing."""
    text = environment.get(VARIABLE, "")
    if text.isdigit():
        threading.Thread(target=_watch, args=(int(text), os.getpid()), name="jmswrap-lifeline", daemon=True).start()


def _watch(descriptor: int, process: int) -> None:
    try:
        while os.read(descriptor, 1):
            pass
    except OSError:
        return
    os.kill(process, signal.SIGTERM)
