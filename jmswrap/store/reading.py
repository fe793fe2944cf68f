"""Looking into the store: records, queues, lists. Reads only, never a script.

What is read in several steps is a picture of a moving thing: a message may change
between two of them.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import redis

from jmswrap.errors import Unopened
from jmswrap.message import Attempt, Record
from jmswrap.sealing import PLAIN, Keyring
from jmswrap.states import HERE, State
from jmswrap.store import keys, packing
from jmswrap.store.nouns import Book, Books, QueueSummary

PAGE = 200
"""Records read in one round trip while listing."""

MOST_HELD = 1_000
"""Messages of each sort among which a summary looks for the oldest."""

_OF_HELD = ("dead", "doubt", "due", "waits")

_INDEXED = {State.DEAD: "dead", State.IN_DOUBT: "doubt", State.WAITING: "due", State.SCHEDULED: "due"}


def record(client: redis.Redis, prefix: str, message_id: str, with_body: bool, ring: Keyring = PLAIN) -> Record | None:
    """Return a record, its lease end and, if asked for, its body; Unopened when that cannot be opened."""
    pipe = client.pipeline(transaction=False)
    pipe.get(keys.message(prefix, message_id))
    pipe.zscore(keys.alone(prefix, "lease"), message_id)
    pipe.hget(keys.alone(prefix, "run"), "epoch")
    if with_body:
        pipe.get(keys.body(prefix, message_id))
    packed, lease, epoch, *rest = pipe.execute()
    if packed is None:
        return None
    found = packing.read_record(message_id, packed, b"", int(lease or 0), int(epoch or 0))
    if not rest or not rest[0]:
        return found
    body = ring.open(rest[0], found.bound_to or message_id)
    return replace(found, message=replace(found.message, body=body))


def attempts(client: redis.Redis, prefix: str, message_id: str, ring: Keyring = PLAIN) -> list[Attempt]:
    """Return a message's attempts, oldest first; in place of a reply that cannot be opened, why."""
    entries: list[Any] = client.lrange(keys.attempts(prefix, message_id), 0, -1)
    return [_attempt(entry, message_id, ring) for entry in entries]


def _attempt(entry: bytes, message_id: str, ring: Keyring) -> Attempt:
    try:
        return packing.read_attempt(entry, message_id, ring)
    except Unopened as error:
        return replace(packing.read_attempt(packing.without_reply(entry), message_id, ring), reply=f"({error})")


def totals(client: redis.Redis, prefix: str, queue: str, day: str) -> dict[str, int]:
    """Return a day's control totals."""
    found: dict[Any, Any] = client.hgetall(keys.totals(prefix, day, queue))
    return {event.decode(): int(number) for event, number in found.items() if not event.startswith(b"=")}


def books(client: redis.Redis, prefix: str, queue: str, days: Sequence[str]) -> Books:
    """Return the control totals of days and what is there now, as of one moment."""
    pipe: Any = client.pipeline(transaction=True)
    for day in days:
        pipe.hgetall(keys.totals(prefix, day, queue))
    pipe.hgetall(keys.of_queue(prefix, "n", queue))
    *found, now = [{name.decode(): int(n) for name, n in one.items()} for one in pipe.execute()]
    return Books(tuple(_book(day, one) for day, one in zip(days, found, strict=True) if one), _states(now))


def _book(day: str, found: dict[str, int]) -> Book:
    began = {name[1:]: number for name, number in found.items() if name.startswith("=")}
    moves = {name: number for name, number in found.items() if not name.startswith("=")}
    return Book(day, _states(began) if began else None, moves)


def _states(found: dict[str, int]) -> dict[State, int]:
    return {state: found.get(state, 0) for state in State}


def queues(client: redis.Redis, prefix: str) -> list[QueueSummary]:
    """Return a summary of every queue."""
    names: Any = client.smembers(keys.alone(prefix, "queues"))
    return [_summary(client, prefix, name) for name in sorted(name.decode() for name in names)]


def _summary(client: redis.Redis, prefix: str, queue: str) -> QueueSummary:
    now_ms = server_ms(client, prefix)
    pipe = client.pipeline(transaction=False)
    pipe.hgetall(keys.of_queue(prefix, "n", queue))
    pipe.hget(keys.alone(prefix, "pause"), f"q:{queue}")
    pipe.zcount(keys.of_queue(prefix, "drains", queue), now_ms, "+inf")
    for priority in range(10):
        pipe.llen(keys.ready(prefix, queue, priority))
    counts, pause, drains, *lengths = pipe.execute()
    return QueueSummary(
        name=queue,
        counts={State(name.decode()): int(n) for name, n in counts.items() if int(n) and name != b"bytes"},
        ready=sum(lengths),
        oldest_ms=_oldest_ms(client, prefix, queue),
        paused=None if pause is None else pause.decode().partition(" ")[2],
        drains=drains,
        now_ms=now_ms,
        bytes=int(counts.get(b"bytes", 0)),
    )


def _oldest_ms(client: redis.Redis, prefix: str, queue: str) -> int:
    for count, one in enumerate(walk(client, prefix, queue, newest_first=False)):
        if one.state in HERE:
            return one.accepted_ms
        if count >= 10 * PAGE:
            break
    # Many settled messages before it: what is next, and what waits, is the next best.
    others = itertools.chain(_ready_heads(client, prefix, queue), _held(client, prefix, queue))
    return min((found.accepted_ms for found in others), default=0)


