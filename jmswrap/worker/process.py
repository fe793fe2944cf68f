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
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from jmswrap import log
from jmswrap.app.archiving import archiver
from jmswrap.app.backups import require_dealt_with
from jmswrap.app.connections import connect
from jmswrap.app.crossing import forgetting
from jmswrap.app.health import caution
from jmswrap.app.overrides import CONFIG_VARIABLE
from jmswrap.app.stored import tell
from jmswrap.app.stores import vouched
from jmswrap.operate.sweeper import Sweeper
from jmswrap.worker import renewing
from jmswrap.worker.live import Live, live
from jmswrap.worker.wakeup import WakeUp

_LOG = log.get(__name__)

AGAIN_SECONDS = 1.0
"""Before another RQ worker goes on where one gave up."""

OVERRAN = 75
"""The exit status (EX_TEMPFAIL) where a transform was given up and went on: whoever started this starts another."""


class Worker(SimpleWorker):
    """The tuned worker; its drains end soon after it is asked to stop."""

    live: Live
    max_connection_wait_time = 1.0
    """RQ waits up to a minute before it looks again for a store that was away."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Ask the drain under way to end, then let RQ do what it does."""
        self.live.stop.set()
        _LOG.info("stopping", worker=self.live.name)
        try:
            super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ is only partly typed
        except RedisError as error:
            # RQ writes the request into Redis; without Redis, our own mark is enough.
            self._stop_requested = True
            _LOG.warning("stop-not-written", reason=error)


def work(file: Path, burst: bool = False) -> int:
    """Deliver until stopped by SIGTERM or SIGINT; returns the exit status.

    ``burst`` ends as soon as no wake-up waits. Raises ConfigError, ContractError, StoreDown and
    StoreUnsafe before any work is begun.
    """
    file = file.absolute()
    os.environ[CONFIG_VARIABLE] = str(file)
    here = live(file)
    here.outlives_jobs = True
    settings = here.ready.integration.config
    here.connections.store.ready(vouched(settings))
    require_dealt_with(here.ready.integration)
    caution(here.ready.integration, here.connections.store)
    here.attend()
    tell(here.ready.integration)
    own = connect(here.ready.integration)
    sweeper = Sweeper(own.store, own.bell)
    sweeper.start()
    carrier = archiver(here.ready.integration, own.store)
    if carrier is not None:
        carrier.start()
    renewed = renewing.renewal(here)
    renewed.start()
    _LOG.info("working", integration=settings.name, pool=settings.workers.pool, worker=here.name)
    try:
        with forgetting(here.ready.integration):
            while not _worked(here, burst):
                _LOG.warning("works-again", worker=here.name)
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        renewed.stop()
        here.close()
        sweeper.stop()
        if carrier is not None:
            carrier.stop()
        own.close()
    _LOG.info("stopped", worker=here.name)
    return exit_status(here)


def exit_status(here: Live) -> int:
    """Return the exit status of a process that stopped: one that asked itself to is to be replaced.

    The transform for which it did may have ended meanwhile, or be an earlier generation's.
    """
    return OVERRAN if here.retiring.locked() or here.ready.limit.overrun else 0


def _worked(here: Live, burst: bool) -> bool:
    """Run an RQ worker to its end; False when it ended without being asked to.

    RQ gives up when the store fails in the middle of its own bookkeeping. The partner clients
    are still good, so another RQ worker goes on in this process.
    """
    try:
        _worker(here).work(burst=burst, logging_level="WARNING")
        done = burst or here.stop.is_set()
    except StopRequested:
        done = True
    except RedisError as error:
        _LOG.warning("store-away", reason=error)
        done = here.stop.is_set()
    return done or here.stop.wait(AGAIN_SECONDS)


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
    return worker
