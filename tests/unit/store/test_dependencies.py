"""Messages that wait for keys of other queues: who goes when, what lets them go, and no circle."""

import pytest
from store_desk import Desk

from jmswrap.clock import new_id
from jmswrap.errors import IllegalMove
from jmswrap.message import Claimed, Message, OtherKey, Settlement
from jmswrap.states import State
from jmswrap.store.nouns import Hold, Settled

PERSON = (OtherKey("person", "7"),)


def take(desk: Desk, queue: str) -> list[Claimed]:
    return desk.store.claim(queue, "w1", 10).messages


def settle(desk: Desk, queue: str, state: State, **fields: object) -> Settled:
    """Claim the one message that is ready on a queue and settle it."""
    (one,) = take(desk, queue)
    return desk.store.settle([Settlement(one.id, one.fence, state, **fields)])[0]  # type: ignore[arg-type]


def ready(desk: Desk, queue: str) -> list[str]:
    """Claim what is ready on a queue and hand it back."""
    found = take(desk, queue)
    desk.store.settle([Settlement(one.id, one.fence, State.QUEUED) for one in found])
    return [one.id for one in found]


def waits(desk: Desk, message_id: str) -> tuple[OtherKey, ...]:
    record = desk.store.record(message_id)
    assert record
    return record.waits_for


def leftovers(desk: Desk) -> list[bytes]:
    """Return the keys in which waiting messages are remembered."""
    return [key for key in desk.store.client.scan_iter(f"{desk.store.prefix}:*") if key.split(b":")[1][:4] == b"wait"]


@pytest.mark.parametrize("key", ["U", ""])
def test_a_message_waits_until_the_other_key_is_delivered(desk: Desk, key: str) -> None:
    first, second = desk.put("7", "person"), desk.put("7", "person")
    usage = desk.put(key, "usage", waits_for=PERSON)
    assert waits(desk, usage) == PERSON
    assert ready(desk, "usage") == []
    assert settle(desk, "person", State.DELIVERED).done
    assert ready(desk, "usage") == []
    assert "usage" in settle(desk, "person", State.DELIVERED).wake
    assert ready(desk, "usage") == [usage]
    assert waits(desk, usage) == ()
    assert leftovers(desk) == []
    assert (desk.state(first), desk.state(second)) == (State.DELIVERED, State.DELIVERED)


def test_what_comes_later_in_the_other_key_does_not_count(desk: Desk) -> None:
    usage = desk.put("U", "usage", waits_for=PERSON)
    desk.put("7", "person")
    assert ready(desk, "usage") == [usage]
    late = desk.put("V", "usage", waits_for=PERSON)
    desk.put("7", "person")
    settle(desk, "person", State.DELIVERED)
    assert late in ready(desk, "usage")


def test_other_keys_hold_nobody(desk: Desk) -> None:
    desk.put("8", "person")
    desk.put("7", "elsewhere")
    usage = desk.put("U", "usage", waits_for=PERSON)
    assert ready(desk, "usage") == [usage]


def test_a_waiting_message_holds_its_own_key_and_no_other(desk: Desk) -> None:
    desk.put("7", "person")
    first = desk.put("U", "usage", waits_for=PERSON)
    second, other = desk.put("U", "usage"), desk.put("V", "usage", priority=0)
    assert ready(desk, "usage") == [other]
    settle(desk, "person", State.DELIVERED)
    found = take(desk, "usage")
    assert {one.id for one in found} == {first, other}
    desk.store.settle([Settlement(one.id, one.fence, State.DELIVERED) for one in found])
    assert ready(desk, "usage") == [second]


def test_a_message_waits_for_every_key_it_names(desk: Desk) -> None:
    desk.put("7", "person")
    desk.put("P", "point")
    usage = desk.put("U", "usage", waits_for=(*PERSON, OtherKey("point", "P"), OtherKey("meter", "M")))
    assert waits(desk, usage) == (*PERSON, OtherKey("point", "P"))
    settle(desk, "person", State.DELIVERED)
    assert waits(desk, usage) == (OtherKey("point", "P"),)
    assert ready(desk, "usage") == []
    settle(desk, "point", State.DELIVERED)
    assert ready(desk, "usage") == [usage]


def test_two_routes_may_wait_for_each_other(desk: Desk) -> None:
    """Each waits for what came before it only, so the first goes, then the next, and so on."""
    order = []
    for number in range(6):
        queue, other = ("a", "b") if number % 2 else ("b", "a")
        order.append(desk.put("K", queue, waits_for=(OtherKey(other, "K"),)))
    delivered = []
    for _ in order:
        found = [(queue, one) for queue in ("a", "b") for one in take(desk, queue)]
        ((_, one),) = found
        delivered.append(one.id)
        desk.store.settle([Settlement(one.id, one.fence, State.DELIVERED)])
    assert delivered == order
    assert leftovers(desk) == []


def test_a_dead_message_that_holds_its_key_keeps_others_waiting_until_a_person_decides(desk: Desk) -> None:
    person = desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    settle(desk, "person", State.DEAD, on_dead="hold")
    assert ready(desk, "usage") == []
    desk.store.replay(person)
    assert ready(desk, "usage") == []
    settle(desk, "person", State.DEAD, on_dead="hold")
    assert "usage" in desk.store.bury(person)
    assert ready(desk, "usage") == [usage]


