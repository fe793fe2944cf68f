"""What only looks at a store: reads, no script. ``Store`` in ``store.py`` has the rest."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import redis

from jmswrap.errors import Unopened
from jmswrap.message import Attempt, OtherKey, Record
from jmswrap.sealing import PLAIN, Keyring
from jmswrap.states import State
from jmswrap.store import blocking, checks, keys, leaving, reading
from jmswrap.store.edge import edge
from jmswrap.store.nouns import (
    Awaiting,
    Blocked,
    Books,
    Limits,
    QueueSummary,
    Waiting,
)


class Looking:
    """One integration's messages, to be looked at. Raises StoreDown, never an exception of redis-py."""

    def __init__(self, client: redis.Redis, prefix: str, limits: Limits | None = None, ring: Keyring = PLAIN) -> None:
        self.client = client
        self.prefix = prefix
        self.limits = limits or Limits()
        self.ring = ring
        """Seals what is stored and opens what is read."""

    def record(self, message_id: str, with_body: bool = False) -> Record | None:
        """Return a message's record; None when the store has none by this id."""
        with edge():
            return reading.record(self.client, self.prefix, message_id, with_body, self.ring)

    def body(self, message_id: str) -> bytes | None:
        """Return a message's body as accepted; Unopened when its key is not here."""
        found = self.record(message_id, with_body=True)
        return found.message.body if found else None

    def head(self, queue: str, key: str) -> Record | None:
        """Return the first message of a key's order, for which the others wait."""
        with edge():
            found = blocking.heads(self.client, self.prefix, [OtherKey(queue, key)])
        return next(iter(found.values()), None)

    def heads(self, wanted: Iterable[OtherKey]) -> dict[OtherKey, Record]:
        """Return the first message of each of these keys that has one."""
        with edge():
            return blocking.heads(self.client, self.prefix, wanted)

    def blocked(self, queue: str) -> list[Blocked]:
        """Return keys whose first message is DEAD, IN_DOUBT or WAITING while others wait for it, here or elsewhere."""
        with edge():
            return blocking.blocked(self.client, self.prefix, queue)

    def awaiting(self, queue: str) -> list[Awaiting]:
        """Return messages of a queue that wait for keys of other routes, and who holds them up there."""
        with edge():
            return blocking.awaiting(self.client, self.prefix, queue)

    def reply(self, message_id: str) -> bytes | None:
        """Return the raw answer kept by ``mark_replied``, until the message is settled."""
        found = self.replies([message_id])[0]
        if isinstance(found, Unopened):
            raise found
        return found

    def replies(self, message_ids: Sequence[str]) -> list[bytes | Unopened | None]:
        """Return the raw answers of several messages in one round trip; in place of one that is closed, why."""
        with edge():
            found: Any = self.client.mget([keys.reply(self.prefix, one) for one in message_ids])
        return [self._opened(raw, one) for one, raw in zip(message_ids, found, strict=True)]

    def attempts(self, message_id: str) -> list[Attempt]:
        """Return a message's attempts, oldest first."""
        with edge():
            return reading.attempts(self.client, self.prefix, message_id, self.ring)

    def queues(self) -> list[QueueSummary]:
        """Return every queue that ever had a message, by name."""
        with edge():
            return reading.queues(self.client, self.prefix)

    def messages(
        self,
        queue: str,
        state: State | None = None,
        limit: int = 50,
        newest_first: bool = True,
        wanted: Callable[[Record], bool] = lambda _: True,
    ) -> list[Record]:
        """List a queue's messages by acceptance, or those of one state; of them the wanted ones."""
        with edge():
            return reading.messages(self.client, self.prefix, queue, state, limit, newest_first, wanted)

    def walk(self, queue: str) -> Iterator[Record]:
        """Yield every record of a queue, the newest first; one may come twice, none is passed over."""
        with edge():
            yield from reading.walk(self.client, self.prefix, queue, newest_first=True)

    def now_ms(self) -> int:
        """Return the time the scripts see."""
        with edge():
            return reading.server_ms(self.client, self.prefix)

    def pauses(self) -> dict[str, str]:
        """Return the reasons of all pauses, by ``q:QUEUE``, ``p:PARTNER`` and ``r:ROUTE``."""
        with edge():
            return reading.pauses(self.client, self.prefix)

    def failures(self, partners: Sequence[str]) -> dict[str, int]:
        """Return how many calls to each of these partners have failed in a row."""
        with edge():
            return reading.failures(self.client, self.prefix, partners)

    def server(self) -> str:
        """Return the server's program and version, for a person."""
        with edge():
            return reading.server(self.client)

    def totals(self, queue: str, day: str) -> dict[str, int]:
        """Return the control totals of a day (``yyyymmdd``, UTC): ``FROM>TO`` → moves, ``duplicate``."""
        with edge():
            return reading.totals(self.client, self.prefix, queue, day)

    def books(self, queue: str, days: Sequence[str]) -> Books:
        """Return the control totals of days (``yyyymmdd``, UTC, in order) and what is there now, as of one moment."""
        with edge():
            return reading.books(self.client, self.prefix, queue, days)

    def ready(self, vouched: bool = False) -> None:
        """Raise StoreDown or StoreUnsafe unless the server keeps what it is given."""
        with edge():
            facts = checks.gather(self.client)
        checks.require_safe(facts, vouched)

    def condition(self, vouched: bool = False) -> tuple[list[str], list[str]]:
        """Return why messages are not accepted now, and what promises less than is meant; sentences."""
        with edge():
            facts = checks.gather(self.client)
        return checks.judge(facts, vouched) + checks.full(facts), checks.cautions(facts, self.limits.replicas)

    def waiting(self) -> Waiting:
        """Return how many settled messages are past their time here, and for how long."""
        with edge():
            return leaving.waiting(self.client, self.prefix)

    def _opened(self, raw: bytes | None, message_id: str) -> bytes | Unopened | None:
        try:
            return None if raw is None else self.ring.open(raw, message_id)
        except Unopened as error:
            return error
