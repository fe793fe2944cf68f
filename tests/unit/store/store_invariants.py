"""What holds after every step of the store and its model."""

import json
from typing import Any

import redis
from hypothesis.stateful import RuleBasedStateMachine, invariant
from store_kept import Kept
from store_model import Model

from jmswrap.states import FINAL, HERE, State, may_move


class Invariants(RuleBasedStateMachine):
    """The store's keys against the model's messages."""

    client: redis.Redis
    prefix: str
    model: Model
    accepted: int

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

    def stored_bytes(self, one: Kept) -> int:
        """Return how long its body is at rest, sealed or not."""
        return int(self.client.strlen(self.name(f"b:{one.id}")))

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
        here = [m for m in self.model.messages.values() if m.state in HERE]
        assert kept.pop("bytes", 0) == sum(map(self.stored_bytes, here))
        counts = {State(name): n for name, n in kept.items()}
        assert {s: counts.get(s, 0) for s in State} == tally
        moves: dict[str, int] = {}
        for key in self.client.scan_iter(self.name("tot:*:q"), count=1000):
            for name, number in self.client.hgetall(key).items():
                event = name.decode()
                # `=…` is what the day began with.
                if event != "duplicate" and not event.startswith("="):
                    moves[event] = moves.get(event, 0) + int(number)
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
            held = bool(head and (head.state is not State.QUEUED or head.waits))
            assert not kept or held or f"={key}" in entries or f"={key}" in aside
            if head and not held and head.route not in self.model.paused:
                assert f"={key}" in entries
        queued = [m for m in self.model.messages.values() if m.state is State.QUEUED]
        assert {f"~{m.id}" for m in queued if not m.key and not m.waits} <= {*entries, *aside}
        assert not {f"~{m.id}" for m in queued if not m.key and m.waits} & {*entries, *aside}

    @invariant()
    def who_waits_for_another_key_is_known_there(self) -> None:
        waiting = {m.id: m for m in self.model.messages.values() if m.waits}
        for key in ("A", "B"):
            found: Any = self.client.zrange(self.name(f"wait:q:{key}"), 0, -1)
            assert {i.decode() for i in found} == {i for i, m in waiting.items() if key in m.waits}
        known: Any = self.client.zrange(self.name("waits:q"), 0, -1)
        assert {i.decode() for i in known} == set(waiting)
        assert not self.client.exists(self.name("free"))

    @invariant()
    def nobody_waits_in_a_circle(self) -> None:
        """The way from one that waits, over those it waits for, never comes back to it."""
        for one in [m for m in self.model.messages.values() if m.waits]:
            ways, seen = self.waited_for(one), set[str]()
            while ways:
                message_id = ways.pop()
                assert message_id != one.id
                if message_id not in seen:
                    seen.add(message_id)
                    ways |= self.waited_for(self.model.messages[message_id])

    def waited_for(self, one: Kept) -> set[str]:
        """Return the first messages of the keys that one waits for, its own key's among them."""
        return {ids[0] for key in {*one.waits, one.key} if (ids := self.model.order.get(key))} - {one.id}
