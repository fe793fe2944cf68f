"""What redis-py raises, in jmswrap's own words.

The store's two clients call this where they touch redis-py; nothing above sees one of
its exceptions.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis import exceptions

from jmswrap.errors import StoreDown, StoreUnsafe, Unavailable

_UNSAFE = {
    "OOM": "The store is at its maxmemory: let the workers drain it, or raise maxmemory.",
    "MISCONF": "The store cannot write to its disk: make room or mend the disk, then look at the store's log.",
    "READONLY": "The store is a read-only replica: point store.url at the primary.",
    "NOREPLICAS": "The store has too few replicas in step: bring them back, or lower min-replicas-to-write.",
    "MASTERDOWN": "The store is a replica without its primary: bring the primary back.",
}


def translated(error: redis.RedisError) -> Unavailable:
    """Return the error of ours that says what redis-py's means."""
    text = str(error)
    word = text.split(" ", 1)[0].rstrip(":")
    if isinstance(error, exceptions.OutOfMemoryError):
        word = "OOM"
    elif isinstance(error, exceptions.ReadOnlyError):
        word = "READONLY"
    if word in _UNSAFE:
        return StoreUnsafe(f"{_UNSAFE[word]} (It said: {text})")
    if isinstance(error, exceptions.AuthenticationError | exceptions.NoPermissionError):
        return StoreDown(f"The store refuses our credentials: check the user in store.url and store.password ({text}).")
    if isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError):
        return StoreDown(f"The store cannot be reached: start it, or check store.url ({text}).")
    return StoreDown(f"The store refused a command: look at its log and version ({text}).")


@contextmanager
def edge() -> Iterator[None]:
    """Turn redis-py's exceptions into ours on the way out."""
    try:
        yield
    except redis.RedisError as error:
        raise translated(error) from error


def replicas_missing(reached: int, wanted: int) -> StoreUnsafe:
    """Return the error for a write that too few replicas have."""
    return StoreUnsafe(
        f"Only {reached} of the {wanted} replicas that store.replicas asks for have the write: "
        "bring them back, then send it again."
    )
