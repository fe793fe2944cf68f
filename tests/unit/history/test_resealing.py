"""What the history keeps is put under another key, in a file and in PostgreSQL."""

from collections import Counter
from collections.abc import Callable

from jmswrap.history.history import History
from jmswrap.history.nouns import Kept
from jmswrap.message import Attempt
from jmswrap.sealing import Keyring

Make = Callable[..., Kept]
K1, K2 = ("k1", b"1" * 32), ("k2", b"2" * 32)
BODY, REPLY = b"<name>Ann Customer</name>", "<fault>Ann Customer</fault>"


def failed(count: int) -> Attempt:
    return Attempt(1, 2_000 + count, 5, "w1", "crm", "FAULT_SERVER", "It failed.", 500, reply=REPLY)


def under(history: History, *keys: tuple[str, bytes]) -> History:
    return History(history.place, "test", Keyring(keys))


def test_every_page_of_a_history_is_put_under_the_key_that_seals_now(history: History, make: Make) -> None:
    names = [f"m{number:04d}" for number in range(620)]
    kept = [make(name, body=BODY, attempts=(failed(at),)) for at, name in enumerate(names)]
    kept.append(make("empty", body=None, attempts=()))
    old, both, new = under(history, K1), under(history, K2, K1), under(history, K2)
    assert old.keep(kept) == {}
    assert old.census() == Counter({"k1": 620})
    steps = list(both.reseal())
    assert (sum(step.looked_at for step in steps), sum(step.resealed for step in steps)) == (621, 620)
    assert both.census() == Counter({"k2": 620})
    for name in (names[0], names[-1]):
        found = new.message(name, with_body=True)
        assert found is not None
        assert (found.body, found.attempts[0].reply) == (BODY, REPLY)
    assert [step.resealed for step in new.reseal()] == [0] * len(steps)
    for opened in (old, both, new):
        opened.close()


def test_what_is_under_a_key_that_is_not_here_is_counted_and_left_as_it_is(history: History, make: Make) -> None:
    old, new = under(history, K1), under(history, K2)
    assert old.keep([make("m1", body=BODY, attempts=(failed(1),)), make("m2", body=None, attempts=())]) == {}
    (step,) = new.reseal()
    assert (step.resealed, dict(step.closed)) == (0, {"k1": 1})
    found = old.message("m1", with_body=True)
    assert found is not None
    assert found.body == BODY
    for opened in (old, new):
        opened.close()
