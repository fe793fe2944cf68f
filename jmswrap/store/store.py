"""The store as workers, command line and tests use it: synchronous, over redis-py.

Every method is one script (``scripts/*.lua``) or a few reads. Raises StoreDown and
StoreUnsafe, never an exception of redis-py.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import redis
from redis.exceptions import ResponseError

from jmswrap.errors import IllegalMove, Unopened
from jmswrap.message import Attempt, Claimed, Message, OtherKey, Record, Settlement
from jmswrap.sealing import PLAIN, Keyring
from jmswrap.states import State
from jmswrap.store import blocking, calls, checks, keys, leaving, operating, presence, reading
from jmswrap.store.calls import Call
from jmswrap.store.edge import edge, translated
from jmswrap.store.nouns import (
    NO_CAP,
    Accepted,
    Awaiting,
    Blocked,
    Books,
    Claim,
    Guard,
    Hold,
    Leaving,
    Limits,
    Parting,
    QueueSummary,
    Settled,
    Swept,
    Waiting,
)
from jmswrap.store.presence import Attendance, Roll
from jmswrap.store.running import Runner
from jmswrap.store.sealed import AtRest

_UNGUARDED = Guard()


class Store:
    """One integration's messages on a Redis or Valkey server."""

    def __init__(self, client: redis.Redis, prefix: str, limits: Limits | None = None, ring: Keyring = PLAIN) -> None:
        self.client = client
        self.prefix = prefix
        self.limits = limits or Limits()
        self.ring = ring
        """Seals what is stored and opens what is read."""
        self._runner = Runner(client, prefix, self.limits)

    def accept(self, messages: Sequence[Message], canonical: Sequence[str] | None = None) -> list[Accepted]:
        """Put messages durably, each by itself; one's failure is not its neighbours'.

        ``canonical`` may give, message by message, a hash of the body's canonical form, by
        which a body that differs in bytes only is still the same message.
        """
        todo = [
            calls.accept(message, other, self.limits.caps.get(message.queue, NO_CAP), self.ring)
            for message, other in zip(messages, canonical or [""] * len(messages), strict=True)
        ]
        answers = self._runner.run_all(todo) if todo else []
        return [
            translated(answer) if isinstance(answer, ResponseError) else calls.accepted(message, answer)
            for message, answer in zip(messages, answers, strict=True)
        ]

    def claim(
        self,
        queue: str,
        worker: str,
        limit: int,
        guard: Guard = _UNGUARDED,
        linger_ms: int = 0,
        suspects: bool = True,
        asked: str = "",
    ) -> Claim:
        """Lease up to ``limit`` messages, as many as the partner's guard allows now.

        With ``linger_ms`` the caller promises to stay for that long (``listen``) and to claim
        again: an empty queue then wakes it by its bell instead of an RQ job. Without, an empty
        claim ends the drain in the store's eyes. A message that two workers in a row did not
        survive comes alone, and only with ``suspects``. Asked again under the same word, because
        no answer came, it gives what it had given.
        """
        call = calls.claim(queue, worker, limit, guard, self.limits.claim_bytes, linger_ms, suspects, asked)
        return calls.claimed(self._runner.run(call), self.ring)

    def listen(self, queue: str, seconds: float) -> bool:
        """Block until the queue's bell rings; False when ``seconds`` passed in silence."""
        with edge():
            answer = self.client.blpop([keys.of_queue(self.prefix, "bell", queue)], timeout=max(seconds, 0.01))
        return answer is not None

    def leave(self, queue: str, worker: str) -> bool:
        """End a drain before its queue is empty; True when another wake-up is due."""
        return bool(self._runner.run(Call("leave", (queue, worker))))

    def mark_sending(self, holds: Sequence[Hold], in_doubt: str) -> list[bool]:
        """Write down that bytes are about to leave; False: the lease is lost, send nothing.

        ``in_doubt`` is what an expired lease then means: ``park`` or ``redeliver``.
        """
        return self.mark([(hold, in_doubt) for hold in holds])

    def mark_replied(self, hold: Hold, raw: bytes) -> bool:
        """Keep the raw answer before it is interpreted; False: the lease is lost."""
        return self.mark((), [(hold, raw)])[0]

    def mark(self, sending: Sequence[tuple[Hold, str]], replied: Sequence[tuple[Hold, bytes]] = ()) -> list[bool]:
        """Mark sending (with each in-doubt policy) and keep answers, all in one round trip.

        The answers come in that order. What a partner said beyond ``limits.answer_bytes`` is
        not kept: the phase stays ``sending``.
        """
        todo = [Call("mark_sending", (hold.id, hold.fence, policy)) for hold, policy in sending]
        todo += [Call("mark_replied", (hold.id, hold.fence, self._kept(hold, raw))) for hold, raw in replied]
        return [bool(answer) for answer in self._all(todo)]

    def settle(self, settlements: Sequence[Settlement]) -> list[Settled]:
        """Say what became of messages; outputs are accepted in the same step as each."""
        return [calls.settled(answer) for answer in self._all([calls.settle(one, self.ring) for one in settlements])]

    def doubtful(self, queue: str, limit: int, guard: Guard = _UNGUARDED) -> list[Claimed]:
        """Return messages in doubt about which the partner is to be asked now; they stay IN_DOUBT."""
        return calls.messages(self._runner.run(calls.doubtful(queue, limit, guard)), self.ring)

    def found(self, settlement: Settlement) -> Settled:
        """Say what the partner told about a message in doubt: DELIVERED, QUEUED, or still IN_DOUBT."""
        return calls.settled(self._runner.run(calls.found(settlement, self.ring)))

    def enter(self, call_id: str, route: str, guard: Guard, keep_ms: int) -> tuple[str, int]:
        """Take a place among the calls to a partner for a call that no message stands for.

        Returns ``IN``, or why not (``PAUSED``, ``CLOSED``, ``BROKEN``, ``FULL``) with a number that says more.
        """
        word, *rest = self._runner.run(calls.enter(call_id, route, guard, keep_ms))
        return word.decode(), int(rest[0]) if rest else 0

    def exit(self, call_id: str, partner: str, partner_up: bool | None) -> None:
        """Give the place back, and say what the call told about the partner."""
        self._runner.run(calls.exit_(call_id, partner, partner_up))

    def renew(self, worker: str, holds: Sequence[Hold]) -> list[Hold]:
        """Lengthen leases from now on; returns the holds that are lost."""
        if not holds:
            return []
        return [holds[at] for at in self._runner.run(calls.renew(worker, holds))]

    def abandon(self, worker: str, message_id: str = "") -> tuple[str, ...]:
        """End the leases of a worker known to be dead, or the one it had left to a process that is.

        Named without what follows its ``~``, every worker of that host and process id is meant.
        Returns the queues to wake.
        """
        return tuple(queue.decode() for queue in self._runner.run(Call("abandon", (worker, message_id)))[1:])

    def attendance(self, worker: str) -> Attendance:
        """Return what tells the sweepers that a worker is there, over a connection of its own."""
        return Attendance(self.client, self.prefix, self.limits, worker)

    def roll(self) -> Roll:
        """Return which workers wrote down a connection and which of these are there."""
        return presence.roll(self.client, self.prefix)

    def strike_off(self, entries: tuple[str, ...]) -> None:
        """Forget connections that were written down."""
        presence.strike_off(self.client, self.prefix, entries)

    def sweep(self, limit: int = 500, alive: Collection[str] = ()) -> Swept:
        """Do the housekeeping that is due, at most ``limit`` messages of each sort.

        A lease that ran out although its worker is one of ``alive`` killed nobody.
        """
        purges = "1" if self.limits.purges else ""
        return calls.swept(self._runner.run(Call("sweep", (limit, purges, "\n".join(alive)))))

    def leaving(self, limit: int, with_bodies: bool, overdue_ms: int = 0, without: Collection[str] = ()) -> Parting:
        """Read settled messages that are past their time here by ``overdue_ms``, the first ones first.

        At most ``limit``, and no more bodies than memory should hold at once. ``without`` these.
        """
        with edge():
            ids = leaving.due(self.client, self.prefix, limit, overdue_ms, without)
            found = leaving.read(self.client, self.prefix, ids, with_bodies, self.ring)
        for missing in found.missing:
            self._runner.run(Call("depart", (missing, "")))
        return Parting(tuple(found.messages), tuple(found.unreadable))

    def depart(self, messages: Sequence[Leaving]) -> int:
        """Delete messages that the history has; returns how many were still as they were read."""
        left = 0
        for start in range(0, len(messages), leaving.AT_ONCE):
            pairs = [(one.id, one.mark) for one in messages[start : start + leaving.AT_ONCE]]
            left += int(self._runner.run(Call("depart", tuple(itertools.chain.from_iterable(pairs)))))
        return left

    def waiting(self) -> Waiting:
        """Return how many settled messages are past their time here, and for how long."""
        with edge():
            return leaving.waiting(self.client, self.prefix)

    def erase(self, message_ids: Sequence[str]) -> int:
        """Blank what settled messages carried; returns how many. Those that move are left alone."""
        return sum(
            int(self._runner.run(Call("erase", tuple(message_ids[start : start + leaving.AT_ONCE]))))
            for start in range(0, len(message_ids), leaving.AT_ONCE)
        )

    @property
    def at_rest(self) -> AtRest:
        """The keys that what is stored is under, and putting it under another."""
        return AtRest(self._runner, self.ring)

    def lead(self, task: str, who: str, milliseconds: int) -> bool:
        """Become or stay the one who does a periodic task; with 0 let go of it. Only saves work."""
        return bool(self._runner.run(Call("lead", (task, who, milliseconds))))

    def replay(self, message_id: str, stale_ok: bool = False, reason: str = "") -> tuple[str, ...]:
        """Queue a DEAD message again; returns the queues to wake.

        Raises IllegalMove, also when a later message of its key was delivered or is under
        way and ``stale_ok`` is false.
        """
        return self._operate("replay", message_id, reason, "1" if stale_ok else "")

    def cancel(self, message_id: str, reason: str = "") -> tuple[str, ...]:
        """End a message that waits (SCHEDULED, QUEUED, WAITING); returns the queues to wake."""
        return self._operate("cancel", message_id, reason, "")

    def bury(self, message_id: str, reason: str = "") -> tuple[str, ...]:
        """End a DEAD message and let its key go; returns the queues to wake."""
        return self._operate("bury", message_id, reason, "")

    def skip(self, message_id: str, reason: str) -> tuple[str, ...]:
        """Let later messages of its key pass one that holds it; returns the queues to wake.

        DEAD and IN_DOUBT stay what they are, WAITING becomes DEAD. One that is QUEUED and waits for
        other keys goes on without them. ``reason`` is put behind the
        one it has. What comes back after a later delivery is stale, as after ``on_dead: release``.
        """
        return self._operate("skip", message_id, reason, "")

    def replace(self, message_id: str, by: Message, reason: str = "", stale_ok: bool = False) -> tuple[str, ...]:
        """End a message that is neither under way nor settled and put another in its place, in one step.

        On the same queue with the same key it takes its place in the order; elsewhere it comes
        last. It has no time to live. Returns the queues to wake. Raises IllegalMove, also as
        ``replay`` does for a message that was overtaken. No cap of a queue holds it up.
        """
        block = calls.put_block(by, calls.nonce(), ring=self.ring)
        call = Call("operate", ("replace", message_id, reason, "1" if stale_ok else "", *block))
        return operating.moved("replace", message_id, self._runner.run(call))

    def resolve(
        self, message_id: str, to: State, reason: str = "", on_dead: str = "hold", stale_ok: bool = False
    ) -> tuple[str, ...]:
        """Decide a message IN_DOUBT: QUEUED, DELIVERED or DEAD; returns the queues to wake.

        ``stale_ok`` is for one that was skipped: to QUEUED although a later one was delivered.
        """
        if to not in (State.QUEUED, State.DELIVERED, State.DEAD):
            raise IllegalMove(f"A message in doubt is resolved to QUEUED, DELIVERED or DEAD, not to {to}.")
        how = on_dead if to is State.DEAD else "1" if stale_ok else ""
        return self._operate("resolve", message_id, reason, f"{to}:{how}")

    def pause(self, queue: str = "", partner: str = "", reason: str = "", route: str = "") -> None:
        """Hold deliveries of a queue, to a partner or of a route; accepting goes on."""
        self._runner.run(Call("pause", ("pause", operating.mark(queue, partner, route), reason)))

    def resume(self, queue: str = "", partner: str = "", route: str = "") -> tuple[str, ...]:
        """End a pause; returns the queues to wake."""
        answer = self._runner.run(Call("pause", ("resume", operating.mark(queue, partner, route), "")))
        return tuple(name.decode() for name in answer)

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

    def _opened(self, raw: bytes | None, message_id: str) -> bytes | Unopened | None:
        try:
            return None if raw is None else self.ring.open(raw, message_id)
        except Unopened as error:
            return error

    def _kept(self, hold: Hold, raw: bytes) -> bytes:
        return self.ring.seal(raw, hold.id) if len(raw) <= self.limits.answer_bytes else b""

    def _all(self, todo: Iterable[Call]) -> list[Any]:
        todo = list(todo)
        answers = self._runner.run_all(todo) if todo else []
        for answer in answers:
            if isinstance(answer, ResponseError):
                raise translated(answer) from answer
        return answers

    def _operate(self, verb: str, message_id: str, reason: str, option: str) -> tuple[str, ...]:
        return operating.moved(verb, message_id, self._runner.run(Call("operate", (verb, message_id, reason, option))))
