"""Which jobs a worker runs: wake-ups, and nothing else."""

import pytest
from rq.job import Job
from rq.serializers import JSONSerializer

from jmswrap.store.store import Store
from jmswrap.worker.wakeup import NotAWakeUp, WakeUp, require_wake_up

DRAIN = "jmswrap.worker.job.drain"


def job(store: Store, function: str, *args: object, **kwargs: object) -> Job:
    return WakeUp.create(function, args=args, kwargs=kwargs, connection=store.client, serializer=JSONSerializer)


def test_a_wake_up_may_run(store: Store) -> None:
    require_wake_up(job(store, DRAIN, "orders"))


@pytest.mark.parametrize("function", ["os.system", "jmswrap.worker.job.Look", "jmswrap.worker.job.drain.x", "drain"])
def test_another_function_is_refused_without_being_imported(store: Store, function: str) -> None:
    with pytest.raises(NotAWakeUp, match="no wake-up"):
        job(store, function, "orders").perform()


def test_other_arguments_are_refused(store: Store) -> None:
    for odd in (job(store, DRAIN), job(store, DRAIN, "a", "b"), job(store, DRAIN, 7), job(store, DRAIN, "a", x=1)):
        with pytest.raises(NotAWakeUp, match="arguments"):
            odd.perform()
