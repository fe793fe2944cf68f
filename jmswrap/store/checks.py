"""Whether a server may be trusted with messages: the start checks, also behind ``/ready``.

Judging is pure; gathering is there for both clients. A server that may lose what it was
given gets nothing: better no receipt than a false one.
"""

import asyncio
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
import redis.asyncio
from redis.exceptions import NoPermissionError, ResponseError

from jmswrap.errors import StoreUnsafe

OLDEST = (7, 0)
"""The oldest server version whose scripts have flags (``#!lua flags=…``)."""

SPARE_BYTES = 64 * 1024 * 1024
"""Disk room wanted beyond what an AOF rewrite takes."""

_SECTIONS = ("server", "memory", "persistence", "replication")
_SETTINGS = "appendonly appendfsync maxmemory-policy dir min-replicas-to-write"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server tells about itself."""

    info: Mapping[str, Any]
    settings: Mapping[str, str] | None
    """None when the server forbids CONFIG."""
    disk_free: int | None
    """Free bytes where the AOF lives, when that is a disk of this machine."""


def gather(client: redis.Redis) -> Facts:
    """Ask a server; raises what redis-py raises."""
    info: Any = client.info(*_SECTIONS)
    try:
        found: Any = client.config_get(*_SETTINGS.split())
    except (NoPermissionError, ResponseError) as error:
        if not _forbids(error):
            raise
        found = None
    return Facts(info, found, _disk_free(found, client.connection_pool.connection_kwargs))


async def gather_async(client: "redis.asyncio.Redis") -> Facts:
    """Ask a server without blocking the event loop."""
    info: Any = await client.info(*_SECTIONS)
    try:
        found: Any = await client.config_get(*_SETTINGS.split())
    except (NoPermissionError, ResponseError) as error:
        if not _forbids(error):
            raise
        found = None
    free = await asyncio.to_thread(_disk_free, found, client.connection_pool.connection_kwargs)
    return Facts(info, found, free)


def _forbids(error: ResponseError) -> bool:
    text = str(error).lower()
    return isinstance(error, NoPermissionError) or "unknown command" in text or "not allowed" in text


def _disk_free(settings: Mapping[str, str] | None, connection: Mapping[str, Any]) -> int | None:
    local = "path" in connection or connection.get("host") in ("localhost", "127.0.0.1", "::1")
    folder = Path((settings or {}).get("dir") or os.sep)
    if not local or settings is None or not folder.is_dir():
        return None
    return shutil.disk_usage(folder).free


def judge(facts: Facts, vouched: bool = False) -> list[str]:
    """Return what is wrong with a server, each a sentence that says how to mend it.

    ``vouched`` (``store.durability: vouched``) lets a person answer for a server that
    forbids CONFIG, and for ``appendfsync everysec``.
    """
    problems = [*_version(facts.info), *_condition(facts.info), *_replicas(facts)]
    if facts.settings is not None:
        problems += _persistence(facts.settings, vouched)
    elif not vouched:
        problems.append(
            "The server forbids CONFIG, so jmswrap cannot see whether it keeps what it is given: "
            "allow CONFIG GET, or set `store.durability: vouched` if you answer for it."
        )
    return [*problems, *_room(facts)]


def full(facts: Facts) -> list[str]:
    """Return the sentence about a server that takes nothing new because its memory is used; delivering makes room."""
    most = int(facts.info.get("maxmemory", 0))
    counted = int(facts.info.get("used_memory", 0)) - int(facts.info.get("mem_not_counted_for_evict", 0))
    if not most or counted <= most:
        return []
    return [
        f"The store uses {counted // 2**20} MiB and its maxmemory is {most // 2**20} MiB: let the workers drain it, "
        "or raise maxmemory."
    ]


def cautions(facts: Facts, replicas: int) -> list[str]:
    """Return what works but promises less than is meant, each a sentence."""
    if not replicas or facts.settings is None:
        return []
    least = int(facts.settings.get("min-replicas-to-write", 0))
    if least >= replicas:
        return []
    return [
        f"store.replicas is {replicas} and the server has `min-replicas-to-write {least}`: a primary that lost its "
        f"replicas goes on writing what nobody else has; set it to {replicas} on every server."
    ]


def require_safe(facts: Facts, vouched: bool = False, accepting: bool = False) -> None:
    """Raise StoreUnsafe with every problem when there is one; ``accepting`` wants room for new messages, too."""
    problems = judge(facts, vouched) + (full(facts) if accepting else [])
    if problems:
        raise StoreUnsafe(" ".join(problems))


def require_room(facts: Facts) -> None:
    """Raise StoreUnsafe when the disk has no room for another copy of the data set."""
    problems = _room(facts)
    if problems:
        raise StoreUnsafe(" ".join(problems))


def _version(info: Mapping[str, Any]) -> list[str]:
    # Valkey says 7.2.4 for compatibility in redis_version, whatever its own version.
    text = str(info.get("redis_version", "0"))
    numbers = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
    if numbers >= OLDEST:
        return []
    return [f"The server is version {text}: use Redis 7.0 or later, or any Valkey."]


def _persistence(settings: Mapping[str, str], vouched: bool) -> list[str]:
    problems = []
    if settings.get("appendonly") != "yes":
        problems.append("The server keeps no append-only file: set `appendonly yes`.")
    fsync = settings.get("appendfsync")
    if fsync != "always" and not (fsync == "everysec" and vouched):
        also = ", or `store.durability: vouched` if losing a second is acceptable" if fsync == "everysec" else ""
        problems.append(f"The server has `appendfsync {fsync}`: set `appendfsync always`{also}.")
    policy = settings.get("maxmemory-policy")
    if policy != "noeviction":
        problems.append(f"The server may evict messages (`maxmemory-policy {policy}`): set it to `noeviction`.")
    return problems


def _condition(info: Mapping[str, Any]) -> list[str]:
    problems = []
    if info.get("aof_last_write_status", "ok") != "ok":
        problems.append("The server's last write to its append-only file failed: make room on its disk.")
    if info.get("role", "master") != "master":
        problems.append("The server is a replica: point store.url at the primary.")
    return problems


def _replicas(facts: Facts) -> list[str]:
    wanted = int((facts.settings or {}).get("min-replicas-to-write", 0))
    good = int(facts.info.get("min_slaves_good_slaves", wanted))
    if good >= wanted:
        return []
    return [
        f"The server has {good} replicas in step and takes writes from {wanted} (`min-replicas-to-write`): "
        "bring them back."
    ]


def _room(facts: Facts) -> list[str]:
    if facts.disk_free is None:
        return []
    # A rewrite writes the whole data set beside the file in use.
    wanted = int(facts.info.get("used_memory_dataset", facts.info.get("used_memory", 0))) + SPARE_BYTES
    if facts.disk_free >= wanted:
        return []
    return [
        f"The store's disk has {facts.disk_free // 2**20} MiB free and needs {wanted // 2**20} MiB "
        "to rewrite its append-only file: make room."
    ]
