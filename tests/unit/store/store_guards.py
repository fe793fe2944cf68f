"""What holds deliveries of a store and its model back: the partner's places and its breaker, pauses; and erasure."""

from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import invariant, precondition, rule
from store_kept import LIMITS
from store_partner import GUARD
from store_persons import ANY
from store_upheavals import Upheavals

from jmswrap.message import Settlement
from jmswrap.states import FINAL, HERE, State
from jmswrap.store.nouns import Hold


class Guards(Upheavals):
    """Pause and resume, synchronous calls beside the queue, erasure; and at last everything ends."""

    holds: list[tuple[Hold, str]]

    @rule(what=st.sampled_from(["queue", "partner"]))
    def deliveries_are_paused_or_go_on(self, what: str) -> None:
        words = {what: "q" if what == "queue" else GUARD.partner}
        if what in self.model.held:
            self.store.resume(**words)
            self.model.held.remove(what)
        else:
            self.store.pause(**words)
            self.model.held.add(what)

    @rule(number=st.integers(1, 4), up=st.sampled_from([True, False, None]), over=st.booleans())
    def a_synchronous_call_begins_or_ends(self, number: int, up: bool | None, over: bool) -> None:
        call = f"sync{number}"
        if over:
            self.store.exit(call, GUARD.partner, up)
            self.model.partner.over(call)
            self.model.partner.told(up, self.model.now_ms)
            return
        word, _ = self.store.enter(call, "r", GUARD, LIMITS.lease_ms)
        assert word == self.model.enter(call)

    @precondition(lambda self: self.model.messages)
    @rule(number=ANY)
    def a_message_is_erased(self, number: int) -> None:
        one = list(self.model.messages.values())[number % len(self.model.messages)]
        assert self.store.erase([one.id]) == (one.state in FINAL)
        if one.state in FINAL:
            assert self.store.body(one.id) == b""

    @precondition(lambda self: self.in_state(0, State.IN_FLIGHT))
    @rule(number=ANY)
    def the_process_of_one_message_is_known_dead(self, number: int) -> None:
        one = self.in_state(number, State.IN_FLIGHT)
        assert one
        (worker,) = {owner for hold, owner in self.holds if (hold.id, hold.fence) == (one.id, one.fence)}
        self.store.abandon(worker, one.id)
        self.model.abandon({one.id})

    @invariant()
    def the_partners_places_are_those_of_its_calls(self) -> None:
        found: Any = self.client.zrange(self.name("slot:p"), 0, -1, withscores=True)
        real_ms = self.store.now_ms()
        live = {name.decode() for name, until in found if until > real_ms}
        assert live == self.model.under_way()
        flying = {m.id for m in self.model.messages.values() if m.state is State.IN_FLIGHT and m.guarded}
        assert {name.decode() for name, _ in found} - {*self.model.partner.calls} <= flying
        failures: Any = self.client.hget(self.name("brk:p"), "failures")
        assert int(failures or 0) == self.model.partner.failures

    def unsettled(self) -> list[str]:
        return [one.message.id for one in self.store.messages("q", limit=1_000) if one.state in HERE]

    def teardown(self) -> None:
        """Once nothing is held back any more, all messages come to their end, and leave nothing behind."""
        for route in self.model.paused:
            self.store.resume(route=route)
        self.store.resume(queue="q")
        rounds = 0
        while rounds < 4 or (self.unsettled() and rounds < 100):
            rounds += 1
            self.client.incrby(self.name("clock"), 2 * LIMITS.lease_ms)
            self.store.sweep()
            for one in self.store.messages("q", State.IN_DOUBT, 1_000):
                self.store.resolve(one.message.id, State.DELIVERED)
            for one in self.store.messages("q", State.DEAD, 1_000):
                self.store.bury(one.message.id)
            claimed = self.store.claim("q", "last", 100).messages
            self.store.settle([Settlement(one.id, one.fence, State.DELIVERED) for one in claimed])
        assert self.unsettled() == []
        self.client.incrby(self.name("clock"), 2 * LIMITS.retention_ms)
        self.store.sweep()
        for key in (
            "k:q:*",
            "wait:*",
            "waits:*",
            "due:*",
            "doubt:*",
            "dead:*",
            "probe:*",
            "dk:*",
            "dl:*",
            "lease",
            "m:m*",
        ):
            assert list(self.client.scan_iter(self.name(key), count=1_000)) == [], key
        super().teardown()
