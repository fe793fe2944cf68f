"""The store in plain Python: what the scripts promise, without Redis.

Time moves in steps of a minute and every limit ends half a minute between two steps, so
that the few milliseconds the real server takes never decide anything.
"""

import hashlib
from dataclasses import dataclass, field

from store_kept import LIMITS, SUSPECT, Kept
from store_partner import GUARD, LEASE_MS, Partner

from jmswrap.states import FINAL, State


@dataclass
class Model:
    """All messages of one queue, and what came out of them."""

    now_ms: int = 1
    """A time is never 0: that stands for none."""
    run_since_ms: int = 1
    epoch: int = 0
    places: int = 0
    scheduled: int = 0
    messages: dict[str, Kept] = field(default_factory=dict)
    order: dict[str, list[str]] = field(default_factory=dict)
    """Per key the live messages in their order; only the first may be other than QUEUED."""
    remembered: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)
    released: dict[str, int] = field(default_factory=dict)
    last_delivered: dict[str, int] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    """Routes that are paused."""
    held: set[str] = field(default_factory=set)
    """``queue`` and ``partner``, where these are paused."""
    partner: Partner = field(default_factory=Partner)

    def accept(self, one: Kept, delay_ms: int, live_ms: int) -> str:
        """Return ACCEPTED, DUPLICATE or REUSED."""
        known = self.messages.get(one.id)
        if known:
            return "DUPLICATE" if known.body == one.body else "REUSED"
        body, until = self.remembered.get(one.id, (b"", 0))
        if until > self.now_ms:
            return "DUPLICATE" if body == one.body else "REUSED"
        self.messages[one.id] = one
        one.epoch = self.epoch
        one.expires_ms = self.now_ms + live_ms if live_ms else 0
        if delay_ms:
            # No two messages come in the same millisecond.
            self.scheduled += 1
            one.due_ms, one.state = self.now_ms + delay_ms + self.scheduled, State.SCHEDULED
        else:
            self.join(one)
        return "ACCEPTED"

    def join(self, one: Kept) -> None:
        one.state = State.QUEUED
        self.places += 1
        one.place = self.places
        self.look(one)
        if one.key:
            self.order.setdefault(one.key, []).append(one.id)

    def look(self, one: Kept) -> None:
        one.waits = {key for key in one.declared if key != one.key and self.is_before(key, one)}

    def is_before(self, key: str, one: Kept) -> bool:
        """The first message of a key came before one."""
        ids = self.order.get(key, [])
        return bool(ids) and self.messages[ids[0]].place < one.place

    def let_on(self) -> None:
        for one in self.messages.values():
            one.waits = {key for key in one.waits if self.is_before(key, one)}

    def promote(self) -> None:
        waiting = [m for m in self.messages.values() if m.state in (State.SCHEDULED, State.WAITING)]
        for one in sorted((m for m in waiting if m.due_ms <= self.now_ms), key=lambda m: m.due_ms):
            scheduled = one.state is State.SCHEDULED
            one.due_ms, one.state = 0, State.QUEUED
            if scheduled:
                self.join(one)

    def over_age(self, one: Kept) -> bool:
        # What was answered does not expire: the answer is read again.
        return one.state is State.QUEUED and 0 < one.expires_ms <= self.now_ms and one.phase != "replied"

    def claimable(self) -> set[str]:
        """The messages a claim may return now: heads of keys, and those that stand alone."""
        queued = [m for m in self.messages.values() if m.state is State.QUEUED and not m.waits]
        alone = {m.id for m in queued if not m.key and not self.over_age(m)}
        heads = set()
        for ids in self.order.values():
            live = [i for i in ids if not self.over_age(self.messages[i])]
            if live and self.messages[live[0]].state is State.QUEUED and not self.messages[live[0]].waits:
                heads.add(live[0])
        return {i for i in alone | heads if self.messages[i].route not in self.paused}

    def hidden(self) -> set[str]:
        """The messages behind one that is over age and waits for another key: the sweep finds it, a claim may not."""
        first = [self.messages[ids[0]] for ids in self.order.values() if ids]
        return {i for m in first if m.waits and self.over_age(m) for i in self.order[m.key]}

    def under_way(self) -> set[str]:
        """The calls to the partner that are under way."""
        flying = (m for m in self.messages.values() if m.state is State.IN_FLIGHT and m.guarded)
        live = {m.id for m in flying if m.lease_ms > self.now_ms}
        return live | {name for name, until_ms in self.partner.calls.items() if until_ms > self.now_ms}

    def allowance(self, limit: int, guarded: bool) -> int:
        """How many messages a claim may bring at most."""
        if "queue" in self.held or (guarded and "partner" in self.held):
            return 0
        if not guarded:
            return limit
        if not self.partner.lets_through(self.now_ms):
            return 0
        free = max(GUARD.concurrency - len(self.under_way()), 0)
        return min(limit, free, 1 if self.partner.broken else limit)

    def enter(self, call: str) -> str:
        if "partner" in self.held or "r" in self.paused:
            return "PAUSED"
        if not self.partner.lets_through(self.now_ms):
            return "BROKEN"
        if len(self.under_way()) >= GUARD.concurrency:
            return "FULL"
        self.partner.calls[call] = self.now_ms + LEASE_MS
        self.partner.begins(call, self.now_ms)
        return "IN"

    def end_lease(self, one: Kept) -> None:
        if one.state is State.IN_FLIGHT and one.guarded:
            self.partner.over(one.id)

    def claim(self, message_id: str, fence: int, guarded: bool) -> None:
        one = self.messages[message_id]
        one.state, one.fence, one.guarded = State.IN_FLIGHT, fence, guarded
        if guarded:
            self.partner.begins(one.id, self.now_ms)
        one.phase = one.phase or "claimed"
        one.lease_ms = self.now_ms + LIMITS.lease_ms

    def holds(self, message_id: str, fence: int) -> bool:
        one = self.messages.get(message_id)
        return bool(one and one.state is State.IN_FLIGHT and one.fence == fence)

    def sending(self, message_id: str, fence: int, policy: str) -> bool:
        one = self.messages.get(message_id)
        if not one or not self.holds(message_id, fence) or one.lease_ms <= self.now_ms:
            return False
        if one.phase != "sending":
            one.phase, one.policy, one.deliveries = "sending", policy, one.deliveries + 1
        return True

    def leave(self, one: Kept) -> None:
        if one.key and one.id in self.order.get(one.key, []):
            self.order[one.key].remove(one.id)
            self.let_on()

    def finish(self, one: Kept, state: State, sent_on: bool = True) -> None:
        if state is State.EXPIRED and one.onward and sent_on:
            name = one.id
            while (name := hashlib.sha1(f"{name}:expired".encode()).hexdigest()[:26]) in self.outputs:
                pass
            self.outputs.add(name)
        one.state, one.purge_ms, one.due_ms = state, self.now_ms + LIMITS.retention_ms, 0
        one.waits = set()
        if state is State.DELIVERED and one.key and self.released.get(one.key):
            self.last_delivered[one.key] = max(one.place, self.last_delivered.get(one.key, 0))
        self.leave(one)

    def die(self, one: Kept, on_dead: str) -> None:
        one.state, one.holds_dead = State.DEAD, on_dead == "hold" and not one.skipped
        if one.skipped:
            one.skipped = False
        elif one.key and on_dead == "release":
            self.released[one.key] = self.released.get(one.key, 0) + 1
            self.leave(one)

    def settle(
        self,
        message_id: str,
        fence: int,
        to: State,
        on_dead: str,
        wait_ms: int,
        output: str,
        rereads: bool,
        up: bool | None,
    ) -> bool:
        one = self.messages.get(message_id)
        if not one:
            return False
        if one.settled_fence == fence:
            return True
        held = self.holds(message_id, fence)
        wins = to is State.DELIVERED and (
            one.state in (State.QUEUED, State.WAITING, State.IN_DOUBT)
            or (one.state is State.IN_FLIGHT and one.phase == "claimed")
        )
        one.attempts += 1 if held else 0
        if not held and not wins:
            return False
        self.end_lease(one)
        if one.state is State.IN_FLIGHT and one.guarded:
            self.partner.told(up, self.now_ms)
        if to is State.DEAD and output and one.answered:
            output = ""
        one.answered = one.answered or (to is State.DEAD and bool(output))
        one.settled_fence = fence
        self.forget_release(one)
        one.skipped = False
        if to is State.WAITING and rereads and one.phase != "replied":
            to, wait_ms = State.IN_DOUBT, 0
        if to is State.QUEUED:
            one.state = to
            one.phase = "replied" if one.phase == "replied" else ""
        else:
            for_a_person = to is State.IN_DOUBT and wait_ms == 0 and one.phase == "replied"
            one.phase = "replied" if for_a_person or (to is State.WAITING and rereads) else ""
            one.kills = one.kills if to in (State.DEAD, State.IN_DOUBT) and one.kills > SUSPECT else 0
            self._settled(one, to, on_dead, wait_ms)
        if output:
            self.outputs.add(output)
        return True

    def _settled(self, one: Kept, to: State, on_dead: str, wait_ms: int) -> None:
        if to is State.DELIVERED:
            self.finish(one, to)
        elif to is State.WAITING:
            one.state, one.due_ms = to, self.now_ms + wait_ms
        elif to is State.DEAD:
            self.die(one, on_dead)
        else:
            one.state, one.probe_ms, one.asked = to, self.now_ms + wait_ms if wait_ms else 0, 0

    def lapse(self, one: Kept) -> None:
        self.end_lease(one)
        one.kills += 1
        if one.phase == "sending":
            one.attempts += 1
            one.state = State.QUEUED if one.policy == "redeliver" else State.IN_DOUBT
            one.probe_ms, one.asked = self.now_ms if one.policy == "probe" else 0, 0
        else:
            one.state = State.QUEUED
        one.phase = "replied" if one.phase == "replied" else ""

    def to_be_asked(self) -> set[str]:
        """The messages in doubt about which the partner is to be asked now."""
        return {m.id for m in self.messages.values() if m.state is State.IN_DOUBT and 0 < m.probe_ms <= self.now_ms}

    def found(self, message_id: str, fence: int, to: State, wait_ms: int) -> bool:
        one = self.messages.get(message_id)
        if not one or one.state is not State.IN_DOUBT or one.fence != fence:
            return False
        if one.skipped:
            to, wait_ms = State.IN_DOUBT, 0
        if to is State.IN_DOUBT:
            one.probe_ms, one.asked = self.now_ms + wait_ms if wait_ms else 0, one.asked + 1
        elif to is State.DELIVERED:
            self.finish(one, to)
        else:
            one.state = to
        return True

    def sweep(self) -> None:
        self.promote()
        if self.now_ms >= self.run_since_ms + LIMITS.lease_ms:
            for one in list(self.messages.values()):
                if one.state is State.IN_FLIGHT and one.lease_ms <= self.now_ms:
                    self.lapse(one)
        for one in list(self.messages.values()):
            waits = one.state in (State.QUEUED, State.SCHEDULED, State.WAITING)
            if waits and 0 < one.expires_ms <= self.now_ms and one.phase != "replied":
                self.finish(one, State.EXPIRED)
        for one in list(self.messages.values()):
            if one.state in FINAL and one.purge_ms <= self.now_ms:
                self.purge(one)

    def purge(self, one: Kept) -> None:
        until = one.accepted_ms + LIMITS.duplicate_window_ms
        if one.remembered and until > self.now_ms:
            self.remembered[one.id] = (one.body, until)
        del self.messages[one.id]

    def abandon(self, ids: set[str]) -> None:
        for one in list(self.messages.values()):
            if one.id in ids and one.state is State.IN_FLIGHT:
                self.lapse(one)

    @staticmethod
    def let_go(one: Kept) -> bool:
        """It stays for a person, and its key went on without it."""
        released = one.state is State.DEAD and not one.holds_dead
        return bool(one.key) and (released or (one.state is State.IN_DOUBT and one.skipped))

    def stale(self, one: Kept) -> bool:
        """A later message of its key was delivered since, or is under way."""
        if not self.let_go(one):
            return False
        ids = self.order.get(one.key, [])
        head = self.messages[ids[0]] if ids else None
        under_way = bool(head and head.state is not State.QUEUED and head.place > one.place)
        return under_way or self.last_delivered.get(one.key, 0) > one.place

    def forget_release(self, one: Kept) -> None:
        if self.let_go(one):
            self.released[one.key] -= 1
            if not self.released[one.key]:
                self.last_delivered.pop(one.key, None)

    def requeue(self, one: Kept) -> None:
        one.state, one.attempts, one.expires_ms = State.QUEUED, 0, 0
        one.phase = "replied" if one.phase == "replied" else ""
        one.kills = min(one.kills, SUSPECT)

    def take_place(self, one: Kept) -> None:
        ids = self.order.setdefault(one.key, [])
        first = 1 if ids and self.messages[ids[0]].state is not State.QUEUED else 0
        at = next((n for n in range(first, len(ids)) if self.messages[ids[n]].place > one.place), len(ids))
        ids.insert(at, one.id)

    def replay(self, one: Kept) -> None:
        """Also a message in doubt that is to be sent again."""
        self.forget_release(one)
        if self.let_go(one):
            self.take_place(one)
        one.holds_dead = one.skipped = False
        self.requeue(one)

    def skip(self, one: Kept) -> None:
        if one.waits:
            one.waits = set()
            return
        one.holds_dead, one.skipped, one.due_ms = False, one.state is State.IN_DOUBT, 0
        if one.state is State.WAITING:
            one.state = State.DEAD
        self.released[one.key] = self.released.get(one.key, 0) + 1
        self.leave(one)

    def replace(self, one: Kept, by: Kept | None) -> None:
        """End one; ``by`` comes in for it, or goes to another queue (None)."""
        self.forget_release(one)
        ids, state, due_ms = self.order.get(one.key, []), one.state, one.due_ms
        if by is not None:
            self.messages[by.id] = by
            by.epoch = one.epoch
            if one.key and by.key == one.key and state is not State.SCHEDULED:
                by.place = one.place
                if one.id in ids:
                    ids[ids.index(one.id)] = by.id
                else:
                    self.take_place(by)
                self.look(by)
        self.finish(one, State.CANCELLED)
        if by is None or by.place:
            return
        if state is State.SCHEDULED and due_ms > self.now_ms:
            by.state, by.due_ms = State.SCHEDULED, due_ms
        else:
            self.join(by)

    def restored(self, one: Kept, verdict: str) -> None:
        """What becomes of it in a copy of the store, by what the history or its route says."""
        over = verdict in FINAL
        if one.state in FINAL or (not over and one.state in (State.DEAD, State.IN_DOUBT)):
            return
        if not over and one.due_ms > self.now_ms:
            return
        self.end_lease(one)
        if verdict == "keep":
            if one.state is State.IN_FLIGHT:
                one.state, one.phase = State.QUEUED, "replied" if one.phase == "replied" else ""
            return
        self.forget_release(one)
        if one.state is State.SCHEDULED:
            self.join(one)
        one.waits = set()
        if over:
            self.finish(one, State(verdict), sent_on=False)
            self.purge(one)
        else:
            one.phase = "replied" if one.phase == "replied" and verdict != "probe" else ""
            one.state, one.due_ms = State.IN_DOUBT, 0
            one.probe_ms, one.asked = self.now_ms if verdict == "probe" else 0, 0
