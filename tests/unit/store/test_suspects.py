"""Messages that their workers did not survive: counted, claimed alone, cleared."""

from store_desk import Desk

from jmswrap.states import State
from jmswrap.store.nouns import Hold


def kills(desk: Desk, message_id: str) -> int:
    record = desk.store.record(message_id)
    assert record
    return record.kills


def die(desk: Desk, times: int) -> None:
    """Claim all that may be claimed together, and die over it."""
    for _ in range(times):
        assert desk.claim(worker="w1")
        desk.store.abandon("w1")


def test_a_message_that_two_workers_did_not_survive_is_claimed_alone(desk: Desk) -> None:
    first, second = desk.put("A"), desk.put("B")
    die(desk, 2)
    third = desk.put("C")
    assert [one.id for one in desk.claim()] == [second]
    assert [one.id for one in desk.claim()] == [first]
    assert [one.id for one in desk.claim()] == [third]


def test_a_suspect_behind_others_does_not_come_with_them(desk: Desk) -> None:
    suspect = desk.put("A")
    die(desk, 2)
    desk.settle(desk.take(), State.QUEUED)
    ahead = desk.put(priority=9)
    assert [one.id for one in desk.claim()] == [ahead]
    assert [one.id for one in desk.claim()] == [suspect]


def test_a_worker_that_has_a_suspect_gets_the_others_only(desk: Desk) -> None:
    desk.put("A")
    die(desk, 2)
    innocent = desk.put("B")
    claim = desk.store.claim("q", "w1", 10, suspects=False)
    assert [one.id for one in claim.messages] == [innocent]
    claim = desk.store.claim("q", "w1", 10, suspects=False)
    assert (claim.messages, claim.backlog, claim.wait_ms) == ([], 1, 50)


def test_an_innocent_message_is_cleared_by_the_first_worker_that_survives_it(desk: Desk) -> None:
    name = desk.put("A")
    die(desk, 2)
    hold = desk.take()
    assert kills(desk, name) == 2
    desk.settle(hold, State.WAITING, wait_ms=1_000)
    assert kills(desk, name) == 0


def test_a_message_that_was_not_tried_stays_suspected(desk: Desk) -> None:
    name = desk.put("A")
    die(desk, 2)
    desk.settle(desk.take(), State.QUEUED)
    assert kills(desk, name) == 2


def test_the_process_of_one_message_dies_without_its_workers_other_messages(desk: Desk) -> None:
    suspect = desk.put("A")
    die(desk, 2)
    desk.claim(worker="w1")
    other = desk.put("B")
    desk.claim(worker="w1")
    desk.store.abandon("w1", suspect)
    assert (kills(desk, suspect), desk.state(suspect)) == (3, State.QUEUED)
    assert (kills(desk, other), desk.state(other)) == (0, State.IN_FLIGHT)


def test_a_killer_that_is_replayed_is_tried_alone(desk: Desk) -> None:
    name = desk.put("A")
    die(desk, 3)
    (one,) = desk.claim()
    desk.settle(Hold(one.id, one.fence), State.DEAD)
    assert kills(desk, name) == 3
    desk.store.replay(name)
    assert kills(desk, name) == 2
