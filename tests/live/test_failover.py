"""A real failover: three servers, three sentinels, the primary killed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from jmswrap.clock import monotonic, new_id
from jmswrap.errors import Unavailable
from jmswrap.message import Message, Receipt
from jmswrap.store import opening
from jmswrap.store.nouns import Limits
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
    message, deadline = Message(new_id(), "q", "r", b"<a/>", key=key), monotonic() + 60
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
