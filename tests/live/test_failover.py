"""A real failover: three servers, three sentinels, the primary killed."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.sentinel

from jmswrap.app import stores
from jmswrap.app.integration import Integration, load
from jmswrap.app.store_password import with_password
from jmswrap.clock import monotonic, new_id
from jmswrap.errors import Unavailable
from jmswrap.message import Message, Receipt
from jmswrap.store import opening
from jmswrap.store.nouns import Limits
from jmswrap.store.opening import rq_settings
from jmswrap.store.store import Store
from tests.crash.loop import Loop
from tests.crash.stores import Replicated


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Replicated]:
    loop = Loop()
    backing = Replicated(tmp_path, loop)
    yield backing
    backing.stop()
    loop.close()


def accepted(store: Store, key: str) -> str:
    """Put a message, as often as it takes: until a replica has it, too."""
    message, deadline = Message(new_id(), "q", "r", b"<a/>", key=key), monotonic() + 120
    while True:
        try:
            (answer,) = store.accept([message])
            if isinstance(answer, Receipt):
                return message.id
            said: object = answer
        except Unavailable as error:
            said = error
        assert monotonic() < deadline, said


def test_after_a_failover_the_old_goes_out_marked_and_the_new_does_not(three: Replicated) -> None:
    client = opening.client(three.url)
    store = Store(client, "p", Limits(replicas=1))
    backlog = [accepted(store, f"K{number}") for number in range(20)]
    store.sweep()
    primary = three.primary()
    three.expect_failover()
    os.kill(three.pid(primary), signal.SIGKILL)
    three.await_failover(primary)
    accepted(store, "between")  # once there is a replica again that has it
    store.sweep()
    fresh = accepted(store, "fresh")
    claimed = {one.id: one.redelivered for one in store.claim("q", "w", 50).messages}
    assert [claimed[message] for message in backlog] == [True] * 20
    assert claimed[fresh] is False
    shown = store.record(backlog[0])
    assert shown is not None
    assert shown.perhaps_sent
    client.close()


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Replicated]:
    loop = Loop()
    backing = Replicated(tmp_path, loop, password="of-the-servers", sentinel_password="of-the-sentinels")
    yield backing
    backing.stop()
    loop.close()


def test_servers_and_sentinels_may_have_passwords_of_their_own(
    locked: Replicated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVERS", "of-the-servers")
    monkeypatch.setenv("SENTINELS", "of-the-sentinels")
    passwords = {"password": "env:SERVERS", "sentinel_password": "env:SENTINELS"}
    settings = {"jmswrap": 1, "name": "locked", "store": {"url": locked.url, **passwords}, "routes": {}}
    (tmp_path / "jmswrap.yaml").write_text(json.dumps(settings))
    integration = load(tmp_path)
    opened = stores.opened(integration)
    accepted(opened, "threads")
    opened.client.close()
    asyncio.run(_ready(integration))
    rq = rq_settings(with_password(integration.config, tmp_path, locked.url))["SENTINEL"]
    asked = redis.sentinel.Sentinel(rq["INSTANCES"], sentinel_kwargs=rq["SENTINEL_KWARGS"])
    assert asked.discover_master(rq["MASTER_NAME"])[1] == locked.primary()
    for sentinel in asked.sentinels:
        sentinel.close()


async def _ready(integration: Integration) -> None:
    store = stores.connect_async(integration)
    await store.ready()
    await store.client.aclose()
    pool: Any = store.client.connection_pool
    for sentinel in pool.sentinel_manager.sentinels:
        await sentinel.aclose()
