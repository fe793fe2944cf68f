"""Bodies at rest are encrypted: none is read without its key, all are while keys rotate."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from store_desk import Desk

from jmswrap import sealing
from jmswrap.app.stored import closed
from jmswrap.clock import new_id
from jmswrap.errors import ConfigError, IdReused, Unopened
from jmswrap.history.history import History
from jmswrap.history.opening import place
from jmswrap.message import Answer, AnswerKind, Attempt, Keeping, Message, Receipt, ReceiptStatus, Settlement
from jmswrap.operate.archiver import Archiver
from jmswrap.operate.rekeying import rekey
from jmswrap.sealing import Keyring, seal_of
from jmswrap.states import State
from jmswrap.store import keys, opening
from jmswrap.store.aio import AsyncStore
from jmswrap.store.nouns import Hold, Limits
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

K1, K2 = ("k1", b"1" * 32), ("k2", b"2" * 32)
OLD, BOTH, NEW = Keyring([K1]), Keyring([K2, K1]), Keyring([K2])
BODY = b"<name>Ann Customer</name>"


def under(store: Store, ring: Keyring) -> Desk:
    return Desk(Store(store.client, store.prefix, Limits(retention_ms=0, purges=False), ring))


def everything(store: Store) -> bytes:
    """All that the server has for the store's prefix."""
    found = list(store.client.scan_iter(f"{store.prefix}:*"))
    return b"\n".join(store.client.dump(name) or b"" for name in found)


def fail(desk: Desk, hold: Hold) -> None:
    attempt = Attempt(1, 0, 5, "w1", "crm", "FAULT_SERVER", "It failed.", 500, reply="<fault>Ann Customer</fault>")
    desk.store.settle([Settlement(hold.id, hold.fence, State.WAITING, attempt, wait_ms=10)])


def test_nothing_that_a_message_carries_is_in_the_store_in_clear(store: Store) -> None:
    desk = under(store, OLD)
    first = desk.put(body=BODY)
    hold = desk.take()
    desk.store.mark_replied(hold, b"<r>Ann Customer</r>")
    assert desk.store.reply(first) == b"<r>Ann Customer</r>"
    output = Message(id=new_id(), queue="onward", route="onward", body=BODY)
    attempt = Attempt(1, 0, 5, "w1", "crm", "FAULT_SERVER", "It failed.", 500, reply="<f>Ann Customer</f>")
    desk.store.settle([Settlement(hold.id, hold.fence, State.WAITING, attempt, wait_ms=10, outputs=(output,))])
    desk.pass_ms(20)
    (claimed,) = desk.claim()
    assert claimed.body == BODY
    assert claimed.record.message.body == BODY
    assert desk.store.body(output.id) == BODY
    assert desk.store.attempts(first)[0].reply == "<f>Ann Customer</f>"
    assert b"Ann Customer" not in everything(store)


def test_a_duplicate_is_known_under_another_key(store: Store) -> None:
    message = Message(id=new_id(), queue="q", route="r", body=BODY, source_id="a")
    under(store, OLD).store.accept([message])
    (again,) = under(store, NEW).store.accept([message])
    assert isinstance(again, Receipt)
    assert again.status is ReceiptStatus.DUPLICATE
    (other,) = under(store, NEW).store.accept([Message(id=message.id, queue="q", route="r", body=b"<x/>")])
    assert isinstance(other, IdReused)


def test_plain_and_encrypted_bodies_lie_side_by_side(store: Store) -> None:
    plain, old = under(store, Keyring()).put(body=BODY), under(store, OLD).put(body=BODY)
    assert [one.body for one in under(store, BOTH).claim()] == [BODY, BODY]
    assert store.at_rest.census() == Counter({"": 1, "k1": 1})
    assert under(store, BOTH).store.body(plain) == BODY
    with pytest.raises(Unopened, match="key k1, which is not here"):
        under(store, NEW).store.body(old)