def test_what_lets_its_own_key_go_lets_others_go(desk: Desk) -> None:
    desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    assert "usage" in settle(desk, "person", State.DEAD, on_dead="release").wake
    assert ready(desk, "usage") == [usage]


def test_a_skipped_message_lets_others_go(desk: Desk) -> None:
    person = desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    settle(desk, "person", State.WAITING, wait_ms=60_000)
    assert ready(desk, "usage") == []
    desk.store.skip(person, "It is known elsewhere.")
    assert ready(desk, "usage") == [usage]


def test_a_message_in_doubt_keeps_others_waiting_until_the_partner_is_asked(desk: Desk) -> None:
    desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    settle(desk, "person", State.IN_DOUBT, wait_ms=1)
    desk.pass_ms(10)
    (asked,) = desk.store.doubtful("person", 10)
    assert ready(desk, "usage") == []
    assert "usage" in desk.store.found(Settlement(asked.id, asked.fence, State.DELIVERED, reason="It is there.")).wake
    assert ready(desk, "usage") == [usage]


@pytest.mark.parametrize("middle", [True, False])
def test_cancelled_messages_are_waited_for_no_more_but_those_before_them_are(desk: Desk, middle: bool) -> None:
    first, second = desk.put("7", "person"), desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    desk.store.cancel(second if middle else first)
    assert ready(desk, "usage") == []
    woken = desk.store.cancel(first if middle else second)
    assert "usage" in woken
    assert ready(desk, "usage") == [usage]


def test_expired_messages_are_waited_for_no_more(desk: Desk) -> None:
    desk.put("7", "person", time_to_live_ms=1_000)
    usage = desk.put("U", "usage", waits_for=PERSON)
    desk.pass_ms(2_000)
    assert "usage" in desk.store.sweep().wake
    assert ready(desk, "usage") == [usage]


def test_what_a_claim_finds_expired_is_waited_for_no_more(desk: Desk) -> None:
    desk.put("7", "person", time_to_live_ms=1_000)
    usage = desk.put("U", "usage", waits_for=PERSON)
    desk.pass_ms(2_000)
    assert take(desk, "person") == []
    assert ready(desk, "usage") == [usage]


@pytest.mark.parametrize("key", ["U", ""])
def test_a_waiting_message_may_expire_and_the_next_of_its_key_goes_on(desk: Desk, key: str) -> None:
    desk.put("7", "person")
    usage = desk.put(key, "usage", waits_for=PERSON, time_to_live_ms=1_000)
    after = desk.put(key, "usage")
    desk.pass_ms(2_000)
    desk.store.sweep()
    assert desk.state(usage) is State.EXPIRED
    assert ready(desk, "usage") == [after]
    assert leftovers(desk) == []


def test_a_cancelled_waiting_message_frees_its_key_and_leaves_nothing_behind(desk: Desk) -> None:
    desk.put("7", "person")
    usage, after = desk.put("U", "usage", waits_for=PERSON), desk.put("U", "usage")
    assert "usage" in desk.store.cancel(usage)
    assert ready(desk, "usage") == [after]
    assert leftovers(desk) == []
    settle(desk, "person", State.DELIVERED)
    assert desk.state(usage) is State.CANCELLED


def test_a_person_may_send_a_waiting_message_on(desk: Desk) -> None:
    desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    behind = desk.put("U", "usage", waits_for=PERSON)
    assert desk.store.skip(usage, "Sent on.") == ("usage",)
    assert ready(desk, "usage") == [usage]
    desk.store.skip(behind, "Sent on.")
    assert ready(desk, "usage") == [usage]
    with pytest.raises(IllegalMove, match="QUEUED: only a message that holds its key"):
        desk.store.skip(behind, "Sent on.")
    assert leftovers(desk) == []


def test_the_look_is_taken_when_a_scheduled_message_is_due(desk: Desk) -> None:
    desk.put("7", "person")
    early = desk.put("U", "usage", waits_for=PERSON, delay_ms=1_000)
    late = desk.put("V", "usage", waits_for=PERSON, delay_ms=5_000)
    assert waits(desk, early) == ()
    desk.pass_ms(2_000)
    desk.store.sweep()
    assert waits(desk, early) == PERSON
    settle(desk, "person", State.DELIVERED)
    desk.pass_ms(5_000)
    desk.store.sweep()
    assert set(ready(desk, "usage")) == {early, late}


def test_outputs_of_a_settlement_wait_as_well(desk: Desk) -> None:
    desk.put("7", "person")
    desk.put("U", "door")
    output = Message(new_id(), "usage", "usage", b"<a/>", key="U", waits_for=PERSON)
    settle(desk, "door", State.DELIVERED, outputs=(output,))
    assert ready(desk, "usage") == []
    settle(desk, "person", State.DELIVERED)
    assert ready(desk, "usage") == [output.id]


