"""What a person does to the store and its model: the rules of their moves."""

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import precondition, rule
from store_invariants import Invariants
from store_kept import Kept

from jmswrap.errors import IllegalMove
from jmswrap.message import Message, OtherKey
from jmswrap.states import FINAL, HERE, State
from jmswrap.store.store import Store

ANY = st.integers(0, 10_000)
OTHERS = st.sampled_from([(), (), ("A",), ("B",), ("A", "B")])
"""Keys that a message is to wait for."""


def other_keys(names: tuple[str, ...]) -> tuple[OtherKey, ...]:
    """Return keys of the one queue there is."""
    return tuple(OtherKey("q", name) for name in names)


class Persons(Invariants):
    """Replay, cancel, bury, resolve, skip, replace, pause."""

    store: Store
    sent: list[Message]

    def in_state(self, number: int, *states: State) -> Kept | None:
        found = [m for m in self.model.messages.values() if m.state in states]
        return found[number % len(found)] if found else None

    @precondition(lambda self: self.in_state(0, State.DEAD))
    @rule(number=ANY, stale_ok=st.booleans())
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
    @rule(number=ANY)
    def cancel(self, number: int) -> None:
        one = self.in_state(number, *(set(State) - FINAL))
        if one is None:
            return
        if one.phase == "replied" and one.state is not State.IN_FLIGHT and one.state is not State.DEAD:
            with pytest.raises(IllegalMove, match="was answered"):
                self.store.cancel(one.id)
        elif one.state in (State.QUEUED, State.SCHEDULED, State.WAITING):
            self.store.cancel(one.id)
            self.model.finish(one, State.CANCELLED)
        else:
            with pytest.raises(IllegalMove, match="cancelled"):
                self.store.cancel(one.id)

    @precondition(lambda self: self.in_state(0, State.DEAD))
    @rule(number=ANY)
    def bury(self, number: int) -> None:
        one = self.in_state(number, State.DEAD)
        assert one
        self.store.bury(one.id)
        self.model.forget_release(one)
        self.model.finish(one, State.CANCELLED)

    @precondition(lambda self: self.in_state(0, State.IN_DOUBT))
    @rule(
        number=ANY,
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
        one.phase = ""
        if to is State.QUEUED:
            self.model.replay(one)
        elif to is State.DELIVERED:
            self.model.forget_release(one)
            one.skipped = False
            self.model.finish(one, to)
        else:
            self.model.die(one, on_dead)

    @precondition(lambda self: self.in_state(0, State.IN_DOUBT))
    @rule(number=ANY)
    def read_again(self, number: int) -> None:
        one = self.in_state(number, State.IN_DOUBT)
        assert one
        if one.phase != "replied":
            with pytest.raises(IllegalMove, match="No answer of the partner is kept"):
                self.store.read_again(one.id)
            return
        self.store.read_again(one.id)
        self.model.replay(one)

    @precondition(lambda self: any(self.model.order.values()))
    @rule(number=ANY)
    def skip(self, number: int) -> None:
        heads = [ids[0] for ids in self.model.order.values() if ids]
        heads += [m.id for m in self.model.messages.values() if m.waits]
        one = self.model.messages[heads[number % len(heads)]]
        if one.state in (State.QUEUED, State.IN_FLIGHT) and not one.waits:
            with pytest.raises(IllegalMove, match="holds its key"):
                self.store.skip(one.id, "Skipped.")
        else:
            self.store.skip(one.id, "Skipped.")
            self.model.skip(one)

    @precondition(lambda self: self.in_state(0, *HERE))
    @rule(
        number=ANY,
        key=st.sampled_from([None, None, None, "A", "B", ""]),
        queue=st.sampled_from(["q", "q", "q", "out"]),
        stale_ok=st.booleans(),
        others=OTHERS,
    )
    def replace(self, number: int, key: str | None, queue: str, stale_ok: bool, others: tuple[str, ...]) -> None:
        one = self.in_state(number, *HERE)
        assert one
        key = one.key if key is None else key
        count = len(self.sent) + 1
        name = f"{'m' if queue == 'q' else 'x'}{count:025d}"
        waits_for = other_keys(others) if queue == "q" else ()
        by = Message(name, queue, "r", f"<b n='{count}'/>".encode(), key=key, waits_for=waits_for)
        stale = queue == "q" and key == one.key and self.model.stale(one)
        if one.state is State.IN_FLIGHT or (stale and not stale_ok):
            with pytest.raises(IllegalMove, match="overtaken|was answered" if stale else "under way"):
                self.store.replace(one.id, by)
            return
        if one.phase == "replied" and one.state is not State.IN_DOUBT:
            with pytest.raises(IllegalMove, match="was answered"):
                self.store.replace(one.id, by, stale_ok=stale_ok)
            return
        self.store.replace(one.id, by, stale_ok=stale_ok)
        if queue == "q":
            self.sent.append(by)
            self.accepted += 1
            kept = Kept(by.id, key, by.body, False, State.QUEUED, self.model.now_ms, declared=others)
            self.model.replace(one, kept)
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
