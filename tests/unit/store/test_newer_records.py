"""A record of a later version is left alone by this one, and said to be; its neighbours go on."""

import json
import re
from pathlib import Path

import pytest
from store_desk import Desk

import jmswrap.store
from jmswrap.errors import IllegalMove
from jmswrap.inspect.views import view
from jmswrap.states import State
from jmswrap.store import keys
from jmswrap.store.nouns import Hold, Limits
from jmswrap.store.packing import SCHEMA_VERSION
from jmswrap.store.store import Store


def of_a_later_version(store: Store, message_id: str) -> bytes:
    """Rewrite a record as a later version may have written it."""
    place = keys.message(store.prefix, message_id)
    packed = store.client.get(place)
    assert isinstance(packed, bytes)
    state, _, head = packed.partition(b"\n")
    written = json.dumps({**json.loads(state), "v": SCHEMA_VERSION + 1, "new": "x"}).encode() + b"\n" + head
    store.client.set(place, written)
    return written


@pytest.mark.parametrize("key", ["", "A"])
def test_a_worker_leaves_a_newer_record_alone_and_takes_its_neighbours(desk: Desk, key: str) -> None:
    newer = desk.put(key=key)
    plain = desk.put(key="B")
    written = of_a_later_version(desk.store, newer)
    claim = desk.store.claim("q", "w", 10)
    assert [one.id for one in claim.messages] == [plain]
    desk.settle(Hold(plain, claim.messages[0].fence), State.DELIVERED)
    again = desk.store.claim("q", "w", 10)
    assert (again.messages, again.backlog) == ([], 1)
    assert again.wait_ms == 1_000
    assert desk.store.client.get(keys.message(desk.store.prefix, newer)) == written
    record = desk.store.record(newer)
    assert record
    assert "was written by a later version of jmswrap (record 2, this one knows 1)" in view(record, 0).reason


def test_the_version_that_wrote_it_takes_it_afterwards(desk: Desk) -> None:
    newer = desk.put(key="A")
    of_a_later_version(desk.store, newer)
    desk.claim()
    place = keys.message(desk.store.prefix, newer)
    packed = desk.store.client.get(place)
    assert isinstance(packed, bytes)
    desk.store.client.set(place, packed.replace(b'"v": 2', b'"v": 1'))
    assert [one.id for one in desk.claim()] == [newer]


def test_a_person_is_told_to_use_the_version_that_wrote_it(desk: Desk) -> None:
    newer = desk.put()
    of_a_later_version(desk.store, newer)
    with pytest.raises(IllegalMove, match="update this machine"):
        desk.store.cancel(newer)
    assert desk.state(newer) is State.QUEUED


def test_a_settled_record_of_a_later_version_is_not_carried_away_half_understood(store: Store) -> None:
    desk = Desk(Store(store.client, store.prefix, Limits(retention_ms=0, purges=False)))
    name = desk.put()
    desk.settle(desk.take(), State.DELIVERED)
    of_a_later_version(desk.store, name)
    assert desk.store.leaving(10, True).unreadable == (name,)


def test_scripts_and_python_know_the_same_version() -> None:
    part = Path(jmswrap.store.__file__).parent / "scripts" / "_record.lua"
    assert re.search(rf"^local SCHEMA = {SCHEMA_VERSION}$", part.read_text("utf-8"), re.MULTILINE)