def test_a_replacement_is_waited_for_in_the_place_of_what_it_replaced(desk: Desk) -> None:
    person = desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    settle(desk, "person", State.DEAD, on_dead="hold")
    edited = Message(new_id(), "person", "r", b"<b/>", key="7")
    desk.store.replace(person, edited)
    assert ready(desk, "usage") == []
    assert ready(desk, "person") == [edited.id]
    settle(desk, "person", State.DELIVERED)
    assert ready(desk, "usage") == [usage]


def test_what_is_moved_to_another_queue_is_waited_for_no_more(desk: Desk) -> None:
    person = desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    woken = desk.store.replace(person, Message(new_id(), "other", "r", b"<b/>", key="7"))
    assert set(woken) >= {"other", "usage"}
    assert ready(desk, "usage") == [usage]


def test_the_replacement_of_a_waiting_message_looks_anew_from_the_same_place(desk: Desk) -> None:
    desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    desk.put("8", "person")
    again = Message(new_id(), "usage", "r", b"<b/>", key="U", waits_for=PERSON)
    desk.store.replace(usage, again)
    assert waits(desk, again.id) == PERSON
    # Of person 8 only a later message is there.
    other = Message(new_id(), "usage", "r", b"<c/>", key="U", waits_for=(OtherKey("person", "8"),))
    desk.store.replace(again.id, other)
    assert ready(desk, "usage") == [other.id]


def test_a_message_moved_behind_its_own_key_does_not_wait_for_what_it_replaced(desk: Desk) -> None:
    person = desk.put("7", "person")
    moved = Message(new_id(), "usage", "r", b"<b/>", key="U", waits_for=PERSON)
    desk.store.replace(person, moved)
    assert ready(desk, "usage") == [moved.id]


def test_a_replayed_message_goes_before_one_that_waits(desk: Desk) -> None:
    early = desk.put("U", "usage")
    settle(desk, "usage", State.DEAD, on_dead="release")
    desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    desk.store.replay(early)
    assert ready(desk, "usage") == [early]
    settle(desk, "person", State.DELIVERED)
    assert ready(desk, "usage") == [early]
    settle(desk, "usage", State.DELIVERED)
    assert ready(desk, "usage") == [usage]


def test_a_paused_route_keeps_its_place_when_what_it_waited_for_is_gone(desk: Desk) -> None:
    desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON, route="paused")
    desk.store.pause(route="paused")
    settle(desk, "person", State.DELIVERED)
    assert ready(desk, "usage") == []
    desk.store.resume(route="paused")
    assert ready(desk, "usage") == [usage]


def test_a_success_of_a_worker_that_lost_its_lease_lets_others_go(desk: Desk) -> None:
    person = desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    (held,) = take(desk, "person")
    desk.lapse()
    assert desk.state(person) is State.QUEUED
    desk.store.settle([Settlement(held.id, held.fence, State.DELIVERED)])
    assert ready(desk, "usage") == [usage]


def test_thousands_that_wait_for_one_key_are_let_go_in_portions(desk: Desk) -> None:
    """One settlement must not hold up the server; the sweep does what it left."""
    store = desk.store
    desk.put("7", "person")
    many = 3_000
    for _ in range(many // 500):
        store.accept([Message(new_id(), "usage", "r", b"<a/>", waits_for=PERSON) for _ in range(500)])
    (one,) = take(desk, "person")
    store.settle([Settlement(one.id, one.fence, State.DELIVERED)])
    assert many - 500 < store.client.zcard(f"{store.prefix}:waits:usage") < many, "one script freed too many"
    for _ in range(2 * many // 500):
        if not store.sweep().more:
            break
    assert len(store.claim("usage", "w1", 5_000).messages) == many
    assert leftovers(desk) == []
    assert not store.client.exists(f"{store.prefix}:free")


def test_more_ended_messages_than_one_script_passes_over_delay_nobody_for_ever(desk: Desk) -> None:
    store = desk.store
    store.pause(queue="person")
    messages = [Message(new_id(), "person", "r", b"<a/>", key="7", time_to_live_ms=1_000) for _ in range(2_200)]
    for start in range(0, len(messages), 550):
        store.accept(messages[start : start + 550])
    early = desk.put("U", "usage", waits_for=PERSON)
    desk.pass_ms(2_000)
    while store.sweep().more:
        pass
    late = desk.put("V", "usage", waits_for=PERSON)
    while store.sweep().more:
        pass
    assert set(ready(desk, "usage")) == {early, late}


def test_a_hold_that_was_freed_is_free_for_ever(desk: Desk) -> None:
    """What was claimed once never waits again, so nothing that is under way can stand in a circle."""
    desk.put("7", "person")
    usage = desk.put("U", "usage", waits_for=PERSON)
    settle(desk, "person", State.DELIVERED)
    desk.put("7", "person")
    (one,) = take(desk, "usage")
    desk.store.settle([Settlement(one.id, one.fence, State.WAITING, wait_ms=1_000)])
    desk.pass_ms(2_000)
    assert ready(desk, "usage") == [usage]
    assert desk.store.mark_sending([Hold(one.id, one.fence)], "park") == [False]
