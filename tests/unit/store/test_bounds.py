"""What one script does at once is bounded, however many messages there are."""

import random

from store_desk import Desk

from jmswrap.message import Message
from jmswrap.states import State


def test_a_sweep_promotes_no_more_than_its_limit_over_all_queues(desk: Desk) -> None:
    for number in range(3):
        desk.store.accept([Message(f"m{number}{at}", f"q{number}", "", b"<a/>", delay_ms=1_000) for at in range(5)])
    desk.pass_ms(2_000)
    sweeps = [desk.store.sweep(limit=4) for _ in range(4)]
    assert [(one.promoted, one.more) for one in sweeps] == [(4, True), (4, True), (4, True), (3, False)]


def test_messages_replayed_in_any_order_take_their_places(desk: Desk) -> None:
    dead = [desk.put("A") for _ in range(12)]
    for _ in dead:
        desk.settle(desk.take(), State.DEAD, on_dead="release")
    later = [desk.put("A") for _ in range(3)]
    for name in random.Random(4).sample(dead, len(dead)):
        desk.store.replay(name)
    found = []
    for _ in (*dead, *later):
        hold = desk.take()
        found.append(hold.id)
        desk.settle(hold, State.DELIVERED)
    assert found == [*dead, *later]
