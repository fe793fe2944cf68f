"""The real scripts against the plain model, in random interleavings.

They are the same in every run, so that no change is refused for what another one did: ``JMSWRAP_MODEL=2000``
plays so many that nobody played before.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import hypothesis.strategies as st
import pytest
import redis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from store_guards import Guards
from store_kept import LIMITS, SUSPECT, Kept
from store_model import Model
from store_partner import GUARD, HOUR_MS
from store_persons import ANY, OTHERS, other_keys

from jmswrap.errors import IdReused, QueueFull
from jmswrap.message import Attempt, Message, Receipt, Settlement
from jmswrap.states import FINAL, HERE, State
from jmswrap.store.nouns import Cap, Guard, Hold
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

EXAMPLES = int(os.environ.get("JMSWRAP_MODEL", "0"))
_KEYS = st.sampled_from(["A", "A", "A", "A", "B", ""])


class StoreMachine(Guards):
    """Each rule does one thing to the store and to the model, and compares the answers."""

    def __init__(self) -> None:
        super().__init__()
        self.client.flushdb()  # the invariants walk over all keys
        self.prefix = "model"
        self.store = Store(self.client, self.prefix, LIMITS)
        self.model = Model()
        self.sent: list[Message] = []
        self.holds: list[tuple[Hold, str]] = []
        self.questions: list[Hold] = []
        self.accepted = 0
        self.fence = 0
        self.numbers = count(1)

    @initialize()
    def the_server_is_seen(self) -> None:
        self.store.sweep()

    def hold(self, number: int) -> tuple[Hold, str]:
        live = [one for one in self.holds if self.model.holds(one[0].id, one[0].fence)]
        if live and number % 3:
            return live[number % len(live)]
        return self.holds[number % len(self.holds)]

    @rule(
        key=_KEYS,
        priority=st.sampled_from([4, 4, 9]),
        delay=st.sampled_from([0, 0, 0, 3 * HOUR_MS // 2]),
        live=st.sampled_from([0, 0, 5 * HOUR_MS // 2]),
        named=st.booleans(),
        route=st.sampled_from(["r", "r", "s"]),
        others=OTHERS,
    )
    def accept(
        self, key: str, priority: int, delay: int, live: int, named: bool, route: str, others: tuple[str, ...]
    ) -> None:
        number = len(self.sent) + 1
        message = Message(
            id=f"m{number:025d}",
            queue="q",
            route=route,
            body=f"<b n='{number}'/>".encode(),
            key=key,
            priority=priority,
            delay_ms=delay,
            time_to_live_ms=live,
            expired_to="out" if number % 2 else "",
            source_id=f"urn:{number}" if named else "",
            waits_for=other_keys(others),
        )
        self.sent.append(message)
        self.put(message)

    @precondition(lambda self: self.sent)
    @rule(number=ANY, other_body=st.booleans())
    def accept_again(self, number: int, other_body: bool) -> None:
        old = self.sent[number % len(self.sent)]
        if old.queue != "q":
            return
        self.put(
            Message(
                id=old.id, queue="q", route="r", body=b"<other/>" if other_body else old.body, source_id=old.source_id
            )
        )

    @precondition(lambda self: self.model.messages)
    @rule(which=st.sampled_from(["messages", "bytes"]), room=st.sampled_from([0, 1]), again=st.booleans())
    def accept_on_a_queue_with_a_cap(self, which: str, room: int, again: bool) -> None:
        """Refused when the cap is reached; what came before takes no room."""
        here = [m for m in self.model.messages.values() if m.state in HERE]
        backlog = len(here) if which == "messages" else sum(self.stored_bytes(m) for m in here)
        full = bool(backlog and not room)
        caps = {"q": Cap(**{which: max(backlog + room, 1)})}
        capped = Store(self.client, self.prefix, replace(LIMITS, caps=caps), self.store.ring)
        if again and not full:
            return
        if again:
            old = self.in_state(0, *HERE)
            assert old
            (got,) = capped.accept([Message(old.id, "q", "r", old.body, source_id=old.id if old.remembered else "")])
            assert isinstance(got, Receipt)
            return
        number = len(self.sent) + 1
        message = Message(f"m{number:025d}", "q", "r", f"<b n='{number}'/>".encode())
        if full:
            (got,) = capped.accept([message])
            assert isinstance(got, QueueFull)
        else:
            self.sent.append(message)
            self.put(message, capped)

    def put(self, message: Message, store: Store | None = None) -> None:
        kept = Kept(message.id, message.key, message.body, bool(message.source_id), State.QUEUED, self.model.now_ms)
        kept.route, kept.onward = message.route, bool(message.expired_to)
        kept.declared = tuple(one.key for one in message.waits_for)
        expected = self.model.accept(kept, message.delay_ms, message.time_to_live_ms)
        (got,) = (store or self.store).accept([message])
        assert (got.status if isinstance(got, Receipt) else "REUSED") == expected
        assert isinstance(got, Receipt | IdReused)
        self.accepted += expected == "ACCEPTED"

    @rule(
        limit=st.sampled_from([1, 2, 10]),
        worker=st.sampled_from(["w1", "w2"]),
        suspects=st.booleans(),
        guarded=st.booleans(),
        again=st.booleans(),
    )
    def claim(self, limit: int, worker: str, suspects: bool, guarded: bool, again: bool) -> None:
        due = [m for m in self.model.messages.values() if 0 < m.due_ms <= self.model.now_ms]
        if len(due) > 2 * limit:
            limit = 20
        self.model.promote()
        claimable, hidden = self.model.claimable(), self.model.hidden()
        suspected = {i for i in claimable if self.model.messages[i].kills >= SUSPECT}
        if not suspects:
            claimable -= suspected
        allowed = self.model.allowance(limit, guarded)
        asked, guard = f"claim{next(self.numbers)}", GUARD if guarded else Guard()
        got = self.store.claim("q", worker, limit, guard, suspects=suspects, asked=asked)
        self.take_over_expired()
        assert {m.id for m in got.messages} <= claimable
        assert len(got.messages) <= allowed
        assert min(allowed, len(claimable - hidden)) <= len(got.messages) or got.backlog
        assert len(got.messages) == 1 or not suspected & {m.id for m in got.messages}
        if again and got.messages:
            same = self.store.claim("q", worker, limit, guard, suspects=suspects, asked=asked)
            assert {(m.id, m.fence) for m in same.messages} == {(m.id, m.fence) for m in got.messages}
        for one in got.messages:
            assert one.fence > self.fence
            self.fence = one.fence
            self.model.claim(one.id, one.fence, guarded)
            assert one.record.deliveries == self.model.messages[one.id].deliveries
            assert one.body == self.model.messages[one.id].body
            assert one.record.kills == self.model.messages[one.id].kills
            kept = self.model.messages[one.id]
            assert one.redelivered == (kept.deliveries > 0 or kept.epoch < self.model.epoch)
            self.holds.append((Hold(one.id, one.fence), worker))

    def take_over_expired(self) -> None:
        """A claim expires what it meets; which ones is its own business."""
        for one in list(self.model.messages.values()):
            if self.model.over_age(one):
                record = self.store.record(one.id)
                if record and record.state is State.EXPIRED:
                    self.model.finish(one, State.EXPIRED)

    @precondition(lambda self: self.holds)
    @rule(number=ANY)
    def renew(self, number: int) -> None:
        hold, worker = self.hold(number)
        kept = self.model.messages.get(hold.id)
        lost = self.store.renew(worker, [hold])
        assert lost == ([] if self.model.holds(hold.id, hold.fence) else [hold])
        if not lost and kept:
            kept.lease_ms = self.model.now_ms + LIMITS.lease_ms

    @precondition(lambda self: self.holds)
    @rule(number=ANY, policy=st.sampled_from(["park", "redeliver", "probe"]))
    def mark_sending(self, number: int, policy: str) -> None:
        hold, _ = self.hold(number)
        assert self.store.mark_sending([hold], policy) == [self.model.sending(hold.id, hold.fence, policy)]

    @precondition(lambda self: self.holds)
    @rule(number=ANY)
    def mark_replied(self, number: int) -> None:
        hold, _ = self.hold(number)
        assert self.store.mark_replied(hold, b"<reply/>") == self.model.holds(hold.id, hold.fence)
        if self.model.holds(hold.id, hold.fence):
            self.model.messages[hold.id].phase = "replied"

    @precondition(lambda self: self.holds)
    @rule(
        number=ANY,
        to=st.sampled_from([State.DELIVERED, State.DELIVERED, State.QUEUED, State.WAITING, State.DEAD, State.IN_DOUBT]),
        on_dead=st.sampled_from(["hold", "release"]),
        wait=st.sampled_from([HOUR_MS // 2, 3 * HOUR_MS // 2]),
        repeat=st.booleans(),
        rereads=st.booleans(),
        refuses=st.booleans(),
        asks=st.booleans(),
        up=st.sampled_from([True, False, None]),
    )
    def settle(
        self,
        number: int,
        to: State,
        on_dead: str,
        wait: int,
        repeat: bool,
        rereads: bool,
        refuses: bool,
        asks: bool,
        up: bool | None,
    ) -> None:
        """Any hold that was ever given, so stale ones as well; perhaps twice over."""
        wait = 0 if to is State.IN_DOUBT and not asks else wait
        hold, worker = self.hold(number)
        output = f"o{hold.id[1:]}" if to is State.DELIVERED else ""
        if to is State.DEAD and refuses:
            output = f"r{hold.fence:025d}"
        settlement = Settlement(
            id=hold.id,
            fence=hold.fence,
            state=to,
            attempt=Attempt(1, 0, 5, worker, "partner.op", "ANY", "It was tried."),
            wait_ms=wait,
            on_dead=on_dead,
            rereads=rereads,
            partner_up=up,
            outputs=(Message(output, "out", "", b"<out/>"),) if output else (),
        )
        (got,) = self.store.settle([settlement])
        assert got.done == self.model.settle(hold.id, hold.fence, to, on_dead, wait, output, rereads, up)
        if repeat and got.done:
            assert self.store.settle([settlement])[0].done

    @rule(hours=st.sampled_from([1, 1, 2, 4]))
    def time_passes(self, hours: int) -> None:
        self.client.incrby(f"{self.prefix}:clock", hours * HOUR_MS)
        for one in list(self.model.remembered):
            if self.model.remembered[one][1] <= self.model.now_ms + hours * HOUR_MS:
                # Redis expires the entry by its own clock, which the tests cannot move.
                self.client.delete(f"{self.prefix}:d:{one}")
        self.model.now_ms += hours * HOUR_MS

    @rule()
    def sweep(self) -> None:
        self.store.sweep()
        self.model.sweep()

    @rule(meanwhile=st.booleans())
    def the_history_takes_what_is_over(self, meanwhile: bool) -> None:
        """What is sent once more before it leaves has changed, and stays."""
        parting = self.store.leaving(100, False)
        found = {one.id for one in parting.messages}
        over = {m.id for m in self.model.messages.values() if m.state in FINAL and m.purge_ms <= self.model.now_ms}
        assert found == over
        if meanwhile and found:
            changed = min(found)
            self.store.accept([Message(changed, "q", "r", self.model.messages[changed].body)])
            over.remove(changed)
        assert self.store.depart(parting.messages) == len(over)
        for one in over:
            self.model.purge(self.model.messages[one])

    @precondition(lambda self: self.in_state(0, State.IN_FLIGHT))
    @rule(policy=st.sampled_from(["park", "redeliver", "probe"]), sent=st.booleans(), number=ANY)
    def a_worker_is_silent_until_its_leases_end(self, policy: str, sent: bool, number: int) -> None:
        if sent:
            self.mark_sending(number, policy)
        self.time_passes(2)
        self.sweep()

    @rule(worker=st.sampled_from(["w1", "w2"]))
    def a_worker_is_known_dead(self, worker: str) -> None:
        mine = {hold.id for hold, owner in self.holds if owner == worker and self.model.holds(hold.id, hold.fence)}
        self.store.abandon(worker)
        self.model.abandon(mine)

    @rule()
    def the_partner_is_asked(self) -> None:
        got = self.store.doubtful("q", 50)
        due = set[str]() if "queue" in self.model.held else self.model.to_be_asked()
        later = {one for one in due if self.model.messages[one].route in self.model.paused}
        assert {one.id for one in got} == due - later
        for one in later:
            self.model.messages[one].probe_ms = self.model.now_ms + 1_000
        for claimed in got:
            kept = self.model.messages[claimed.id]
            assert claimed.fence > self.fence
            assert claimed.record.probes == kept.asked
            self.fence = kept.fence = claimed.fence
            kept.probe_ms = self.model.now_ms + LIMITS.lease_ms
            self.questions.append(Hold(claimed.id, claimed.fence))

    @precondition(lambda self: self.questions)
    @rule(
        number=ANY,
        to=st.sampled_from([State.QUEUED, State.DELIVERED, State.IN_DOUBT]),
        wait=st.sampled_from([0, HOUR_MS // 2]),
    )
    def the_partner_answers(self, number: int, to: State, wait: int) -> None:
        """Any question that was ever asked, so late answers as well."""
        question = self.questions[-1 - number % min(len(self.questions), 3)]
        got = self.store.found(Settlement(question.id, question.fence, to, wait_ms=wait, reason="The partner said."))
        assert got.done == self.model.found(question.id, question.fence, to, wait)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[redis.Redis]:
    """A server of its own."""
    with EmbeddedServer(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        yield client


def test_the_scripts_do_what_the_model_says_in_any_order(client: redis.Redis) -> None:
    class Machine(StoreMachine):
        pass

    Machine.client = client
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES or 64,
            derandomize=not EXAMPLES,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # Shrinking 40 steps against a real server takes minutes; add Phase.shrink to look for a short one.
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
        ),
    )
