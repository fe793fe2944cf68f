"""The real scripts against the plain model, in random interleavings."""

import itertools
import json
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import pytest
import redis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from store_model import LIMITS, MINUTE_MS, SUSPECT, Kept, Model

from jmswrap.errors import IdReused, IllegalMove, QueueFull
from jmswrap.message import Attempt, Message, Receipt, Settlement
from jmswrap.states import FINAL, HERE, State, may_move
from jmswrap.store.nouns import Cap, Hold
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

_prefixes = itertools.count(1)
_KEYS = st.sampled_from(["A", "A", "A", "A", "B", ""])
_ANY = st.integers(0, 10_000)


class StoreMachine(RuleBasedStateMachine):
    """Each rule does one thing to the store and to the model, and compares the answers."""

    client: redis.Redis

    def __init__(self) -> None:
        super().__init__()
        self.prefix = f"model{next(_prefixes)}"
        self.store = Store(self.client, self.prefix, LIMITS)
        self.model = Model()
        self.sent: list[Message] = []
        self.holds: list[tuple[Hold, str]] = []
        self.questions: list[Hold] = []
        self.accepted = 0
        self.fence = 0

    @initialize()
    def the_server_is_seen(self) -> None:
        self.store.sweep()

    def hold(self, number: int) -> tuple[Hold, str]:
        live = [one for one in self.holds if self.model.holds(one[0].id, one[0].fence)]
        if live and number % 3:
            return live[number % len(live)]
        return self.holds[number % len(self.holds)]

    def in_state(self, number: int, *states: State) -> Kept | None:
        found = [m for m in self.model.messages.values() if m.state in states]
        return found[number % len(found)] if found else None

    @rule(
        key=_KEYS,
        priority=st.sampled_from([4, 4, 9]),
        delay=st.sampled_from([0, 0, 0, 90_000]),
        live=st.sampled_from([0, 0, 150_000]),
        named=st.booleans(),
        route=st.sampled_from(["r", "r", "s"]),
    )
    def accept(self, key: str, priority: int, delay: int, live: int, named: bool, route: str) -> None:
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
        )
        self.sent.append(message)
        self.put(message)

    @precondition(lambda self: self.sent)
    @rule(number=_ANY, other_body=st.booleans())
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
        backlog = len(here) if which == "messages" else sum(len(m.body) for m in here)
        full = bool(backlog and not room)
        capped = Store(self.client, self.prefix, replace(LIMITS, caps={"q": Cap(**{which: max(backlog + room, 1)})}))
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
        expected = self.model.accept(kept, message.delay_ms, message.time_to_live_ms)
        (got,) = (store or self.store).accept([message])
        assert (got.status if isinstance(got, Receipt) else "REUSED") == expected
        assert isinstance(got, Receipt | IdReused)
        self.accepted += expected == "ACCEPTED"

    @rule(limit=st.sampled_from([1, 2, 10]), worker=st.sampled_from(["w1", "w2"]), suspects=st.booleans())
    def claim(self, limit: int, worker: str, suspects: bool) -> None:
        due = [m for m in self.model.messages.values() if 0 < m.due_ms <= self.model.now_ms]
        if len(due) > 2 * limit:
            limit = 20
        self.model.promote()
        claimable = self.model.claimable()
        suspected = {i for i in claimable if self.model.messages[i].kills >= SUSPECT}
        if not suspects:
            claimable -= suspected
        got = self.store.claim("q", worker, limit, suspects=suspects)
        self.take_over_expired()
        assert {m.id for m in got.messages} <= claimable
        assert len(got.messages) == min(limit, len(claimable)) or got.backlog
        assert len(got.messages) == 1 or not suspected & {m.id for m in got.messages}
        for one in got.messages:
            assert one.fence > self.fence
            self.fence = one.fence
            self.model.claim(one.id, one.fence)
            assert one.record.deliveries == self.model.messages[one.id].deliveries
            assert one.body == self.model.messages[one.id].body
            assert one.record.kills == self.model.messages[one.id].kills
            self.holds.append((Hold(one.id, one.fence), worker))

    def take_over_expired(self) -> None:
        """A claim expires what it meets; which ones is its own business."""
        for one in list(self.model.messages.values()):
            if self.model.over_age(one):
                record = self.store.record(one.id)
                if record and record.state is State.EXPIRED:
                    self.model.finish(one, State.EXPIRED)

    @precondition(lambda self: self.holds)
    @rule(number=_ANY)
    def renew(self, number: int) -> None:
        hold, worker = self.hold(number)
        kept = self.model.messages.get(hold.id)
        lost = self.store.renew(worker, [hold])
        assert lost == ([] if self.model.holds(hold.id, hold.fence) else [hold])
        if not lost and kept:
            kept.lease_ms = self.model.now_ms + LIMITS.lease_ms

    @precondition(lambda self: self.holds)
    @rule(number=_ANY, policy=st.sampled_from(["park", "redeliver", "probe"]))
    def mark_sending(self, number: int, policy: str) -> None:
        hold, _ = self.hold(number)
        assert self.store.mark_sending([hold], policy) == [self.model.sending(hold.id, hold.fence, policy)]

    @precondition(lambda self: self.holds)
    @rule(number=_ANY)
    def mark_replied(self, number: int) -> None:
        hold, _ = self.hold(number)
        assert self.store.mark_replied(hold, b"<reply/>") == self.model.holds(hold.id, hold.fence)
        if self.model.holds(hold.id, hold.fence):
            self.model.messages[hold.id].phase = "replied"

    @precondition(lambda self: self.holds)
    @rule(
        number=_ANY,
        to=st.sampled_from([State.DELIVERED, State.DELIVERED, State.QUEUED, State.WAITING, State.DEAD, State.IN_DOUBT]),
        on_dead=st.sampled_from(["hold", "release"]),
        wait=st.sampled_from([30_000, 90_000]),
        repeat=st.booleans(),
    )
    def settle(self, number: int, to: State, on_dead: str, wait: int, repeat: bool) -> None:
        """Any hold that was ever given, so stale ones as well; perhaps twice over."""
        hold, worker = self.hold(number)
        output = f"o{hold.id[1:]}" if to is State.DELIVERED else ""
        settlement = Settlement(
            id=hold.id,
            fence=hold.fence,
            state=to,
            attempt=Attempt(1, 0, 5, worker, "partner.op", "ANY", "It was tried."),
            wait_ms=wait,
            on_dead=on_dead,
            outputs=(Message(output, "out", "", b"<out/>"),) if output else (),
        )
        (got,) = self.store.settle([settlement])
        assert got.done == self.model.settle(hold.id, hold.fence, to, on_dead, wait, output)
        if repeat and got.done:
            assert self.store.settle([settlement])[0].done

    @rule(minutes=st.sampled_from([1, 1, 2, 4]))
    def time_passes(self, minutes: int) -> None:
        self.client.incrby(f"{self.prefix}:clock", minutes * MINUTE_MS)
        for one in list(self.model.remembered):
            if self.model.remembered[one][1] <= self.model.now_ms + minutes * MINUTE_MS:
                # Redis expires the entry by its own clock, which the tests cannot move.
                self.client.delete(f"{self.prefix}:d:{one}")
        self.model.now_ms += minutes * MINUTE_MS

    @rule()
    def sweep(self) -> None:
        self.store.sweep()
        self.model.sweep()

    @precondition(lambda self: self.in_state(0, State.IN_FLIGHT))
    @rule(policy=st.sampled_from(["park", "redeliver", "probe"]), sent=st.booleans(), number=_ANY)
    def a_worker_is_silent_until_its_leases_end(self, policy: str, sent: bool, number: int) -> None:
        if sent:
            self.mark_sending(number, policy)
        self.time_passes(2)
        self.sweep()

    @rule()
    def the_server_restarts(self) -> None:
        self.client.hset(f"{self.prefix}:run", "id", "another")
        self.model.run_since_ms = self.model.now_ms
        self.sweep()

    @rule(worker=st.sampled_from(["w1", "w2"]))
    def a_worker_is_known_dead(self, worker: str) -> None:
        mine = {hold.id for hold, owner in self.holds if owner == worker and self.model.holds(hold.id, hold.fence)}
        self.store.abandon(worker)
        self.model.abandon(mine)

    @precondition(lambda self: self.in_state(0, State.DEAD))
    @rule(number=_ANY, stale_ok=st.booleans())
    def replay(self, number: int, stale_ok: bool) -> None:
        one = self.in_state(number, State.DEAD)
        assert one
        if self.model.stale(one) and not stale_ok:
            with pytest.raises(IllegalMove, match="overtaken"):
                self.store.replay(one.id)
            return
        self.store.replay(one.id, stale_ok)
        self.model.replay(one)

    @precondition(lambda self: self.sent)
    @rule(number=_ANY)
    def cancel(self, number: int) -> None:
        one = self.in_state(number, *(set(State) - FINAL))
        if one is None:
            return
        if one.state in (State.QUEUED, State.SCHEDULED, State.WAITING):
            self.store.cancel(one.id)
            self.model.finish(one, State.CANCELLED)
        else:
            with pytest.raises(IllegalMove, match="cancelled"):
                self.store.cancel(one.id)

    @precondition(lambda self: self.in_state(0, State.DEAD))
    @rule(number=_ANY)
    def bury(self, number: int) -> None:
        one = self.in_state(number, State.DEAD)
        assert one
        self.store.bury(one.id)
        self.model.forget_release(one)
        self.model.finish(one, State.CANCELLED)

    @precondition(lambda self: self.in_state(0, State.IN_DOUBT))
    @rule(
        number=_ANY,
        to=st.sampled_from([State.QUEUED, State.DELIVERED, State.DEAD]),
        on_dead=st.sampled_from(["hold", "release"]),
        stale_ok=st.booleans(),
    )
    def resolve(self, number: int, to: State, on_dead: str, stale_ok: bool) -> None:
        one = self.in_state(number, State.IN_DOUBT)
        assert one
        if to is State.QUEUED and self.model.stale(one) and not stale_ok:
            with pytest.raises(IllegalMove, match="overtaken"):
                self.store.resolve(one.id, to)
            return
        self.store.resolve(one.id, to, on_dead=on_dead, stale_ok=stale_ok)
        if to is State.QUEUED:
            self.model.replay(one)
        elif to is State.DELIVERED:
            self.model.forget_release(one)
            one.skipped = False
            self.model.finish(one, to)
        else:
            self.model.die(one, on_dead)

    @precondition(lambda self: any(self.model.order.values()))
    @rule(number=_ANY)
    def skip(self, number: int) -> None:
        heads = [ids[0] for ids in self.model.order.values() if ids]
        one = self.model.messages[heads[number % len(heads)]]
        if one.state in (State.QUEUED, State.IN_FLIGHT):
            with pytest.raises(IllegalMove, match="holds its key"):
                self.store.skip(one.id, "Skipped.")
        else:
            self.store.skip(one.id, "Skipped.")
            self.model.skip(one)

    @precondition(lambda self: self.in_state(0, *HERE))
    @rule(
        number=_ANY,
        key=st.sampled_from([None, None, None, "A", "B", ""]),
        queue=st.sampled_from(["q", "q", "q", "out"]),
        stale_ok=st.booleans(),
    )
    def replace(self, number: int, key: str | None, queue: str, stale_ok: bool) -> None:
        one = self.in_state(number, *HERE)
        assert one
        key = one.key if key is None else key
        count = len(self.sent) + 1
        by = Message(f"{'m' if queue == 'q' else 'x'}{count:025d}", queue, "r", f"<b n='{count}'/>".encode(), key=key)
        stale = queue == "q" and key == one.key and self.model.stale(one)
        if one.state is State.IN_FLIGHT or (stale and not stale_ok):
            with pytest.raises(IllegalMove, match="overtaken" if stale else "under way"):
                self.store.replace(one.id, by)
            return
        self.store.replace(one.id, by, stale_ok=stale_ok)
        if queue == "q":
            self.sent.append(by)
            self.accepted += 1
            self.model.replace(one, Kept(by.id, key, by.body, False, State.QUEUED, self.model.now_ms))
        else:
            self.sent.append(by)
            self.model.outputs.add(by.id)
            self.model.replace(one, None)

    @rule(route=st.sampled_from(["r", "s", "s"]))
    def a_route_is_paused_or_goes_on(self, route: str) -> None:
        if route in self.model.paused:
            self.store.resume(route=route)
            self.model.paused.remove(route)
        else:
            self.store.pause(route=route)
            self.model.paused.add(route)

    @rule()
    def the_partner_is_asked(self) -> None:
        got = self.store.doubtful("q", 50)
        due = self.model.to_be_asked()
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
        number=_ANY,
        to=st.sampled_from([State.QUEUED, State.DELIVERED, State.IN_DOUBT]),
        wait=st.sampled_from([0, 30_000]),
    )
    def the_partner_answers(self, number: int, to: State, wait: int) -> None:
        """Any question that was ever asked, so late answers as well."""
        question = self.questions[-1 - number % min(len(self.questions), 3)]
        got = self.store.found(Settlement(question.id, question.fence, to, wait_ms=wait, reason="The partner said."))
        assert got.done == self.model.found(question.id, question.fence, to, wait)

    def name(self, key: str) -> str:
        return f"{self.prefix}:{key}"

    @invariant()
    def every_message_is_in_the_state_the_model_says(self) -> None:
        records = {}
        for key in self.client.scan_iter(self.name("m:m*"), count=1000):
            message_id = key.decode().rpartition(":")[2]
            records[message_id] = json.loads(self.client.get(key).split(b"\n")[0])  # type: ignore[union-attr]
        expected = {m.id: (m.state, m.deliveries, m.attempts, m.kills) for m in self.model.messages.values()}
        found = {i: (State(r["s"]), r.get("d", 0), r.get("n", 0), r.get("kl", 0)) for i, r in records.items()}
        assert found == expected

    @invariant()
    def nothing_put_out_is_lost_or_doubled(self) -> None:
        out = [i.decode() for i in self.client.lrange(self.name("log:out"), 0, -1)]
        assert sorted(out) == sorted(self.model.outputs)

    @invariant()
    def counts_and_control_totals_agree(self) -> None:
        tally = dict.fromkeys(State, 0)
        for one in self.model.messages.values():
            tally[one.state] += 1
        kept = {name.decode(): int(n) for name, n in self.client.hgetall(self.name("n:q")).items()}
        assert kept.pop("bytes", 0) == sum(len(m.body) for m in self.model.messages.values() if m.state in HERE)
        counts = {State(name): n for name, n in kept.items()}
        assert {s: counts.get(s, 0) for s in State} == tally
        moves: dict[str, int] = {}
        for key in self.client.scan_iter(self.name("tot:*:q"), count=1000):
            for event, number in self.client.hgetall(key).items():
                moves[event.decode()] = moves.get(event.decode(), 0) + int(number)
        moves.pop("duplicate", None)
        assert sum(n for event, n in moves.items() if event.startswith("->")) == self.accepted
        for event in moves:
            self.assert_legal(event)
        for state in State:
            into = sum(n for event, n in moves.items() if event.endswith(f">{state}"))
            out_of = sum(n for event, n in moves.items() if event.startswith(f"{state}>"))
            assert into - out_of == tally[state]

    @staticmethod
    def assert_legal(event: str) -> None:
        if event.endswith(">-"):
            assert State(event[:-2]) in FINAL, event
        elif event.startswith("->"):
            assert may_move(None, State(event[2:])), event
        else:
            before, _, after = event.partition(">")
            assert may_move(State(before), State(after)), event

    @invariant()
    def every_index_has_exactly_its_messages(self) -> None:
        def ids(*states: State) -> set[str]:
            return {m.id for m in self.model.messages.values() if m.state in states}

        def members(key: str) -> set[str]:
            found: Any = self.client.zrange(self.name(key), 0, -1)
            return {i.decode() for i in found}

        assert members("lease") == ids(State.IN_FLIGHT)
        assert members("due:q") == ids(State.SCHEDULED, State.WAITING)
        assert members("dead:q") == ids(State.DEAD)
        assert members("doubt:q") == ids(State.IN_DOUBT)
        doubted = [m for m in self.model.messages.values() if m.state is State.IN_DOUBT]
        assert members("probe:q") == {m.id for m in doubted if m.probe_ms}
        assert {i for i in members("settled") if i.startswith("m")} == ids(*FINAL)

    @invariant()
    def every_key_is_held_or_ready(self) -> None:
        """An entry too many is allowed: one whose tombstone was purged stays until a claim drops it."""
        entries: list[str] = []
        for priority in range(10):
            entries += [e.decode() for e in self.client.lrange(self.name(f"q:q:{priority}"), 0, -1)]
        aside: list[str] = []
        for route in ("r", "s"):
            aside += [e.decode()[2:] for e in self.client.lrange(self.name(f"park:q:{route}"), 0, -1)]
        for key in ("A", "B"):
            kept = [i.decode() for i in self.client.lrange(self.name(f"k:q:{key}"), 0, -1)]
            live = [i for i in kept if i in self.model.messages and i in self.model.order.get(key, [])]
            assert live == self.model.order.get(key, [])
            head = self.model.messages[live[0]] if live else None
            held = bool(head and head.state is not State.QUEUED)
            assert not kept or held or f"={key}" in entries or f"={key}" in aside
            if head and not held and head.route not in self.model.paused:
                assert f"={key}" in entries
        alone = {f"~{m.id}" for m in self.model.messages.values() if not m.key and m.state is State.QUEUED}
        assert alone <= {*entries, *aside}


def test_the_scripts_do_what_the_model_says_in_any_order(store_server: EmbeddedServer) -> None:
    client = redis.Redis.from_url(store_server.url)

    class Machine(StoreMachine):
        pass

    Machine.client = client
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=80,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # Shrinking 40 steps against a real server takes minutes; add Phase.shrink to look for a short one.
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
        ),
    )
    client.close()
