"""Which keys the stored bodies are under, and putting them under the key that seals now.

Everything goes over the whole store in pages and may be stopped and begun again at any
time; what runs beside it is never in its way: a body is replaced only while it is as it
was read.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import redis

from jmswrap.errors import ConfigError, Unopened
from jmswrap.sealing import HEAD_BYTES, Keyring, Resealed, seal_of
from jmswrap.store import keys, packing
from jmswrap.store.calls import Call
from jmswrap.store.edge import edge
from jmswrap.store.running import Runner

PAGE = 500
"""Keys of the server that one step of a walk looks at."""

_REPLY = b'"r'


@dataclass(frozen=True, slots=True)
class Carried:
    """What a message carries, as it is stored."""

    id: str
    record: bytes
    body: bytes
    reply: bytes
    attempts: tuple[bytes, ...]


def registration(ring: Keyring) -> Call:
    """Make the call that writes down the key that seals."""
    return Call("seal", (ring.first, ring.prints[ring.first].hex() if ring.first else ""))


def forgetting(key: str) -> Call:
    """Make the call that strikes out a key that nothing is under any more."""
    return Call("seal", (key, ""))


def registered(ring: Keyring, answer: Sequence[bytes]) -> tuple[str, ...]:
    """Return the ids of keys that were used before and are not in a ring.

    Raises ConfigError when a key has another secret than the one that bodies were sealed with.
    """
    used = {answer[at].decode(): answer[at + 1].decode() for at in range(0, len(answer), 2)}
    for key, mark in used.items():
        if key in ring.prints and ring.prints[key].hex() != mark:
            raise ConfigError(
                f"The secret of key `{key}` is not the one that bodies were sealed with: "
                "give back the old one, and the new one a name of its own."
            )
    return tuple(sorted(set(used) - set(ring.prints)))


def pages(client: redis.Redis, start: str) -> Iterator[list[str]]:
    """Yield the ids behind ``start``; one may come twice, none that is there all the time is passed over."""
    cursor = 0
    while True:
        found: Any = client.scan(cursor, match=f"{start}*", count=PAGE)
        cursor, names = found
        yield [name.decode()[len(start) :] for name in names]
        if not cursor:
            return


def census(client: redis.Redis, prefix: str) -> Counter[str]:
    """Count messages by the keys that something of them is under; '' for plain ones."""
    counted: Counter[str] = Counter()
    for ids in pages(client, keys.message(prefix, "")):
        for found in _keys_of(client, prefix, ids):
            counted.update(found)
    for ids in pages(client, keys.answer(prefix, "")):
        for kept in answers(client, prefix, ids):
            counted.update(_key(_answer_body(kept)))
    return counted


def resealed(runner: Runner, ring: Keyring) -> Iterator[Resealed]:
    """Put everything under the ring's first key, page by page."""
    client, prefix = runner.client, runner.prefix
    for ids in pages(client, keys.message(prefix, "")):
        found = (read(client, prefix, name) for name in stale(client, prefix, ids, ring))
        calls = (partial(reseal, carried, ring) for carried in found if carried)
        yield _step(runner, len(ids), calls)
    for ids in pages(client, keys.answer(prefix, "")):
        kept = zip(ids, answers(client, prefix, ids), strict=True)
        yield _step(runner, 0, (partial(reanswer, name, answer, ring) for name, answer in kept))


def _step(runner: Runner, looked_at: int, calls: Iterable[Callable[[], Call | None]]) -> Resealed:
    done, closed = 0, Counter[str]()
    for make in calls:
        try:
            call = make()
        except Unopened as error:
            closed[error.key] += 1
            continue
        done += bool(call and runner.run(call))
    return Resealed(looked_at, done, closed)


def answers(client: redis.Redis, prefix: str, ids: Sequence[str]) -> list[bytes]:
    """Return the answers kept for callers, as they are stored; empty where one went."""
    found: Any = client.mget([keys.answer(prefix, name) for name in ids]) if ids else []
    return [kept or b"" for kept in found]


