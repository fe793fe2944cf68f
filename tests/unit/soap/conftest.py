"""A gateway process on a real store, serving the orders contract."""

from collections.abc import Iterator

import pytest
from door import Orders, Starts

from jmswrap.store.server import EmbeddedServer


@pytest.fixture(scope="session")
def starts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starts]:
    started = Starts(tmp_path_factory.mktemp("doors"), [])
    yield started
    started.stop()


@pytest.fixture(scope="session")
def shared_orders(starts: Starts, store_server: EmbeddedServer) -> Orders:
    return starts.orders(store_server.url, "{max_body_bytes: 1000000, body_seconds: 3}")


@pytest.fixture
def orders(shared_orders: Orders) -> Orders:
    """The gateway, with an empty store."""
    redis_client = shared_orders.store.client
    keys = list(redis_client.scan_iter(match=f"{shared_orders.store.prefix}:*", count=1000))
    if keys:
        redis_client.delete(*keys)
    return shared_orders
