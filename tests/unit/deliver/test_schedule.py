"""The list of waits: which one is next, how far it is stretched, and when it ends."""

from jmswrap.retry import Schedule


def test_the_waits_come_in_their_order_and_the_last_one_repeats() -> None:
    schedule = Schedule((1, 5, 60), jitter=0)
    assert [schedule.next_wait_ms(made, 0) for made in (1, 2, 3, 4, 9)] == [1_000, 5_000, 60_000, 60_000, 60_000]


def test_a_wait_is_stretched_by_chance_and_never_shortened() -> None:
    schedule = Schedule((10,), jitter=0.1)
    waits = {schedule.next_wait_ms(1, 0) or 0 for _ in range(200)}
    assert len(waits) > 20
    assert 10_000 <= min(waits) <= max(waits) <= 11_000


def test_it_ends_by_count_or_by_age_whichever_comes_first() -> None:
    schedule = Schedule((1,), max_attempts=3, max_age_seconds=10, jitter=0)
    assert schedule.next_wait_ms(2, 8_000) == 1_000
    assert schedule.next_wait_ms(3, 0) is None
    assert schedule.next_wait_ms(1, 9_500) is None


def test_a_partner_that_asks_for_longer_gets_it_and_not_for_shorter() -> None:
    schedule = Schedule((5,), jitter=0)
    assert (schedule.next_wait_ms(1, 0, 30_000), schedule.next_wait_ms(1, 0, 1_000)) == (30_000, 5_000)
