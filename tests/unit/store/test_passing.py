"""Calls that no message stands for take their places at a partner like the workers' calls."""

from store_desk import Desk

from jmswrap.store.nouns import Guard

GUARD = Guard("mdm", breaker_failures=2, breaker_ms=5_000)
KEEP_MS = 60_000


def enters(desk: Desk, *calls: str) -> list[str]:
    return [desk.store.enter(call, "r", GUARD, KEEP_MS)[0] for call in calls]


def broken(desk: Desk) -> None:
    """Open the breaker, and let its time pass."""
    for call in ("f1", "f2"):
        assert enters(desk, call) == ["IN"]
        desk.store.exit(call, "mdm", partner_up=False)
    assert enters(desk, "early") == ["BROKEN"]
    desk.pass_ms(GUARD.breaker_ms + 1)


def test_one_call_at_a_time_tries_an_open_breaker(desk: Desk) -> None:
    broken(desk)
    assert enters(desk, "a", "b", "c") == ["IN", "BROKEN", "BROKEN"]
    desk.store.exit("a", "mdm", partner_up=False)
    assert enters(desk, "d") == ["BROKEN"], "the breaker is open again"
    desk.pass_ms(GUARD.breaker_ms + 1)
    assert enters(desk, "e") == ["IN"]
    desk.store.exit("e", "mdm", partner_up=True)
    assert enters(desk, "f", "g", "h") == ["IN", "IN", "IN"]


def test_a_try_that_said_nothing_of_the_partner_lets_the_next_one_in(desk: Desk) -> None:
    broken(desk)
    assert enters(desk, "a") == ["IN"]
    desk.store.exit("a", "mdm", partner_up=None)
    assert enters(desk, "b") == ["IN"]


def test_workers_and_waiting_callers_share_the_one_try(desk: Desk) -> None:
    for number in range(3):
        desk.put(f"k{number}")
    broken(desk)
    assert enters(desk, "a") == ["IN"]
    assert desk.claim(guard=GUARD) == []
    desk.store.exit("a", "mdm", partner_up=None)
    assert len(desk.claim(guard=GUARD)) == 1
    assert enters(desk, "b") == ["BROKEN"]


def test_a_process_that_died_trying_does_not_keep_the_others_out(desk: Desk) -> None:
    broken(desk)
    assert enters(desk, "a", "b") == ["IN", "BROKEN"]
    desk.pass_ms(desk.store.limits.lease_ms + 1)
    assert enters(desk, "c") == ["IN"]
