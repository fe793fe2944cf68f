"""Moving many messages: by a filter, in their order, at a rate, and stopped half way."""

import time

from jmswrap.clock import derived_id, new_id
from jmswrap.message import Claimed, Message, Receipt, Settlement
from jmswrap.operate.many import Choice, Moved, chosen, move_each
from jmswrap.states import State
from jmswrap.store.copies import Copies, Verdict
from jmswrap.store.nouns import Guard
from jmswrap.store.store import Store


def put(store: Store, queue: str = "q", route: str = "r", key: str = "") -> str:
    message = Message(new_id(), queue, route, b"<a/>", key=key)
    (receipt,) = store.accept([message])
    assert isinstance(receipt, Receipt)
    return message.id


def kill(store: Store, reason: str, queue: str = "q", on_dead: str = "release") -> None:
    """Let every message of a queue that can be claimed die."""
    claimed: list[Claimed] = store.claim(queue, "w", 100, Guard()).messages
    store.settle([Settlement(c.id, c.fence, State.DEAD, reason=reason, on_dead=on_dead) for c in claimed])


def state(store: Store, message_id: str) -> State:
    record = store.record(message_id)
    assert record is not None
    return record.state


def test_a_choice_takes_what_fits_every_word_of_it(store: Store) -> None:
    wanted = put(store, route="a", key="k1")
    others = [put(store, route="b", key="k2"), put(store, route="a", key="k3")]
    kill(store, "the partner has no such customer")
    elsewhere = put(store, queue="p", route="a", key="k1")
    kill(store, "the partner has no such customer", queue="p")
    choice = Choice(State.DEAD, queue="q", route="a", key="k1", reason_has="no such customer")
    assert [record.message.id for record in chosen(store, choice)] == [wanted]
    assert {r.message.id for r in chosen(store, Choice(State.DEAD))} == {wanted, elsewhere, *others}
    assert chosen(store, Choice(State.DEAD, reason_has="time-out")) == []
    assert chosen(store, Choice(State.DEAD, at_least_ms_old=3_600_000)) == []


def test_a_choice_is_bounded_to_those_that_wait_longest(store: Store) -> None:
    for _ in range(3):
        put(store)
    kill(store, "refused")
    waiting = [put(store) for _ in range(3)]
    choice = Choice(State.QUEUED, "q")
    assert [record.message.id for record in chosen(store, choice)] == waiting
    assert [record.message.id for record in chosen(store, choice, most=2)] == waiting[:2]


def test_messages_of_a_key_go_again_in_the_order_they_came(store: Store) -> None:
    ids = [put(store, key="k") for _ in range(3)]
    for _ in ids:
        kill(store, "refused")
    moved = move_each(chosen(store, Choice(State.DEAD)), store.replay)
    assert moved == Moved(done=3)
    delivered = []
    for _ in ids:
        (claimed,) = store.claim("q", "w", 10, Guard()).messages
        delivered.append(claimed.id)
        store.settle([Settlement(claimed.id, claimed.fence, State.DELIVERED)])
    assert delivered == ids


def test_messages_of_a_batch_go_in_the_order_of_their_key(store: Store) -> None:
    messages = [Message(derived_id("r", str(n)), "q", "r", b"<a/>", key="k") for n in range(12)]
    receipts = store.accept(messages)
    verdicts = [Verdict(one.message_id, one.accepted_ms, "doubt") for one in receipts if isinstance(one, Receipt)]
    Copies(store.client, store.prefix).decide(verdicts, "Restored.")
    found = chosen(store, Choice(State.IN_DOUBT))
    assert [record.message.id for record in found] == [message.id for message in messages]


def test_one_that_cannot_be_moved_is_told_and_the_others_move(store: Store) -> None:
    ids = [put(store) for _ in range(3)]
    kill(store, "refused")
    records = chosen(store, Choice(State.DEAD))
    store.bury(ids[1])
    moved = move_each(records, store.replay)
    assert (moved.done, moved.left) == (2, 0)
    assert moved.refused == [f"Message {ids[1]} is CANCELLED: only a DEAD message is replayed."]
    assert [state(store, one) for one in ids] == [State.QUEUED, State.CANCELLED, State.QUEUED]


def test_a_stop_leaves_the_rest_as_they_were(store: Store) -> None:
    ids = [put(store) for _ in range(4)]
    kill(store, "refused")
    heard: list[int] = []
    moved = move_each(
        chosen(store, Choice(State.DEAD)),
        store.replay,
        stopping=lambda: len(heard) == 2,
        told=lambda so_far: heard.append(so_far.done),
    )
    assert (moved.done, moved.left) == (2, 2)
    assert [state(store, one) for one in ids].count(State.DEAD) == 2


def test_a_rate_is_kept(store: Store) -> None:
    for _ in range(5):
        put(store)
    kill(store, "refused")
    began = time.monotonic()
    move_each(chosen(store, Choice(State.DEAD)), store.replay, rate_per_second=20)
    assert time.monotonic() - began >= 4 / 20
