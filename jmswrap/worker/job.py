"""The RQ job: drain one queue.

``jmswrap.worker.job.drain`` is what wake-ups name. It never raises for what a partner does; its
``meta`` and description say which queue was drained and what came of it.
"""

from dataclasses import asdict
from typing import Any

from redis.exceptions import RedisError
from rq import get_current_job
from rq.job import Job

from jmswrap import clock, log
from jmswrap.config.consumers import consumers
from jmswrap.deliver.delivery import Call
from jmswrap.deliver.drain import Drain
from jmswrap.deliver.pace import Drained, Pace
from jmswrap.deliver.unknown import write_down
from jmswrap.worker import renewing
from jmswrap.worker.apart import apart
from jmswrap.worker.live import Live, configured, live

_LOG = log.get(__name__)

SAY_SECONDS = 2.0
"""Between two updates of the job's description."""


def drain(queue: str) -> None:
    """Deliver what waits on a queue, for a while."""
    here = live(configured())
    if not here.outlives_jobs:
        renewing.at_once(here)
    ready = here.ready
    plan = ready.plans.get(queue)
    if plan is None:
        if consumers(ready.integration.config).get(queue) != "":
            # An old wake-up, or one of a newer configuration: another worker may know the queue. That an
            # application or a bridge takes from it is nothing to tell.
            _LOG.warning("queue-unknown", queue=queue)
        return
    settings = ready.integration.config.workers
    look = Look(here, queue, get_current_job())
    leftover = here.outlast if here.outlives_jobs else None
    here.attend()
    told = here.postman.tell if here.postman is not None else None
    pace = Pace(
        settings.drain_seconds,
        settings.linger_seconds,
        look.stopping,
        look.others_wait,
        leftover,
        apart,
        here.fence,
        told,
    )
    connections = here.connections
    work = Drain(connections.store, connections.bell, here.crew, plan, here.name, pace)
    look.drained = work.drained
    drained = work.run()
    for target in {id(d.target): d.target for d in plan.deliveries.values()}.values():
        if isinstance(target, Call):
            write_down(connections.store, target.partner)
    if not here.outlives_jobs:
        if here.postman is not None:
            here.postman.close()
        here.depart()
    look.say()
    counts = {name: count for name, count in asdict(drained).items() if count}
    _LOG.info("drained", queue=queue, **counts)
    if ready.limit.overrun and here.outlives_jobs:
        here.retire()


class Look:
    """What a drain looks at beside its queue: the shutdown mark, the pool, the RQ job it runs in."""

    def __init__(self, here: Live, queue: str, job: Job | None) -> None:
        self._here = here
        self._ready = here.ready
        self._queue = queue
        self._job = job
        self._client = here.connections.store.client
        self._pool_key = f"rq:queue:{here.ready.integration.config.workers.pool}"
        self._marked = False
        self._said_at = clock.monotonic()
        self.drained = Drained()

    def stopping(self) -> bool:
        """Tell whether to stop: RQ wrote so into its hash, new plans were adopted, a transform was given up."""
        asked = self._marked or self._here.stop.is_set() or self._here.ready is not self._ready
        return asked or self._ready.limit.overrun

    def others_wait(self) -> bool:
        """Tell whether other wake-ups wait in the pool; looks for the shutdown mark on the way."""
        try:
            pipe: Any = self._client.pipeline(transaction=False)
            pipe.llen(self._pool_key)
            pipe.hexists(f"rq:worker:{self._job.worker_name if self._job else ''}", "shutdown_requested_date")
            waiting, marked = pipe.execute()
        except RedisError:
            # The drain itself notices that the store is away, and says so.
            return False
        self._marked = bool(marked)
        if clock.monotonic() - self._said_at >= SAY_SECONDS:
            self.say()
        return bool(waiting)

    def say(self) -> None:
        """Write into the RQ job what was done so far."""
        self._said_at = clock.monotonic()
        if self._job is None:
            return
        counts = asdict(self.drained)
        said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
        self._job.meta = {"queue": self._queue, **counts}
        self._job.description = f"jmswrap: deliver from {self._queue}: {said or 'nothing yet'}"
        try:
            self._job.save_meta()  # type: ignore[no-untyped-call]  # RQ is only partly typed
            self._client.hset(self._job.key, "description", self._job.description)
        except RedisError as error:
            _LOG.debug("job-not-described", reason=error)
