"""The verdict goes red when it should: each promise is broken once, on purpose."""

from pathlib import Path

import pytest

from jmswrap.message import Message, Settlement
from jmswrap.states import State
from jmswrap.store.nouns import Hold
from jmswrap.store.store import Store
from jmswrap.testing.ledger import Entry, Ledger
from tests.crash import orders
from tests.crash.verdict import Verdict, judge

NUMBERS = ("K0-1", "K0-2", "K1-1")


def deliver(store: Store) -> None:
    """Take every order through the store, each sent once."""
    store.accept(
        [Message(orders.message_id(n), orders.QUEUE, orders.QUEUE, b"<o/>", source_id=n) for n in NUMBERS],
    )
    for claimed in store.claim(orders.QUEUE, "w", 10).messages:
        store.mark_sending([Hold(claimed.id, claimed.fence)], "park")
        store.settle([Settlement(claimed.id, claimed.fence, State.DELIVERED)])


@pytest.fixture
def judged(store: Store, tmp_path: Path):
    deliver(store)

    def judged(*applied: str, acknowledged: tuple[str, ...] = NUMBERS) -> Verdict:
        file = tmp_path / "ledger"
        with Ledger(file) as ledger:
            for at, number in enumerate(applied, 1):
                key, place = number.split("-")
                values = {"number": number, "key": key, "place": place}
                ledger.append(Entry(at, 0, "Place", "Place", "", 1, values=values))
        return judge(store, acknowledged, file)

    return judged


def test_all_is_well_when_every_order_was_applied_once_and_in_order(judged):
    assert judged("K1-1", "K0-1", "K0-2") == Verdict(3, 3, 0, 0, 0, 0, (), (), ())


def test_an_acknowledged_order_that_is_nowhere_is_lost(judged):
    assert judged("K0-1", "K1-1").lost == ("K0-2",)


def test_orders_of_a_key_that_overtook_each_other_are_seen(judged):
    assert judged("K0-2", "K0-1", "K1-1").disordered == ("K0",)


def test_a_duplicate_that_was_sent_once_only_by_its_record_is_unmarked(judged):
    verdict = judged("K0-1", "K0-1", "K0-2", "K1-1")
    assert (verdict.duplicates, verdict.unmarked) == (1, 1)


def test_more_accepted_than_acknowledged_is_inexact(judged):
    assert judged(*NUMBERS, acknowledged=NUMBERS[:2]).inexact == ("3 accepted, 2 acknowledged",)


def test_a_record_that_vanished_is_inexact(judged, store):
    store.client.delete(f"{store.prefix}:m:{orders.message_id('K1-1')}")
    assert judged(*NUMBERS).inexact == ("DELIVERED: 3 came, 0 went, 3 counted, 2 found",)
