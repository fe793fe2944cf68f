"""Identities and the monotonic clock.

Times that decide anything about a message come from the store's server, inside the
scripts. What is here serves self-fencing (monotonic) and naming.
"""

import base64
import hashlib
import os
import socket
import time

_ALPHABET = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghjkmnpqrstvwxyz")


def monotonic() -> float:
    """Return seconds on a clock that only goes forward; for self-fencing only."""
    return time.monotonic()


def wall_ms() -> int:
    """Return the machine's time in milliseconds since 1970; for display, never for a decision about a message."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """Return a new message id: 26 letters and digits, 48 bits of time, 80 of chance.

    Ids sort by the time they were made, roughly; nothing depends on it.
    """
    stamp = wall_ms().to_bytes(6, "big")
    return _base32(stamp + os.urandom(10))


def derived_id(*parts: str) -> str:
    """Return the message id that these parts always give.

    A message that brings an identity of its own gets its id from it, so that the
    store's record is at the same time the entry that finds a duplicate.
    """
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return _base32(digest[:16])


def worker_name(process_id: int) -> str:
    """Return how the names begin by which the store knows the processes of this machine with this id."""
    return f"{socket.gethostname()}.{process_id}"


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").translate(_ALPHABET)
