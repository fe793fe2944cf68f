"""Looking for who waits for whom: behind a message of its own key, or for another key. Reads only."""

from collections.abc import Iterable
from typing import Any

import redis

from jmswrap.message import OtherKey, Record
from jmswrap.states import HERE
from jmswrap.store import keys
from jmswrap.store.nouns import Awaiting, Blocked
from jmswrap.store.reading import PAGE, records

FIRST = 20
"""Ids at the beginning of a key's order among which its first message is looked for; ended ones are before it."""


def heads(client: redis.Redis, prefix: str, wanted: Iterable[OtherKey]) -> dict[OtherKey, Record]:
    """Return the first message of each key's order that has not ended, where there is one."""
    wanted = list(dict.fromkeys(wanted))
    pipe: Any = client.pipeline(transaction=False)
    for one in wanted:
        pipe.lrange(keys.order(prefix, one.queue, one.key), 0, FIRST - 1)
    orders: list[list[bytes]] = pipe.execute() if wanted else []
    ids = [name for order in orders for name in order]
    live = {one.message.id: one for one in records(client, prefix, ids) if one.state in HERE} if ids else {}
    found = {}
    for one, order in zip(wanted, orders, strict=True):
        first = next((live[name.decode()] for name in order if name.decode() in live), None)
        if first is not None:
            found[one] = first
    return found


def blocked(client: redis.Redis, prefix: str, queue: str) -> list[Blocked]:
    """Return keys that a message holds without being under way; a page of each sort is looked at."""
    ids: list[bytes] = []
    for kind in ("dead", "doubt", "due"):
        ids += client.zrange(keys.of_queue(prefix, kind, queue), 0, PAGE - 1)  # type: ignore[arg-type]
    found = [one for one in records(client, prefix, ids) if one.message.key] if ids else []
    pipe: Any = client.pipeline(transaction=False)
    for one in found:
        order = keys.order(prefix, queue, one.message.key)
        pipe.llen(order)
        pipe.zcard(keys.waiters(prefix, OtherKey(queue, one.message.key).name))
    answers: list[Any] = pipe.execute() if found else []
    first = heads(client, prefix, (OtherKey(queue, one.message.key) for one in found))
    return [
        Blocked(one.message.key, one, behind - 1, elsewhere)
        for one, behind, elsewhere in zip(found, answers[::2], answers[1::2], strict=True)
        if behind + elsewhere > 1 and _id(first.get(OtherKey(queue, one.message.key))) == one.message.id
    ]


def _id(record: Record | None) -> str:
    return record.message.id if record else ""


def awaiting(client: redis.Redis, prefix: str, queue: str) -> list[Awaiting]:
    """Return messages of a queue that wait for other keys, those first that have waited longest; a page of them."""
    ids: Any = client.zrange(keys.of_queue(prefix, "waits", queue), 0, PAGE - 1)
    found = list(records(client, prefix, ids)) if ids else []
    first = heads(client, prefix, (key for one in found for key in one.waits_for))
    return [Awaiting(one, key, first.get(key)) for one in found for key in one.waits_for]
