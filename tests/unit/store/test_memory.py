"""What a waiting message costs in the server's memory."""

import pytest
import redis

from jmswrap.clock import new_id
from jmswrap.message import Message, Settlement
from jmswrap.states import State
from jmswrap.store.nouns import Limits
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

MESSAGES = 20_000
BODY = b"<order>" + b"x" * 497 + b"</order>"


def test_a_message_costs_at_most_700_bytes_beyond_its_body(tmp_path_factory: pytest.TempPathFactory) -> None:
    with EmbeddedServer(tmp_path_factory.mktemp("memory"), options={"appendfsync": "no"}) as server:
        client = redis.Redis.from_url(server.url)
        store = Store(client, "ccb-mdm")
        store.accept([_message(0)])
        before = client.info("memory")["used_memory"]
        for start in range(1, MESSAGES + 1, 500):
            store.accept([_message(number) for number in range(start, start + 500)])
        after = client.info("memory")["used_memory"]
        client.close()
    cost = (after - before) / MESSAGES - len(BODY)
    print(f"{cost:.0f} bytes of used_memory a message beyond its body of {len(BODY)}")
    assert cost <= 700


def test_a_remembered_id_costs_at_most_200_bytes(tmp_path_factory: pytest.TempPathFactory) -> None:
    with EmbeddedServer(tmp_path_factory.mktemp("window"), options={"appendfsync": "no"}) as server:
        client = redis.Redis.from_url(server.url)
        store = Store(client, "ccb-mdm", Limits(retention_ms=0))
        _settle_and_forget(store, 0, 500)
        before = client.info("memory")["used_memory"]
        _settle_and_forget(store, 500, 8_500)
        after = client.info("memory")["used_memory"]
        remembered = sum(1 for _ in client.scan_iter("ccb-mdm:d:*", count=1_000))
        client.close()
    assert remembered == 8_500
    cost = (after - before) / 8_000
    print(f"{cost:.0f} bytes of used_memory a remembered id")
    assert cost <= 200


def _settle_and_forget(store: Store, first: int, end: int) -> None:
    for start in range(first, end, 500):
        store.accept([_message(number) for number in range(start, start + 500)])
        while claimed := store.claim("person-sync", "w", 500).messages:
            store.settle([Settlement(one.id, one.fence, State.DELIVERED) for one in claimed])
        while store.sweep().more:
            pass


def _message(number: int) -> Message:
    return Message(
        id=new_id(),
        queue="person-sync",
        route="person-sync",
        body=BODY,
        operation="SyncPerson",
        key=f"P-{number:09d}",
        correlation_id="urn:uuid:6f1c2b34-0a51-4b1e-9d0f-0123456789ab",
        source_id=f"urn:uuid:7f1c2b34-0a51-4b1e-9d0f-{number:012d}",
        type="{http://xmlns.example.com/person}SyncPerson",
    )
