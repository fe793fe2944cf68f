"""checks.py: which servers are trusted with messages."""

import asyncio

import pytest
import redis

from jmswrap.errors import StoreUnsafe
from jmswrap.store import checks, opening
from jmswrap.store.aio import AsyncStore
from jmswrap.store.checks import Facts
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

INFO = {"redis_version": "7.2.4", "role": "master", "used_memory": 1_000}
SETTINGS = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "dir": "/"}


def test_the_embedded_server_is_trusted(store: Store) -> None:
    store.ready()


@pytest.mark.parametrize(
    ("setting", "value", "mend"),
    [
        ("appendonly", "no", "appendonly yes"),
        ("appendfsync", "no", "appendfsync always"),
        ("appendfsync", "everysec", "vouched"),
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
    ],
)
def test_a_setting_that_may_lose_messages_is_named_with_its_cure(setting: str, value: str, mend: str) -> None:
    (problem,) = checks.judge(Facts(INFO, {**SETTINGS, setting: value}, None))
    assert mend in problem


def test_a_person_may_answer_for_everysec_but_not_for_no_fsync() -> None:
    assert checks.judge(Facts(INFO, {**SETTINGS, "appendfsync": "everysec"}, None), vouched=True) == []
    assert checks.judge(Facts(INFO, {**SETTINGS, "appendfsync": "no"}, None), vouched=True)


def test_a_server_that_forbids_config_must_be_vouched_for() -> None:
    (problem,) = checks.judge(Facts(INFO, None, None))
    assert "store.durability: vouched" in problem
    assert checks.judge(Facts(INFO, None, None), vouched=True) == []


@pytest.mark.parametrize(
    ("info", "word"),
    [
        ({"redis_version": "6.2.9"}, "6.2.9"),
        ({"aof_last_write_status": "err"}, "make room"),
        ({"role": "slave"}, "primary"),
    ],
)
def test_a_servers_condition_is_judged(info: dict[str, str], word: str) -> None:
    (problem,) = checks.judge(Facts({**INFO, **info}, SETTINGS, None))
    assert word in problem


def test_a_disk_without_room_for_a_rewrite_stops_accepting() -> None:
    (problem,) = checks.judge(Facts(INFO, SETTINGS, disk_free=1_000_000))
    assert "make room" in problem


def test_every_problem_is_told_at_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    loose = {"appendfsync": "no", "maxmemory-policy": "allkeys-lru"}
    with EmbeddedServer(tmp_path_factory.mktemp("loose"), options=loose) as server:
        client = redis.Redis.from_url(server.url)
        with pytest.raises(StoreUnsafe, match=r"noeviction"):
            Store(client, "p").ready()
        with pytest.raises(StoreUnsafe, match=r"appendfsync always"):
            Store(client, "p").ready(vouched=True)
        client.close()


def test_the_gateways_client_sees_it_as_well(tmp_path_factory: pytest.TempPathFactory) -> None:
    async def look(url: str) -> None:
        client = opening.async_client(url)
        try:
            await AsyncStore(client, "p").ready()
        finally:
            await client.aclose()

    with (
        EmbeddedServer(tmp_path_factory.mktemp("unsynced"), options={"appendfsync": "no"}) as server,
        pytest.raises(StoreUnsafe, match="appendfsync always"),
    ):
        asyncio.run(look(server.url))


def test_a_real_server_that_forbids_config_is_recognised(tmp_path_factory: pytest.TempPathFactory) -> None:
    with EmbeddedServer(tmp_path_factory.mktemp("shut")) as server:
        admin = redis.Redis.from_url(server.url)
        admin.acl_setuser("app", enabled=True, passwords=["+pw"], keys=["*"], commands=["+@all", "-config"])
        client = redis.Redis(unix_socket_path=server.url.removeprefix("unix://"), username="app", password="pw")
        store = Store(client, "p")
        with pytest.raises(StoreUnsafe, match="vouched"):
            store.ready()
        store.ready(vouched=True)
        client.close()
        admin.close()