def _held(client: redis.Redis, prefix: str, queue: str) -> Iterator[Record]:
    """Yield messages that are in no ready list, as many of each sort as a summary has time for."""
    names = (*(keys.of_queue(prefix, kind, queue) for kind in _OF_HELD), keys.alone(prefix, "lease"))
    pipe: Any = client.pipeline(transaction=False)
    for name in names:
        pipe.zrange(name, 0, MOST_HELD - 1)
    ids = [one for found in pipe.execute() for one in found]
    for start in range(0, len(ids), PAGE):
        for one in records(client, prefix, ids[start : start + PAGE]):
            if one.message.queue == queue and one.state in HERE:
                yield one


def _ready_heads(client: redis.Redis, prefix: str, queue: str) -> Iterator[Record]:
    for priority in range(10):
        entry: Any = client.lindex(keys.ready(prefix, queue, priority), 0)
        if not entry:
            continue
        name = entry[1:].decode()
        head: Any = client.lindex(keys.order(prefix, queue, name), 0) if entry[:1] == b"=" else name.encode()
        found = record(client, prefix, head.decode(), with_body=False) if head else None
        if found:
            yield found


def server_ms(client: redis.Redis, prefix: str) -> int:
    """Return the time the scripts see."""
    seconds, micros = client.time()
    offset: Any = client.get(keys.alone(prefix, "clock"))
    return int(seconds) * 1000 + int(micros) // 1000 + int(offset or 0)


def pauses(client: redis.Redis, prefix: str) -> dict[str, str]:
    """Return the reasons of all pauses, by their marks."""
    marks: Any = client.hgetall(keys.alone(prefix, "pause"))
    return {mark.decode(): said.decode().partition(" ")[2] for mark, said in marks.items()}


def failures(client: redis.Redis, prefix: str, partners: Sequence[str]) -> dict[str, int]:
    """Return how many calls to each partner have failed in a row, as its breaker counts them."""
    pipe: Any = client.pipeline(transaction=False)
    for partner in partners:
        pipe.hget(keys.breaker(prefix, partner), "failures")
    return dict(zip(partners, (int(count or 0) for count in pipe.execute()), strict=True))


def server(client: redis.Redis) -> str:
    """Return the server's program and version."""
    info: Any = client.info("server")
    return f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}"


def messages(
    client: redis.Redis,
    prefix: str,
    queue: str,
    state: State | None,
    limit: int,
    newest_first: bool,
    wanted: Callable[[Record], bool],
) -> list[Record]:
    """List records of a queue in the order of acceptance, or of the state's own index; some 50,000 a second."""
    if state in _INDEXED:
        found = _indexed(client, keys.of_queue(prefix, _INDEXED[state], queue), prefix, newest_first)
    elif state is State.IN_FLIGHT:
        found = _indexed(client, keys.alone(prefix, "lease"), prefix, newest_first)
    else:
        found = walk(client, prefix, queue, newest_first)
    chosen: dict[str, Record] = {}
    for one in found:
        if one.message.queue == queue and (state is None or one.state is state) and wanted(one):
            chosen[one.message.id] = one
            if len(chosen) >= limit:
                break
    return list(chosen.values())


def walk(client: redis.Redis, prefix: str, queue: str, newest_first: bool) -> Iterator[Record]:
    """Yield a queue's records in the order of acceptance; one may come twice, none is passed over."""
    log = keys.of_queue(prefix, "log", queue)
    pages = _from_the_newest(client, log) if newest_first else _from_the_oldest(client, log)
    for ids in pages:
        yield from records(client, prefix, ids)


def _from_the_newest(client: redis.Redis, log: str) -> Iterator[list[bytes]]:
    """Counted from the beginning: what is trimmed meanwhile brings back what was read, and hides nothing."""
    left = client.llen(log)
    while left > 0:
        ids: list[Any] = client.lrange(log, max(left - PAGE, 0), left - 1)
        left -= PAGE
        yield ids[::-1]


def _from_the_oldest(client: redis.Redis, log: str) -> Iterator[list[bytes]]:
    """Each page begins with the last id of the one before: where that is not there, the log was trimmed."""
    start, last = 0, b""
    while True:
        ids: list[Any] = client.lrange(log, max(start - 1, 0), start + PAGE - 1)
        if last and ids[:1] != [last]:
            at: Any = client.lpos(log, last.decode())
            start, last = (0, b"") if at is None else (at + 1, last)
            continue
        fresh = ids[1:] if last else ids
        if not fresh:
            return
        start, last = start + len(fresh), fresh[-1]
        yield fresh


def _indexed(client: redis.Redis, index: str, prefix: str, newest_first: bool) -> Iterator[Record]:
    """By score: positions shift while messages are moved."""
    score, seen = "+inf" if newest_first else "-inf", set[bytes]()
    end = "-inf" if newest_first else "+inf"
    while True:
        # Those of the last score come again, as there may be more of it.
        found: Any = client.zrange(
            index,
            score,
            end,
            newest_first,
            True,
            byscore=True,
            offset=0,
            num=len(seen) + PAGE,
        )
        fresh = [one for one, _ in found if one not in seen]
        if not fresh:
            return
        if score != (last := repr(found[-1][1])):
            score, seen = last, set()
        seen |= {one for one, at in found if at == found[-1][1]}
        yield from records(client, prefix, fresh)


def records(client: redis.Redis, prefix: str, ids: Sequence[bytes]) -> Iterator[Record]:
    """Yield the records of those ids that have one."""
    names = [name.decode() for name in ids]
    values: list[Any] = client.mget([keys.message(prefix, name) for name in names])
    for name, packed in zip(names, values, strict=True):
        if packed is not None:
            yield packing.read_record(name, packed)