def test_a_claim_without_the_key_says_so_and_takes_its_neighbours(store: Store) -> None:
    old, new = under(store, OLD).put(body=BODY), under(store, NEW).put(body=BODY)
    found = {one.id: one for one in under(store, NEW).claim()}
    assert (found[old].body, found[new].body) == (b"", BODY)
    assert "k1" in found[old].unopened


def test_a_body_in_another_messages_place_is_not_taken_for_its(store: Store) -> None:
    desk = under(store, OLD)
    one, other = desk.put(body=BODY), desk.put(body=b"<other/>")
    store.client.copy(keys.body(store.prefix, one), keys.body(store.prefix, other), replace=True)
    found = {claimed.id: claimed for claimed in desk.claim()}
    assert found[one].body == BODY
    assert found[other].damaged


def test_what_expired_is_opened_on_the_queue_it_went_to(store: Store) -> None:
    desk = under(store, OLD)
    desk.put(body=BODY, time_to_live_ms=10, expired_to="late")
    desk.pass_ms(20)
    desk.store.sweep()
    (record,) = desk.store.messages("late")
    assert desk.store.body(record.message.id) == BODY
    assert [step.resealed for step in under(store, BOTH).store.at_rest.reseal() if step.resealed]
    assert under(store, NEW).store.body(record.message.id) == BODY


def test_rekeying_goes_on_beside_what_moves_and_lets_the_old_key_go(store: Store, tmp_path: Path) -> None:
    old = under(store, OLD)
    old.store.at_rest.register_keys()
    failed, waiting, settled = (old.put(body=BODY, key=key) for key in "abc")
    holds = {one.id: Hold(one.id, one.fence) for one in old.claim()}
    fail(old, holds[failed])
    old.store.mark_replied(holds[waiting], b"<r>kept</r>")
    old.settle(holds[settled], State.DELIVERED)
    history = History(place("", tmp_path, tmp_path), "t", OLD)
    Archiver(old.store, history, "test").archive()
    old.put(body=BODY, key="d")

    both = under(store, BOTH)
    bytes_before = both.store.queues()[0].bytes
    done = rekey(both.store.at_rest, History(history.place, "t", BOTH), "k2", lambda _: None)
    assert (done.in_store, done.in_history, dict(done.left), dict(done.closed)) == (3, 1, {}, {})
    assert both.store.queues()[0].bytes == bytes_before
    new = under(store, NEW)
    assert new.store.at_rest.register_keys() == ("k1",)
    assert list(closed(new.store, History(history.place, "t", NEW))) == []
    assert new.store.at_rest.register_keys() == ()
    assert new.store.body(failed) == BODY
    assert new.store.attempts(failed)[0].reply == "<fault>Ann Customer</fault>"
    assert new.store.reply(waiting) == b"<r>kept</r>"
    kept = History(history.place, "t", NEW).message(settled, with_body=True)
    assert kept
    assert kept.body == BODY
    again = rekey(new.store.at_rest, History(history.place, "t", NEW), "k2", lambda _: None)
    assert (again.in_store, again.in_history) == (0, 0)


def test_an_answer_kept_for_a_caller_is_encrypted_and_rekeyed(store_server: EmbeddedServer, store: Store) -> None:
    desk = under(store, OLD)
    name = desk.put(body=BODY)
    keeping = Keeping(Answer(AnswerKind.REPLY, b"<r>Ann Customer</r>"), 60_000)
    desk.settle(desk.take(), State.DELIVERED, keeping=keeping)
    assert b"Ann Customer" not in everything(store)
    assert sum(step.resealed for step in under(store, BOTH).store.at_rest.reseal()) == 2
    assert 0 < store.client.pttl(keys.answer(store.prefix, name)) <= 60_000

    async def ask() -> Answer | None:
        client = opening.async_client(store_server.url)
        found = await AsyncStore(client, store.prefix, ring=NEW).answer(name)
        await client.aclose()
        return found

    answer = asyncio.run(ask())
    assert answer
    assert answer.body == b"<r>Ann Customer</r>"
    assert store.at_rest.census() == Counter({"k2": 2})


