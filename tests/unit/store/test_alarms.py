"""A store that takes nothing is a fault to callers, a sentence, and an alarm that repeats."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_desk import Desk

from jmswrap import log
from jmswrap.accept.watch import StoreWatch
from jmswrap.clock import new_id
from jmswrap.errors import StoreDown, StoreUnsafe
from jmswrap.message import Message, Receipt
from jmswrap.store import checks, opening
from jmswrap.store.aio import AsyncStore
from jmswrap.store.checks import Facts
from jmswrap.store.nouns import Limits
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[EmbeddedServer, Store]]:
    with EmbeddedServer(tmp_path / "data") as server:
        client = opening.client(server.url)
        yield server, Store(client, "p", Limits(replicas=0))
        client.close()


def a_message() -> Message:
    return Message(new_id(), "q", "r", b"<a/>")


def ready(server: EmbeddedServer) -> None:
    """Look as the gateway does."""

    async def look() -> None:
        client = opening.async_client(server.url)
        try:
            await AsyncStore(client, "p").ready()
        finally:
            await client.aclose()

    asyncio.run(look())


def test_a_server_out_of_memory_refuses_callers_and_goes_on_delivering(own: tuple[EmbeddedServer, Store]) -> None:
    server, store = own
    message = Desk(store).put("A")
    store.client.config_set("maxmemory", "1mb")
    (refused,) = store.accept([a_message()])
    assert isinstance(refused, StoreUnsafe)
    assert "maxmemory" in str(refused)
    with pytest.raises(StoreUnsafe, match="its maxmemory is 1 MiB: let the workers drain it"):
        ready(server)
    store.ready()
    (claimed,) = store.claim("q", "w", 5).messages
    assert claimed.id == message
    store.client.config_set("maxmemory", "0")
    ready(server)
    assert isinstance(store.accept([a_message()])[0], Receipt)


def test_a_server_without_its_replicas_refuses_with_a_sentence(own: tuple[EmbeddedServer, Store]) -> None:
    server, store = own
    store.client.config_set("min-replicas-to-write", "1")
    (refused,) = store.accept([a_message()])
    assert isinstance(refused, StoreUnsafe)
    assert str(refused).startswith("The store has too few replicas in step: bring them back")
    with pytest.raises(StoreUnsafe, match="too few replicas"):
        store.claim("q", "w", 1)
    with pytest.raises(StoreUnsafe, match="0 replicas in step and takes writes from 1"):
        ready(server)


@pytest.mark.parametrize(
    ("replicas", "least", "warned"), [(0, "0", False), (2, "1", True), (1, "1", False), (1, "2", False)]
)
def test_fewer_replicas_to_write_than_asked_for_are_warned_of(replicas: int, least: str, warned: bool) -> None:
    said = checks.cautions(Facts({}, {"min-replicas-to-write": least}, None), replicas)
    assert bool(said) == warned
    assert all("min-replicas-to-write" in sentence for sentence in said)


def test_a_dead_server_is_a_fault_with_a_sentence(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "data") as server:
        url = server.url
    client = opening.client(url)
    with pytest.raises(StoreDown, match="cannot be reached: start it"):
        Store(client, "p").accept([a_message()])
    client.close()


def test_an_alarm_is_said_at_once_repeated_at_a_rate_and_ended(caplog: pytest.LogCaptureFixture) -> None:
    trouble: list[Exception] = [StoreUnsafe("The disk is full.")] * 3 + [StoreDown("It is away.")] * 2
    looks = iter(trouble)

    async def looked() -> None:
        error = next(looks, None)
        if error is not None:
            raise error

    async def watch() -> None:
        watched = StoreWatch(looked, every_seconds=0.01, alarm_seconds=3600)
        await watched.start()
        with pytest.raises(StoreUnsafe, match="The disk is full"):
            watched.require_safe()
        async with asyncio.timeout(10):
            while "store-safe-again" not in caplog.text:
                await asyncio.sleep(0.01)
        watched.require_safe()
        await watched.stop()

    with caplog.at_level("INFO", logger="jmswrap.accept.watch"):
        asyncio.run(watch())
    events = [record.getMessage().split()[0] for record in caplog.records]
    assert events == ["store-unsafe", "store-down", "store-safe-again"]


def test_what_lasts_is_said_again(caplog: pytest.LogCaptureFixture) -> None:
    alarm = log.Alarm(log.get("jmswrap.test"), "over", every_seconds=0)
    with caplog.at_level("INFO", logger="jmswrap.test"):
        alarm.end()
        alarm.ring("full", reason="x")
        alarm.ring("full", reason="x")
        alarm.end()
    assert [record.getMessage().split()[0] for record in caplog.records] == ["full", "full", "over"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("two words", '"two words"'),
        ('a" level=ERROR client="admin', '"a\\" level=ERROR client=\\"admin"'),
        ('"', '"\\""'),
        ("ends with \\", '"ends with \\\\"'),
        ("one\r\nERROR two", '"one\\r\\nERROR two"'),
    ],
)
def test_a_value_in_a_line_cannot_pass_for_another(caplog: pytest.LogCaptureFixture, said: str, written: str) -> None:
    with caplog.at_level("INFO", logger="jmswrap.test"):
        log.get("jmswrap.test").info("event", path=said)
    assert caplog.messages == [f"event path={written}"]
