"""``jmswrap work``: an RQ worker tuned for long drains.

It runs jobs in its own process (no fork a job, so partner clients and connections stay open),
reads JSON only, listens to exactly one RQ queue (RQ pops crash-safely only then), runs wake-ups
only, and sweeps the store beside its work.
"""

import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any

from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from jmswrap import log
from jmswrap.app.connections import connect
from jmswrap.operate.sweeper import Sweeper
from jmswrap.worker.live import CONFIG_VARIABLE, Live, live
from jmswrap.worker.wakeup import WakeUp

_LOG = log.get(__name__)


class Worker(SimpleWorker):
    """The tuned worker; its drains end soon after it is asked to stop."""

    live: Live

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Ask the drain under way to end, then let RQ do what it does."""
        self.live.stop.set()
        try:
            super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ is only partly typed
        except RedisError as error:
            # RQ writes the request into Redis; without Redis, our own mark is enough.
            self._stop_requested = True
            _LOG.warning("stop-not-written", reason=error)


def work(file: Path, burst: bool = False) -> int:
    """Deliver until stopped by SIGTERM or SIGINT; returns the exit status.

    ``burst`` ends as soon as no wake-up waits. Raises ConfigError, ContractError and StoreDown
    before any work is begun.
    """
    os.environ[CONFIG_VARIABLE] = str(file.absolute())
    here = live(file.absolute())
    integration = here.ready.integration
    here.connections.store.ready(integration.config.store.durability == "vouched")
    own = connect(integration)
    sweeper = Sweeper(own.store, own.bell)
    worker = _worker(here)
    sweeper.start()
    _LOG.info("working", integration=integration.config.name, pool=integration.config.workers.pool, worker=here.name)
    try:
        worker.work(burst=burst, logging_level="WARNING")
    finally:
        sweeper.stop()
        here.crew.close()
        own.close()
    _LOG.info("stopped", worker=here.name)
    return 0


def _worker(here: Live) -> Worker:
    client: Any = here.connections.store.client
    worker = Worker(
        [here.ready.integration.config.workers.pool],
        name=f"{here.name}-{os.urandom(3).hex()}",
        connection=client,
        job_class=WakeUp,
        serializer=JSONSerializer,
        log_job_description=False,
    )
    worker.live = here
    # From here on a signal before RQ installs its own handlers ends the process as RQ would.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return worker
