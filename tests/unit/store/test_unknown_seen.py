"""Counts of elements that contracts do not have: bounded, whatever partners send."""

from lxml import etree

from jmswrap.partner.watch import MOST_NAMES as MOST_IN_A_WATCH
from jmswrap.partner.watch import Watch
from jmswrap.store.store import Store
from jmswrap.store.unknown import MOST_NAMES, Unknown, UnknownSeen


def test_one_reply_full_of_names_does_not_fill_the_store(store: Store) -> None:
    counts = UnknownSeen(store.client, store.prefix)
    counts.add("shop", {("Place", f"new{number}"): 1 for number in range(MOST_NAMES + 500)})
    assert len(counts.all()) == MOST_NAMES


def test_a_known_name_is_counted_on_when_there_is_room_for_no_other(store: Store) -> None:
    counts = UnknownSeen(store.client, store.prefix)
    counts.add("shop", {("Place", f"new{number}"): 1 for number in range(MOST_NAMES)})
    counts.add("shop", {("Place", "another"): 1, ("Place", "new7"): 2})
    assert len(counts.all()) == MOST_NAMES
    assert Unknown("shop", "Place", "new7", 3) in counts.all()


def test_a_watch_keeps_a_few_names_and_no_long_ones_until_they_are_taken() -> None:
    watch = Watch(lambda root: tuple(f"{{{'u' * 5000}}}{root.get('n')}-{number}" for number in range(1000)))
    for number in range(3):
        watch.look("Place", etree.tostring(etree.Element("r", n=str(number))))
    taken = watch.taken()
    assert len(taken) == MOST_IN_A_WATCH
    assert max(len(name) for _, name in taken) <= 300
    assert watch.taken() == {}
