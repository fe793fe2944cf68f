"""accept.lua: what the door gets."""

import asyncio
from dataclasses import replace

import pytest
import redis

from jmswrap.clock import derived_id
from jmswrap.errors import IdReused, StoreDown, StoreUnsafe
from jmswrap.message import Message, Receipt, ReceiptStatus
from jmswrap.states import State
from jmswrap.store import calls, opening
from jmswrap.store.aio import AsyncStore
from jmswrap.store.nouns import Limits
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

ORDER = Message(
    id=derived_id("orders", "urn:1"),
    queue="orders",
    route="to-crm",
    body="<order größe='4'/>".encode(),
    operation="Create",
    key="P-7",
    correlation_id="urn:c1",
    source_id="urn:1",
    type="{urn:orders}order",
    reply_to="answers",
    priority=6,
    time_to_live_ms=60_000,
    properties={"tenant": "nord", "ü": "ß"},
    soap_headers=("<h xmlns='urn:h'>1</h>",),
)


def test_a_record_gives_back_every_field_as_it_was_put(store: Store) -> None:
    store.accept([ORDER])
    record = store.record(ORDER.id, with_body=True)
    assert record
    assert record.message == ORDER
    assert record.state is State.QUEUED
    assert record.expires_ms == record.accepted_ms + 60_000


def test_a_message_that_comes_twice_is_a_duplicate_with_the_first_receipts_facts(store: Store) -> None:
    (first,) = store.accept([ORDER])
    (second,) = store.accept([replace(ORDER, correlation_id="urn:other")])
    assert isinstance(first, Receipt)
    assert isinstance(second, Receipt)
    assert second.status is ReceiptStatus.DUPLICATE
    assert (second.accepted_ms, second.correlation_id) == (first.accepted_ms, "urn:c1")


def test_an_id_that_comes_with_another_body_is_refused(store: Store) -> None:
    store.accept([ORDER])
    (answer,) = store.accept([replace(ORDER, body=b"<order/>")])
    assert isinstance(answer, IdReused)
    assert "urn:1" in str(answer)


def test_a_body_of_the_same_canonical_form_is_a_duplicate(store: Store) -> None:
    store.accept([ORDER], canonical=["c14n"])
    (answer,) = store.accept([replace(ORDER, body=b"<order  />")], canonical=["c14n"])
    assert isinstance(answer, Receipt)
    assert answer.status is ReceiptStatus.DUPLICATE


def test_the_client_librarys_own_retry_reads_as_accepted(store: Store) -> None:
    call = calls.accept(ORDER)
    first, second = (calls.accepted(ORDER, store._runner.run(call)) for _ in range(2))
    assert isinstance(second, Receipt)
    assert second.status is ReceiptStatus.ACCEPTED
    assert isinstance(first, Receipt)
    assert first.accepted_ms == second.accepted_ms
    assert store.queues()[0].counts == {State.QUEUED: 1}


@pytest.mark.parametrize("key", ['a\n"b"\\', "=~:{}", "größe 5/7", "x" * 2_000, "\x7f", "0", "-1"])
def test_a_key_may_be_any_text(store: Store, key: str) -> None:
    first, second = replace(ORDER, key=key), replace(ORDER, id="s" * 26, key=key)
    store.accept([first, second])
    (claimed,) = store.claim("orders", "w", 5).messages
    assert claimed.record.message == replace(first, body=ORDER.body)


def test_one_reused_id_in_a_batch_is_not_its_neighbours_failure(store: Store) -> None:
    store.accept([ORDER])
    batch = [replace(ORDER, id="a" * 26), replace(ORDER, body=b"<x/>"), replace(ORDER, id="b" * 26)]
    answers = store.accept(batch)
    assert [type(answer) for answer in answers] == [Receipt, IdReused, Receipt]


def test_scripts_are_loaded_again_after_the_server_forgot_them(store: Store) -> None:
    store.client.script_flush()
    (answer,) = store.accept([ORDER])
    assert isinstance(answer, Receipt)


def test_missing_replicas_give_no_receipt(store: Store) -> None:
    careful = Store(store.client, store.prefix, Limits(replicas=1, replica_timeout_ms=10))
    with pytest.raises(StoreUnsafe, match="0 of the 1 replicas"):
        careful.accept([ORDER])


def test_a_server_at_its_memory_limit_refuses_but_still_drains(tmp_path_factory: pytest.TempPathFactory) -> None:
    with EmbeddedServer(tmp_path_factory.mktemp("full")) as server:
        client = redis.Redis.from_url(server.url)
        store = Store(client, "full")
        store.accept([ORDER])
        client.config_set("maxmemory", "1")
        (answer,) = store.accept([replace(ORDER, id="n" * 26)])
        assert isinstance(answer, StoreUnsafe)
        assert "maxmemory" in str(answer)
        assert [one.id for one in store.claim("orders", "w", 5).messages] == [ORDER.id]
        client.close()


def test_a_store_that_is_away_is_store_down() -> None:
    store = Store(opening.client("unix:///nowhere/sock"), "p")
    with pytest.raises(StoreDown, match="cannot be reached"):
        store.accept([ORDER])


@pytest.mark.parametrize("flushed", [False, True])
def test_the_gateways_client_accepts_in_the_same_way(store_server: EmbeddedServer, store: Store, flushed: bool) -> None:
    async def accept() -> list[object]:
        client = opening.async_client(store_server.url)
        gateway = AsyncStore(client, store.prefix)
        await gateway.ready()
        answers = [*await gateway.accept([ORDER]), *await gateway.accept([ORDER])]
        assert await gateway.body(ORDER.id) == ORDER.body
        await client.aclose()
        return answers

    if flushed:
        store.client.script_flush()
    first, second = asyncio.run(accept())
    assert isinstance(first, Receipt)
    assert first.wake
    assert isinstance(second, Receipt)
    assert second.status is ReceiptStatus.DUPLICATE