def reanswer(message_id: str, kept: bytes, ring: Keyring) -> Call | None:
    """Return the call that puts an answer under the ring's first key; None when it is; Unopened."""
    body = _answer_body(kept)
    if not ring.needs(body):
        return None
    anew = kept[: len(kept) - len(body)] + ring.seal(ring.open(body, message_id), message_id)
    return Call("reanswer", (message_id, _sha1(kept), anew))


def _answer_body(kept: bytes) -> bytes:
    return kept.partition(b"\n")[2]


def _keys_of(client: redis.Redis, prefix: str, ids: Sequence[str]) -> list[set[str]]:
    pipe: Any = client.pipeline(transaction=False)
    for name in ids:
        pipe.getrange(keys.body(prefix, name), 0, HEAD_BYTES - 1)
        pipe.getrange(keys.reply(prefix, name), 0, HEAD_BYTES - 1)
        pipe.lrange(keys.attempts(prefix, name), 0, -1)
    answers = pipe.execute() if ids else []
    return [
        {*_key(answers[at]), *_key(answers[at + 1]), *(key for entry in answers[at + 2] for key in _attempt_key(entry))}
        for at in range(0, len(answers), 3)
    ]


def _key(stored: bytes) -> set[str]:
    seal = seal_of(stored)
    return {seal.key if seal else ""} if stored else set()


def _attempt_key(entry: bytes) -> set[str]:
    fields = json.loads(entry.partition(b" ")[2]) if _REPLY in entry else {}
    sealed = fields.get("rs", "")
    return {sealed.partition(":")[0]} if sealed or "r" in fields else set()


def stale(client: redis.Redis, prefix: str, ids: Sequence[str], ring: Keyring) -> list[str]:
    """Return those messages of which something is not as the ring would store it."""
    return [name for name, found in zip(ids, _keys_of(client, prefix, ids), strict=True) if found - {ring.first}]


def read(client: redis.Redis, prefix: str, message_id: str) -> Carried | None:
    """Read what a message carries; None when it left."""
    pipe: Any = client.pipeline(transaction=False)
    pipe.get(keys.message(prefix, message_id))
    pipe.get(keys.body(prefix, message_id))
    pipe.get(keys.reply(prefix, message_id))
    pipe.lrange(keys.attempts(prefix, message_id), 0, -1)
    record, body, reply, attempts = pipe.execute()
    return None if record is None else Carried(message_id, record, body or b"", reply or b"", tuple(attempts))


def reseal(carried: Carried, ring: Keyring) -> Call | None:
    """Return the call that puts it under the ring's first key; None when it is; Unopened when that cannot be."""
    bound_to = packing.read_record(carried.id, carried.record).bound_to or carried.id
    body = ring.seal(ring.open(carried.body, bound_to), bound_to) if ring.needs(carried.body) else b""
    reply = ring.seal(ring.open(carried.reply, carried.id), carried.id) if ring.needs(carried.reply) else b""
    attempts: list[bytes] = []
    for entry in carried.attempts:
        anew = packing.resealed_attempt(entry, carried.id, ring)
        if anew != entry:
            attempts += (entry, anew)
    if not body and not reply and not attempts:
        return None
    return Call("reseal", (carried.id, _sha1(carried.body), body, _sha1(carried.reply), reply, *attempts))


def _sha1(stored: bytes) -> str:
    return hashlib.sha1(stored, usedforsecurity=False).hexdigest()


class AtRest:
    """What the store holds at rest, and its keys."""

    def __init__(self, runner: Runner, ring: Keyring) -> None:
        self._runner, self._ring = runner, ring

    def register_keys(self) -> tuple[str, ...]:
        """Write down the key that seals; returns those used before that are not here now.

        Raises ConfigError when a key has another secret than before.
        """
        return registered(self._ring, self._runner.run(registration(self._ring)))

    def forget_key(self, key: str) -> None:
        """Strike out a key that nothing is under any more."""
        self._runner.run(forgetting(key))

    def census(self) -> Counter[str]:
        """Count messages by the keys that something of them is under; '' for what is plain. Looks at every one."""
        with edge():
            return census(self._runner.client, self._runner.prefix)

    def reseal(self) -> Iterator[Resealed]:
        """Put everything under the key that seals now, page by page; may be begun again at any time."""
        with edge():
            yield from resealed(self._runner, self._ring)
