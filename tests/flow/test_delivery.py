"""Worker processes for real: the tuned one, the plain one of RQ, and what they must not do."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import rq
from rogue import CONFIRMED, Rogue, answer, request, rogue
from rq.serializers import JSONSerializer
from waiting import eventually

from jmswrap import clock
from jmswrap.message import Message
from jmswrap.states import State
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store
from jmswrap.store.wakeup import Bell

ROOT = Path(__file__).parents[2]
RQ = str(Path(sys.executable).with_name("rq"))
ANSWER = f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED
TUNED = [sys.executable, "-m", "jmswrap", "work"]
PLAIN = [RQ, "worker", "-c", "jmswrap.rq"]
WORKERS = {"tuned": TUNED, "plain": PLAIN, "plain with a serializer": [*PLAIN, "-S", "rq.serializers.JSONSerializer"]}


@dataclass
class Site:
    """An integration on a store, and its worker's environment."""

    file: Path
    store: Store
    pool: str

    @property
    def bell(self) -> Bell:
        return Bell(self.store.client, self.pool)

    def put(self, count: int, key: str = "") -> list[str]:
        body = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'
        messages = [Message(clock.new_id(), "orders", "place", body, key=key) for _ in range(count)]
        self.store.accept(messages)
        return [message.id for message in messages]

    def states(self, ids: list[str]) -> list[State]:
        return [record.state for record in (self.store.record(name) for name in ids) if record is not None]

    @contextmanager
    def worker(self, kind: str) -> Iterator[subprocess.Popen[str]]:
        environment = {**os.environ, "JMSWRAP_CONFIG": str(self.file), "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            WORKERS[kind],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.file.parent,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=60)


@pytest.fixture
def site(store: Store, store_server: EmbeddedServer, tmp_path: Path) -> Callable[[str], Site]:
    def make(address: str) -> Site:
        shutil.copy(ROOT / "tests/data/partner/orders.wsdl", tmp_path / "orders.wsdl")
        pool = f"pool-{store.prefix}"
        (tmp_path / "jmswrap.yaml").write_text(
            f"""jmswrap: 1
name: orders
store: {{url: "{store_server.url}", prefix: {store.prefix}}}
workers: {{pool: {pool}, linger_seconds: 0.2}}
partners:
  shop: {{wsdl: orders.wsdl, address: "{address}"}}
routes:
  place:
    from: {{queue: orders}}
    to: {{partner: shop, operation: Place}}
    in_doubt: redeliver
    retry: {{waits_seconds: [0.2]}}
"""
        )
        return Site(tmp_path / "jmswrap.yaml", Store(store.client, store.prefix), pool)

    return make


def stop(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=120)
    return said


def told_to_stop(here: Site) -> bool:
    """Tell whether an RQ worker of the site has written down that it is to stop."""
    client = here.store.client
    workers = client.smembers(f"rq:workers:{here.pool}")
    return any(client.hexists(name, "shutdown_requested_date") for name in workers)


@pytest.mark.parametrize("kind", list(WORKERS))
def test_a_worker_delivers_what_a_wake_up_names_and_stops_cleanly(site: Callable[[str], Site], kind: str) -> None:
    with rogue(answer("200 OK", CONFIRMED)) as seen:
        here = site(seen.address)
        ids = here.put(30)
        here.bell.ring("orders")
        with here.worker(kind) as process:
            eventually(lambda: set(here.states(ids)) == {State.DELIVERED}, "all to be delivered")
            said = stop(process)
        assert process.returncode == 0, said
        assert len(seen.requests) == 30


@pytest.mark.parametrize("kind", ["tuned", "plain"])
def test_foreign_and_pickled_jobs_do_nothing(site: Callable[[str], Site], kind: str, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    with rogue(answer("200 OK", CONFIRMED)) as seen:
        here = site(seen.address)
        foreign = rq.Queue(here.pool, connection=here.store.client, serializer=JSONSerializer)
        pickled = rq.Queue(here.pool, connection=here.store.client)
        foreign.enqueue("os.system", args=(f"touch {touched}",))
        pickled.enqueue(os.system, f"touch {touched}")
        foreign.enqueue("jmswrap.worker.job.drain", args=("a", "b"))
        foreign.enqueue("jmswrap.worker.job.drain", args=("no-such-queue",))
        ids = here.put(1)
        here.bell.ring("orders")
        with here.worker(kind) as process:
            eventually(lambda: here.states(ids) == [State.DELIVERED], "the delivery")
            said = stop(process)
        assert process.returncode == 0, said
    assert not touched.exists()


@pytest.mark.parametrize("kind", ["tuned", "plain"])
def test_a_stopped_worker_finishes_its_calls_and_leaves_the_rest(site: Callable[[str], Site], kind: str) -> None:
    told = threading.Event()

    def slow(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        told.wait(120)
        connection.sendall(ANSWER)

    with rogue(slow) as seen:
        here = site(seen.address)
        ids = here.put(3, key="one")
        here.bell.ring("orders")
        with here.worker(kind) as process:
            eventually(lambda: len(seen.requests) == 1, "the call")
            process.send_signal(signal.SIGTERM)
            eventually(lambda: told_to_stop(here), "the mark")
            # A drain looks for that mark ten times a second.
            seen.gone.wait(2)
            told.set()
            said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert here.states(ids) == [State.DELIVERED, State.QUEUED, State.QUEUED]


def test_a_killed_workers_message_is_sent_again_by_another(site: Callable[[str], Site]) -> None:
    def first_hangs(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        if len(seen.requests) == 1:
            seen.gone.wait(120)
        connection.sendall(ANSWER)

    with rogue(first_hangs) as seen:
        here = site(seen.address)
        ids = here.put(1)
        here.bell.ring("orders")
        with here.worker("tuned") as process:
            eventually(lambda: len(seen.requests) == 1, "the call")
            process.kill()
            process.wait(60)
        with here.worker("tuned") as process:
            eventually(lambda: here.states(ids) == [State.DELIVERED], "the delivery")
            stop(process)
        record = here.store.record(ids[0])
        assert record is not None
        assert record.redelivered
        assert len(seen.requests) == 2


def test_a_plain_worker_without_an_integration_says_so(tmp_path: Path) -> None:
    environment = {**os.environ, "JMSWRAP_CONFIG": str(tmp_path / "none.yaml"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        PLAIN, env=environment, capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False
    )
    assert done.returncode == 1
    assert "jmswrap:" in done.stderr
    assert "none.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_outlives_its_store(tmp_path: Path, site: Callable[[str], Site]) -> None:
    with (
        rogue(answer("200 OK", CONFIRMED)) as seen,
        EmbeddedServer(tmp_path / "own") as server,
        closing(redis.Redis.from_url(server.url)) as client,
    ):
        here = site(seen.address)
        configured = here.file.read_text()
        here.file.write_text(re.sub(r'url: "[^"]*"', f'url: "{server.url}"', configured))
        here = Site(here.file, Store(client, here.store.prefix, here.store.limits), here.pool)
        with here.worker("tuned") as process:
            eventually(
                lambda: client.llen(f"rq:queue:{here.pool}") == 0 and client.scard("rq:workers") == 1, "an idle worker"
            )
            server.stop()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1)
            server.start()
            ids = here.put(1)
            here.bell.ring("orders")
            eventually(lambda: here.states(ids) == [State.DELIVERED], "the delivery")
            said = stop(process)
        assert process.returncode == 0, said
