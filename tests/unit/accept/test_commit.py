"""Group commit on a real store: shared round trips, failures that stay alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import redis.asyncio

from jmswrap import clock
from jmswrap.accept.commit import DEFAULT_CAPS, Caps, GroupCommit
from jmswrap.accept.ringing import Ringer
from jmswrap.errors import IdReused, StoreDown, Unavailable
from jmswrap.message import Message, Receipt, ReceiptStatus
from jmswrap.store.aio import AsyncStore
from jmswrap.store.nouns import Accepted
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store


class Counted(AsyncStore):
    """The store, counting round trips; ``gate`` holds them back while it is cleared."""

    def hold(self) -> None:
        self.batches: list[int] = []
        self.gate = asyncio.Event()

    async def accept(self, messages: Sequence[Message], canonical: Sequence[str] | None = None) -> list[Accepted]:
        self.batches.append(len(messages))
        await self.gate.wait()
        return await super().accept(messages, canonical)


class Bell:
    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, queue: str) -> None:
        self.rung.append(queue)


@asynccontextmanager
async def committing(
    url: str, prefix: str, caps: Caps = DEFAULT_CAPS
) -> AsyncIterator[tuple[GroupCommit, Counted, Bell]]:
    client = redis.asyncio.Redis.from_url(url)
    store, bell = Counted(client, prefix), Bell()
    store.hold()
    ringer = Ringer(bell)
    commit = GroupCommit(store, ringer, caps)
    try:
        yield commit, store, bell
    finally:
        store.gate.set()
        await commit.close()
        await asyncio.to_thread(ringer.close)
        await client.aclose()


def message(number: int = 0, body: bytes = b"<a/>", id: str = "") -> Message:
    return Message(id=id or clock.new_id(), queue="q", route="r", body=body, key=f"k{number}")


async def waiting(commit: GroupCommit, messages: Sequence[Message]) -> "list[asyncio.Task[Receipt]]":
    tasks = [asyncio.ensure_future(commit.accept(one)) for one in messages]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


def test_messages_that_come_while_a_batch_is_under_way_share_the_next(
    store_server: EmbeddedServer, store: Store
) -> None:
    async def run() -> tuple[list[int], list[Receipt], list[str]]:
        async with committing(store_server.url, store.prefix, Caps(batches=1)) as (commit, counted, bell):
            first = await waiting(commit, [message()])
            others = await waiting(commit, [message(n) for n in range(20)])
            counted.gate.set()
            receipts = await asyncio.gather(*first, *others)
        return counted.batches, receipts, bell.rung

    batches, receipts, rung = asyncio.run(run())
    assert batches == [1, 20]
    assert {receipt.status for receipt in receipts} == {ReceiptStatus.ACCEPTED}
    assert set(rung) == {"q"}
    assert len(store.messages("q")) == 21


def test_a_batch_is_capped_by_count_and_by_bytes(store_server: EmbeddedServer, store: Store) -> None:
    async def run() -> list[int]:
        caps = Caps(batch_messages=3, batch_bytes=1000, batches=1)
        async with committing(store_server.url, store.prefix, caps) as (commit, counted, _):
            large = [message(n, b"<a>%s</a>" % (b"x" * 600)) for n in range(3)]
            tasks = await waiting(commit, [message(), *[message(n) for n in range(5)], *large])
            counted.gate.set()
            await asyncio.gather(*tasks)
        return counted.batches

    # The first goes as soon as the loop turns, with what is there by then.
    batches = asyncio.run(run())
    assert sum(batches) == 9
    assert max(batches) == 3
    assert len(batches) >= 4


def test_one_message_that_fails_fails_alone(store_server: EmbeddedServer, store: Store) -> None:
    same = clock.new_id()

    async def run() -> list[Receipt | BaseException]:
        async with committing(store_server.url, store.prefix) as (commit, counted, _):
            counted.gate.set()
            await commit.accept(message(id=same))
            wanted = [message(1), message(2, b"<b/>", id=same), message(3)]
            return await asyncio.gather(*(commit.accept(one) for one in wanted), return_exceptions=True)

    before, reused, after = asyncio.run(run())
    assert isinstance(before, Receipt)
    assert isinstance(reused, IdReused)
    assert isinstance(after, Receipt)


def test_a_caller_that_goes_away_takes_nobody_with_it(store_server: EmbeddedServer, store: Store) -> None:
    async def run() -> Receipt:
        async with committing(store_server.url, store.prefix) as (commit, counted, _):
            gone, stays = await waiting(commit, [message(1), message(2)])
            gone.cancel()
            counted.gate.set()
            return await stays

    assert asyncio.run(run()).status is ReceiptStatus.ACCEPTED
    assert len(store.messages("q")) == 2


def test_a_store_that_is_down_is_told_to_every_caller_and_the_next_batch_is_tried(tmp_path: Path) -> None:
    async def run() -> list[Receipt | BaseException]:
        server = EmbeddedServer(tmp_path / "store")
        with server:
            url = server.url
        async with committing(url, "down") as (commit, counted, _):
            counted.gate.set()
            return [
                found
                for _ in range(2)
                for found in await asyncio.gather(
                    *(commit.accept(message(n)) for n in range(3)), return_exceptions=True
                )
            ]

    found = asyncio.run(run())
    assert len(found) == 6
    assert all(isinstance(one, StoreDown) for one in found)


def test_no_more_waits_than_the_gateway_can_hold(store_server: EmbeddedServer, store: Store) -> None:
    async def run() -> None:
        caps = Caps(batches=0, waiting_bytes=1000)
        async with committing(store_server.url, store.prefix, caps) as (commit, _, _):
            tasks = await waiting(commit, [message(1, b"x" * 900)])
            with pytest.raises(Unavailable, match="later"):
                await commit.accept(message(2, b"x" * 200))
            tasks[0].cancel()

    asyncio.run(run())


def test_a_message_that_cannot_even_be_sent_takes_nobody_with_it(store_server: EmbeddedServer, store: Store) -> None:
    async def run() -> None:
        async with committing(store_server.url, store.prefix, Caps(batches=1, batch_messages=3)) as (commit, held, _):
            broken = replace(message(), key="half a character \ud800")
            tasks = [
                asyncio.create_task(commit.accept(one)) for one in (message(), broken, *(message() for _ in range(3)))
            ]
            await asyncio.sleep(0)
            held.gate.set()
            first, second, *others = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
            assert isinstance(second, Unavailable)
            assert all(isinstance(one, Receipt) for one in (first, *others))

    asyncio.run(run())


def test_when_a_commit_is_cancelled_every_caller_is_told(store_server: EmbeddedServer, store: Store) -> None:
    async def run() -> None:
        async with committing(store_server.url, store.prefix, Caps(batches=1, batch_messages=1)) as (commit, _, _):
            tasks = [asyncio.create_task(commit.accept(message())) for _ in range(3)]
            await asyncio.sleep(0)
            (task,) = commit._tasks
            await asyncio.sleep(0)
            task.cancel()
            answers = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
            assert all(isinstance(one, Unavailable) for one in answers)

    asyncio.run(run())


def test_another_serialisation_of_the_same_document_is_a_duplicate_while_the_first_is_here(
    store_server: EmbeddedServer, store: Store
) -> None:
    first = replace(message(body=b'<a b="1" c="2"></a>'), source_id="urn:1")

    async def accept() -> None:
        async with committing(store_server.url, store.prefix) as (commit, counted, _):
            counted.gate.set()
            accepted = await commit.accept(first)
            again = await commit.accept(replace(first, body=b"<a c='2'   b='1'/>"))
            assert (again.status, again.accepted_ms) == (ReceiptStatus.DUPLICATE, accepted.accepted_ms)
            with pytest.raises(IdReused):
                await commit.accept(replace(first, body=b"<a c='2' b='2'/>"))
            store.client.delete(f"{store.prefix}:b:{first.id}")
            with pytest.raises(IdReused):
                await commit.accept(replace(first, body=b"<a c='2'   b='1'/>"))
            assert (await commit.accept(first)).status is ReceiptStatus.DUPLICATE

    asyncio.run(accept())
