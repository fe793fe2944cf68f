"""The verdict goes red when it should: each promise is broken once, on purpose."""

from pathlib import Path

import pytest

from jmswrap.database import Place
from jmswrap.history.history import History
from jmswrap.message import Message, Settlement
from jmswrap.operate.archiver import Archiver
from jmswrap.states import State
from jmswrap.store.nouns import Hold, Limits
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
    assert judged("K1-1", "K0-1", "K0-2") == Verdict(3, 3, 0, 0, 0, 0, (), (), (), ())


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
    verdict = judged(*NUMBERS)
    assert verdict.inexact == ("DELIVERED: 3 came, 0 went, 3 counted, 2 found",)
    assert verdict.vanished == ("K1-1",)


def test_what_left_for_the_history_is_judged_by_what_it_says_there(store: Store, tmp_path: Path) -> None:
    """A soak with a history once counted the duplicates among its departed messages as unmarked."""
    store = Store(store.client, store.prefix, Limits(retention_ms=0, purges=False))
    store.accept(
        [Message(orders.message_id(n), orders.QUEUE, orders.QUEUE, b"<o/>", source_id=n) for n in NUMBERS],
    )
    for worker in ("dead", "w"):
        for claimed in store.claim(orders.QUEUE, worker, 10).messages:
            store.mark_sending([Hold(claimed.id, claimed.fence)], "redeliver")
            if worker == "w":
                store.settle([Settlement(claimed.id, claimed.fence, State.DELIVERED)])
        store.abandon("dead")
    history = History(Place(tmp_path / "history.sqlite"), store.prefix)
    Archiver(store, history, "archiver").archive()
    assert store.record(orders.message_id("K0-1")) is None
    with Ledger(tmp_path / "ledger") as ledger:
        for at, number in enumerate(("K0-1", "K0-1", "K0-2", "K1-1"), 1):
            key, place = number.split("-")
            ledger.append(Entry(at, 0, "Place", "Place", "", 1, values={"number": number, "key": key, "place": place}))
    verdict = judge(store, NUMBERS, tmp_path / "ledger", history)
    assert (verdict.duplicates, verdict.unmarked, verdict.vanished, verdict.inexact) == (1, 0, (), ())
    # Who does not look there sees neither record nor mark: that was the soak.
    blind = judge(store, NUMBERS, tmp_path / "ledger")
    assert (blind.duplicates, blind.unmarked, blind.vanished) == (1, 0, NUMBERS)
    history.close()
