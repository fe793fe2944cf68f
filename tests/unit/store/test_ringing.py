"""wakeup.py: one RQ job that says a queue has work."""

import json

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from jmswrap.store import opening
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.wakeup import Bell


def test_a_wake_up_is_a_json_job_that_names_its_queue(store_server: EmbeddedServer) -> None:
    client = redis.Redis.from_url(store_server.url)
    Bell(client, "pool-of-bell").ring("orders")
    pool = Queue("pool-of-bell", connection=client, serializer=JSONSerializer)
    (job,) = pool.jobs
    assert (job.func_name, job.args, job.description) == (
        "jmswrap.worker.job.drain",
        ["orders"],
        "jmswrap: deliver from orders",
    )
    assert (job.result_ttl, job.failure_ttl, job.ttl) == (0, 600, 3600)
    raw = client.hget(f"rq:job:{job.id}", "data")
    assert raw
    pool.delete(delete_jobs=True)
    client.close()


def test_ringing_never_fails_its_caller(caplog: pytest.LogCaptureFixture) -> None:
    Bell(opening.client("unix:///nowhere/sock"), "pool").ring("orders")
    assert "ring-failed queue=orders" in caplog.text


def test_the_arguments_are_json_and_nothing_else(store_server: EmbeddedServer) -> None:
    client = redis.Redis.from_url(store_server.url)
    Bell(client, "pool-of-json").ring("orders")
    pool = Queue("pool-of-json", connection=client, serializer=JSONSerializer)
    assert json.loads(json.dumps(pool.jobs[0].args)) == ["orders"]
    pool.delete(delete_jobs=True)
    client.close()


def test_a_job_may_take_longer_than_the_longest_drain_and_its_calls(store_server: EmbeddedServer) -> None:
    client = redis.Redis.from_url(store_server.url)
    Bell(client, "pool-of-time", job_seconds=400.5).ring("orders")
    pool = Queue("pool-of-time", connection=client, serializer=JSONSerializer)
    assert pool.jobs[0].timeout == 461
    pool.delete(delete_jobs=True)
    client.close()
