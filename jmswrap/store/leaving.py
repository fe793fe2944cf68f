"""Reading settled messages whole, on their way to the history.

What is read here is stamped with a mark; ``depart.lua`` lets a message leave only while
the mark still holds, so that an attempt, a duplicate or an erasure that comes in between
is never lost.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from jmswrap.errors import Unopened
from jmswrap.sealing import PLAIN, Keyring
from jmswrap.store import keys, packing, reading
from jmswrap.store.nouns import Leaving, Waiting

AT_ONCE = 25
"""Messages one call of a script deletes or blanks: one or two milliseconds, for which callers wait."""

BODY_BYTES = 8_388_608
"""Bodies read at once end at about this."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a read brought."""

    messages: list[Leaving]
    missing: list[str]
    """Ids without a record."""
    unreadable: list[str]
    """Ids of records that cannot be understood, or whose bodies cannot be opened here."""


def due(client: redis.Redis, prefix: str, limit: int, overdue_ms: int, without: Collection[str]) -> list[str]:
    """Return the ids of settled messages whose time here is over, those first that wait longest."""
    now_ms = reading.server_ms(client, prefix)
    settled = keys.alone(prefix, "settled")
    ids: Any = client.zrangebyscore(settled, "-inf", now_ms - overdue_ms, start=0, num=limit + len(without))
    return [name for name in (one.decode() for one in ids) if name not in without][:limit]


def waiting(client: redis.Redis, prefix: str) -> Waiting:
    """Count settled messages whose time here is over."""
    now_ms = reading.server_ms(client, prefix)
    settled = keys.alone(prefix, "settled")
    first: Any = client.zrange(settled, 0, 0, withscores=True)
    count: Any = client.zcount(settled, "-inf", now_ms)
    return Waiting(count, now_ms - int(first[0][1]) if count and first else 0)


def read(client: redis.Redis, prefix: str, ids: Sequence[str], with_bodies: bool, ring: Keyring = PLAIN) -> Found:
    """Read messages whole; as many of ``ids`` as bodies may be held at once."""
    if not ids:
        return Found([], [], [])
    pipe: Any = client.pipeline(transaction=False)
    for name in ids:
        pipe.get(keys.message(prefix, name))
        pipe.strlen(keys.body(prefix, name))
    answers = pipe.execute()
    records, sizes = answers[::2], answers[1::2]
    chosen = _fitting(sizes) if with_bodies else len(ids)
    packed = {name: record for name, record in zip(ids[:chosen], records, strict=False) if record is not None}
    for name in packed:
        pipe.lrange(keys.attempts(prefix, name), 0, -1)
        if with_bodies:
            pipe.get(keys.body(prefix, name))
    rest = iter(pipe.execute() if packed else ())
    messages, unreadable = [], []
    for name, record in packed.items():
        entries = next(rest)
        body = next(rest) or b"" if with_bodies else None
        try:
            messages.append(_leaving(name, record, entries, body, ring))
        except (ValueError, KeyError, Unopened):
            unreadable.append(name)
    return Found(messages, [name for name in ids[:chosen] if name not in packed], unreadable)


def mark(record: bytes, attempts: Sequence[bytes]) -> str:
    """Return what stands for a record and its attempts; ``depart.lua`` makes the same."""
    last = attempts[-1] if attempts else b""
    return hashlib.sha1(record + b"%d" % len(attempts) + last, usedforsecurity=False).hexdigest()


def _leaving(name: str, record: bytes, entries: Sequence[bytes], body: bytes | None, ring: Keyring) -> Leaving:
    attempts = tuple(packing.read_attempt(entry, name, ring) for entry in entries)
    erased_ms = json.loads(record.partition(b"\n")[0]).get("er", 0)
    found = packing.read_record(name, record)
    if found.version > packing.SCHEMA_VERSION:
        raise ValueError(packing.newer(found.version))
    opened = None if body is None else ring.open(body, found.bound_to or name)
    return Leaving(found, attempts, opened, erased_ms, mark(record, entries))


def _fitting(sizes: Sequence[int]) -> int:
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if count and total > BODY_BYTES:
            return count
    return len(sizes)
