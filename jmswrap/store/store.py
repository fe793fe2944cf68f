"""The store as workers, command line and tests use it: synchronous, over redis-py.

Every method here is one script (``scripts/*.lua``); what only reads is in ``looking.py``. Raises
StoreDown and StoreUnsafe, never an exception of redis-py.
"""

import itertools
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import redis
from redis.exceptions import ResponseError

from jmswrap.errors import IllegalMove
from jmswrap.message import Claimed, Message, Settlement
from jmswrap.sealing import PLAIN, Keyring
from jmswrap.states import State
from jmswrap.store import calls, keys, leaving, operating, presence
from jmswrap.store.calls import Call
from jmswrap.store.edge import edge, translated
from jmswrap.store.looking import Looking
from jmswrap.store.nouns import (
    NO_CAP,
    Accepted,
    Claim,
    Guard,
    Hold,
    Leaving,
    Limits,
    Parting,
    Settled,
    Swept,
)
from jmswrap.store.presence import Attendance, Roll
from jmswrap.store.running import Runner
from jmswrap.store.sealed import AtRest

_UNGUARDED = Guard()


class Store(Looking):
    """One integration's messages on a Redis or Valkey server: what moves them, and what only looks."""

    def __init__(self, client: redis.Redis, prefix: str, limits: Limits | None = None, ring: Keyring = PLAIN) -> None:
        super().__init__(client, prefix, limits, ring)
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

    def abandon(self, worker: str, message_id: str = "", missed: Collection[str] = ()) -> tuple[str, ...]:
        """End the leases of a worker known to be dead, or the one it had left to a process that is.

        Named without what follows its ``~``, every worker of that host and process id is meant. One that was
        ``missed`` by these connections and came back with another keeps what it holds. Returns the queues to wake.
        """
        call = Call("abandon", (worker, message_id, "\n".join(missed)))
        return tuple(queue.decode() for queue in self._runner.run(call)[1:])

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

    def read_again(self, message_id: str, reason: str = "") -> tuple[str, ...]:
        """Have the answer read that was kept of a message IN_DOUBT, and send nothing; returns the queues to wake."""
        return self._operate("resolve", message_id, reason, "ANSWERED:")

    def pause(self, queue: str = "", partner: str = "", reason: str = "", route: str = "") -> None:
        """Hold deliveries of a queue, to a partner or of a route; accepting goes on."""
        self._runner.run(Call("pause", ("pause", operating.mark(queue, partner, route), reason)))

    def resume(self, queue: str = "", partner: str = "", route: str = "") -> tuple[str, ...]:
        """End a pause; returns the queues to wake."""
        answer = self._runner.run(Call("pause", ("resume", operating.mark(queue, partner, route), "")))
        return tuple(name.decode() for name in answer)

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
