"""Wake-ups: one RQ job that says "this queue has work" and carries no message.

A lost, doubled or late wake-up is harmless, so ringing never fails a caller: the sweeper
finds the queues that have work and nobody awake.
"""

import math

import redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from jmswrap import log

DRAIN = "jmswrap.worker.job.drain"
"""The function an RQ worker runs; by name, so that nobody needs to import the workers."""

KEPT_SECONDS = 3600
"""A wake-up that no worker took for so long is dropped; others have followed it."""

FAILURE_KEPT_SECONDS = 600
"""How long RQ shows a wake-up that failed."""

_LOG = log.get(__name__)


class Bell:
    """Enqueues wake-ups on the RQ queue of a worker pool."""

    def __init__(self, client: redis.Redis, pool: str, job_seconds: float = 120) -> None:
        """``job_seconds`` is the longest that a drain and its last calls may take."""
        # RQ's time-out interrupts the job, so it comes well beyond.
        self._timeout_seconds = math.ceil(job_seconds) + 60
        self.pool = pool
        self._pool = Queue(pool, connection=client, serializer=JSONSerializer)

    def ring(self, queue: str) -> None:
        """Enqueue a wake-up for a message queue; a failure is logged, never raised."""
        try:
            self._pool.enqueue(
                DRAIN,
                args=(queue,),
                description=f"jmswrap: deliver from {queue}",
                job_timeout=self._timeout_seconds,
                result_ttl=0,
                failure_ttl=FAILURE_KEPT_SECONDS,
                ttl=KEPT_SECONDS,
            )
        except RedisError as error:
            _LOG.warning("ring-failed", queue=queue, reason=error)