def test_rekeying_without_keys_makes_bodies_plain_again(store: Store) -> None:
    name = under(store, OLD).put(body=BODY)
    plain = under(store, Keyring([]))
    done = rekey(plain.store.at_rest, None, "", lambda _: None)
    assert dict(done.left) == dict(done.closed) == {"k1": 1}
    assert sum(step.resealed for step in under(store, BOTH).store.at_rest.reseal()) == 1
    assert under(store, NEW).store.body(name) == BODY


def test_a_body_that_changed_since_it_was_read_is_left_alone(store: Store) -> None:
    old, both = under(store, OLD), under(store, BOTH)
    name = old.put(body=BODY)
    from_store = both.store.client.get(keys.body(store.prefix, name))
    assert isinstance(from_store, bytes)
    hold = old.take()
    old.settle(hold, State.DELIVERED)
    old.store.erase([name])
    assert sum(step.resealed for step in both.store.at_rest.reseal()) == 0
    assert both.store.body(name) == b""


def test_the_history_holds_nothing_in_clear(store: Store, tmp_path: Path) -> None:
    desk = under(store, OLD)
    name = desk.put(body=BODY)
    fail(desk, desk.take())
    desk.pass_ms(20)
    desk.settle(desk.take(), State.DELIVERED)
    history = History(place("", tmp_path, tmp_path), "t", OLD)
    assert Archiver(desk.store, history, "test").archive()
    kept = history.message(name, with_body=True)
    assert kept
    assert (kept.body, kept.attempts[0].reply) == (BODY, "<fault>Ann Customer</fault>")
    history.close()
    assert all(b"Ann Customer" not in file.read_bytes() for file in tmp_path.iterdir())
    assert history.erase("", "", 1) == 0


def test_a_settled_message_whose_key_is_away_stays_in_the_store(store: Store, tmp_path: Path) -> None:
    desk = under(store, OLD)
    name = desk.put(body=BODY)
    desk.settle(desk.take(), State.DELIVERED)
    assert under(store, NEW).store.leaving(10, True).unreadable == (name,)
    assert under(store, BOTH).store.leaving(10, True).messages[0].body == BODY


def test_a_key_that_gets_another_secret_is_refused_at_the_start(store: Store) -> None:
    under(store, OLD).store.at_rest.register_keys()
    assert under(store, NEW).store.at_rest.register_keys() == ("k1",)
    under(store, OLD).put(body=BODY)
    (sentence,) = closed(under(store, NEW).store, None)
    assert sentence.startswith("1 messages are encrypted with key `k1`, which is not in store.encryption.keys")
    with pytest.raises(ConfigError, match="secret of key `k1`"):
        under(store, Keyring([("k1", b"3" * 32)])).store.at_rest.register_keys()


def test_the_gateway_encrypts_and_finds_the_first_body_of_an_id(store_server: EmbeddedServer, store: Store) -> None:
    async def put() -> bytes | None:
        client = opening.async_client(store_server.url)
        gateway = AsyncStore(client, store.prefix, ring=OLD)
        await gateway.accept([Message(id="one", queue="q", route="r", body=BODY)])
        found = await gateway.body("one")
        await client.aclose()
        return found

    assert asyncio.run(put()) == BODY
    stored = store.client.get(keys.body(store.prefix, "one"))
    assert isinstance(stored, bytes)
    assert seal_of(stored)


def test_a_short_secret_and_a_missing_package_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="has 5 bytes"):
        Keyring([("k", b"short")])
    monkeypatch.setattr(sealing, "is_installed", lambda: False)
    with pytest.raises(ConfigError, match=r"pip install 'jmswrap\[encryption\]'"):
        Keyring([K1])


def test_a_ring_tells_no_secret() -> None:
    assert repr(BOTH) == "Keyring(k2, k1)"
