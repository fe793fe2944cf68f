"""A drain meets bodies that it cannot open: they wait, are in doubt or dead, and say why; others go on."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rogue import CONFIRMED, answer, rogue

from jmswrap import clock
from jmswrap.deliver.crew import Crew
from jmswrap.deliver.delivery import Call, Delivery, QueuePlan
from jmswrap.deliver.drain import Drain
from jmswrap.deliver.pace import Pace
from jmswrap.message import Message
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.transport import Limits
from jmswrap.retry import Schedule
from jmswrap.sealing import Keyring
from jmswrap.states import State
from jmswrap.store import keys
from jmswrap.store.nouns import Guard, Hold
from jmswrap.store.store import Store

WSDL = Path(__file__).parents[2] / "data/partner/orders.wsdl"
OLD, NEW = Keyring([("k1", b"1" * 32)]), Keyring([("k2", b"2" * 32)])
BOTH = Keyring([("k2", b"2" * 32), ("k1", b"1" * 32)])


class Silent:
    """Nobody needs to be rung for: drains are begun by hand."""

    def ring(self, queue: str) -> None:
        del queue


@pytest.fixture
def crew() -> Iterator[Crew]:
    made = Crew(2)
    yield made
    made.close()


def put(store: Store, ring: Keyring) -> str:
    body = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>1</quantity></Place>'
    message = Message(clock.new_id(), "orders", "place", body)
    Store(store.client, store.prefix, ring=ring).accept([message])
    return message.id


def drained(store: Store, ring: Keyring, crew: Crew, address: str) -> None:
    partner = PartnerClient("shop", WSDL, address=address, limits=Limits(read_seconds=30, total_seconds=30))
    one = Delivery("place", Call(partner, "Place"), Schedule((0.05,), jitter=0))
    here = Store(store.client, store.prefix, ring=ring)
    with closing(partner):
        Drain(
            here, Silent(), crew, QueuePlan("orders", {"place": one}, Guard("shop")), "w", Pace(linger_seconds=0)
        ).run()


def test_a_message_whose_key_is_away_waits_and_goes_on_when_it_is_back(store: Store, crew: Crew) -> None:
    closed, opened = put(store, OLD), put(store, NEW)
    with rogue(answer("200 OK", CONFIRMED)) as seen:
        drained(store, NEW, crew, seen.address)
        found = {name: store.record(name) for name in (closed, opened)}
        assert [one.state for one in found.values() if one] == [State.WAITING, State.DELIVERED]
        assert "key k1, which is not here" in found[closed].reason  # type: ignore[union-attr]
        assert found[closed].attempts == 0  # type: ignore[union-attr]
        store.client.incrby(f"{store.prefix}:clock", 31_000)
        drained(store, BOTH, crew, seen.address)
        assert store.record(closed).state is State.DELIVERED  # type: ignore[union-attr]
        assert len(seen.requests) == 2


def test_a_body_that_was_changed_is_dead_and_never_sent(store: Store, crew: Crew) -> None:
    changed = put(store, OLD)
    place = keys.body(store.prefix, changed)
    store.client.setrange(place, store.client.strlen(place) - 1, b"\x00")
    store.client.setrange(place, store.client.strlen(place) - 2, b"\x00")
    with rogue(answer("200 OK", CONFIRMED)) as seen:
        drained(store, OLD, crew, seen.address)
        assert not seen.requests
    record = store.record(changed)
    assert record
    assert record.state is State.DEAD
    assert "was changed since it was sealed with key k1" in record.reason


def test_an_answer_whose_key_is_away_is_in_doubt_and_nothing_is_sent_again(store: Store, crew: Crew) -> None:
    name = put(store, NEW)
    old = Store(store.client, store.prefix, ring=BOTH)
    (claimed,) = old.claim("orders", "dead", 1, Guard("shop")).messages
    hold = Hold(claimed.id, claimed.fence)
    old.mark_sending([hold], "park")
    Store(store.client, store.prefix, ring=OLD).mark_replied(hold, b"{}\n<kept/>")
    old.abandon("dead")
    with rogue(answer("200 OK", CONFIRMED)) as seen:
        drained(store, NEW, crew, seen.address)
        assert not seen.requests
    record = store.record(name)
    assert record
    assert record.state is State.IN_DOUBT
    assert "key k1, which is not here" in record.reason
