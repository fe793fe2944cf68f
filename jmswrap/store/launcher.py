"""Runs the embedded server so that it never outlives the process that started it.

Run as a file, not imported: ``python launcher.py PARENT_PID PROGRAM ARGUMENT…``. On Linux
it asks the kernel for a SIGTERM at the parent's death and becomes the server; elsewhere it
stays beside the server and watches. Standard library only, nothing of jmswrap: it starts in
some 20 ms.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1
_WATCH_SECONDS = 0.2


def _become(command: list[str], parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        sys.exit(f"The kernel refuses to tie the server to its parent: {os.strerror(ctypes.get_errno())}.")
    # The parent may have died before the kernel was asked.
    if os.getppid() != parent:
        sys.exit("The parent is gone; the server is not started.")
    os.execv(command[0], command)  # noqa: S606 -- the program is the operator's choice


def _watch(command: list[str], parent: int) -> int:
    server = subprocess.Popen(command, close_fds=False)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    while server.poll() is None:
        if os.getppid() != parent:
            server.terminate()
            return server.wait()
        time.sleep(_WATCH_SECONDS)
    return server.returncode


if __name__ == "__main__":
    if sys.platform == "linux":
        _become(sys.argv[2:], int(sys.argv[1]))
    else:
        sys.exit(_watch(sys.argv[2:], int(sys.argv[1])))
