"""What is asked again on another connection, because its answer was lost, is a write of that connection.

``WAIT`` answers for the writes of its own connection only: a call that finds its work done by an earlier
try must write all the same, or ``store.replicas`` would hold for nothing.
"""

from collections.abc import Callable

import pytest
from store_desk import Desk

from jmswrap.message import Message, Settlement
from jmswrap.states import State
from jmswrap.store import calls
from jmswrap.store.calls import Call
from jmswrap.store.nouns import Hold


def accepted(desk: Desk) -> Call:
    return calls.accept(Message("0" * 26, "orders", "orders", b"<a/>"))


def marked(desk: Desk) -> Call:
    return Call("mark_sending", (*_held(desk), "park"))


def kept(desk: Desk) -> Call:
    return Call("mark_replied", (*_held(desk), b"<answer/>"))


def settled(desk: Desk) -> Call:
    return calls.settle(Settlement(*_held(desk), State.DELIVERED))


def _held(desk: Desk) -> tuple[str, int]:
    desk.put("A")
    hold: Hold = desk.take()
    return hold.id, hold.fence


@pytest.mark.parametrize("make", [accepted, marked, kept, settled])
def test_a_call_that_is_asked_again_writes_so_that_wait_covers_what_it_found(
    desk: Desk, make: Callable[[Desk], Call]
) -> None:
    call, runner = make(desk), desk.store._runner
    first = runner.run(call)
    before = desk.store.client.info("persistence")["rdb_changes_since_last_save"]
    assert runner.run(call)[:1] == first[:1] if isinstance(first, list) else runner.run(call) == first
    after = desk.store.client.info("persistence")["rdb_changes_since_last_save"]
    assert after > before
