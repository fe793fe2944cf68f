"""How a worker process adopts a new generation: its next drain works by it, the one under way ends early."""

import signal

from jmswrap.app.integration import Integration
from jmswrap.app.renewal import Manner, Renewal
from jmswrap.store.refusals import Refusals
from jmswrap.worker.live import Live, Ready

_MANNER = Manner("worker")


def renewal(here: Live) -> Renewal:
    """Return what looks for new generations for a process that outlives its jobs; SIGHUP asks it."""
    made = _renewal(here)
    signal.signal(signal.SIGHUP, lambda _number, _frame: made.ask())
    return made


def at_once(here: Live) -> None:
    """Adopt what has changed since this process's parent read the files; a plain RQ worker forks a job."""
    _renewal(here).look(at_once=True)


def _renewal(here: Live) -> Renewal:
    integration = here.ready.integration

    def adopt(new: Integration) -> None:
        here.ready = Ready.of(new)

    return Renewal(integration, _MANNER, adopt, Refusals(here.connections.store.client, integration.config.prefix))
