"""Whether the embedded server of a data folder runs, asked without what starts one."""

import fcntl
from pathlib import Path


def running_url(data: Path) -> str | None:
    """Return the address of the server that runs on a data folder; None when none does."""
    try:
        with (data / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        address = data / "url"
        return address.read_text("utf-8").strip() if address.exists() else None
    return None
