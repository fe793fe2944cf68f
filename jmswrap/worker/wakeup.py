"""What a worker of ours accepts as a job: a wake-up, in JSON, and nothing else.

Whoever can write to Redis can enqueue anything. A job that is no wake-up fails without being
imported, a pickled one without being unpickled; both are harmless.
"""

from typing import Any

import rq.serializers
from rq.job import Job
from rq.serializers import JSONSerializer

from jmswrap.errors import JmswrapError
from jmswrap.store.wakeup import DRAIN


class NotAWakeUp(JmswrapError):
    """A job in the pool's queue that jmswrap did not put there."""

    code = "not-a-wake-up"


class WakeUp(Job):
    """An RQ job that runs only if it is a wake-up."""

    def perform(self) -> Any:
        """Run the job; NotAWakeUp when it is another's."""
        require_wake_up(self)
        return super().perform()


def require_wake_up(job: Job) -> None:
    """Raise NotAWakeUp unless the job asks for a drain of one queue."""
    if job.func_name != DRAIN or job.instance is not None:
        raise NotAWakeUp(f"job {job.id} asks for {job.func_name}, which is no wake-up; give it a queue of its own")
    if job.kwargs or len(job.args) != 1 or not isinstance(job.args[0], str):
        raise NotAWakeUp(f"job {job.id} has other arguments than a queue's name; remove it")


def only_wake_ups() -> None:
    """Make this process's RQ read JSON only and run wake-ups only.

    For the plain ``rq worker``, whose settings module can choose neither its serializer nor its
    job class (RQ 2.12: both are options of the command). Nothing is unpickled from here on.
    """
    rq.serializers.DefaultSerializer = JSONSerializer  # type: ignore[assignment,misc]
    rq.serializers.PickleSerializer = JSONSerializer  # type: ignore[assignment]
    perform = Job.perform

    def guarded(self: Job) -> Any:
        require_wake_up(self)
        return perform(self)

    if perform.__name__ != guarded.__name__:
        Job.perform = guarded  # type: ignore[method-assign]
