"""Starts a process that delivers one message: the parent's side of ``worker/alone.py``.

A message that two workers in a row did not survive must not take a third one's neighbours along.
"""

import json
import os
import signal
import subprocess
import sys

from jmswrap.app import lifeline
from jmswrap.deliver.pace import Drained, Ended
from jmswrap.deliver.stuck import STUCK_SECONDS
from jmswrap.message import Claimed

NOT_BEGUN = 75
"""The exit status of a process that could not begin (EX_TEMPFAIL): its message is not to blame."""


def apart(claimed: Claimed, most_seconds: float) -> Ended:
    """Deliver a message that this worker holds, in a process of its own."""
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "jmswrap.worker.alone", claimed.id, str(claimed.fence)]
    environment = {**os.environ, lifeline.VARIABLE: str(reading)}
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment, pass_fds=(reading,)
        )
        return _ended(child, most_seconds + STUCK_SECONDS)
    except OSError as error:
        return Ended(None, said=f"no process could be started for it: {error.strerror}")
    finally:
        os.close(reading)
        os.close(writing)


def _ended(child: "subprocess.Popen[bytes]", seconds: float) -> Ended:
    try:
        said, _ = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return Ended(None, died=True, said=f"it had not come to an end after {seconds:g} s")
    if child.returncode == 0:
        return Ended(Drained(**json.loads(said)))
    if child.returncode == NOT_BEGUN:
        return Ended(None, said="its process could not begin; the process's own log says why")
    if child.returncode > 0:
        return Ended(None, died=True, said=f"exit status {child.returncode}")
    return Ended(None, died=True, said=signal.strsignal(-child.returncode) or f"signal {-child.returncode}")
