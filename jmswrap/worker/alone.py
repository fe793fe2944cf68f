"""``python -m jmswrap.worker.alone ID FENCE``: delivers one message that another process holds.

The worker that holds it starts this process (``worker/apart.py``) when the message may have killed
workers: if it does so again, only this process dies. The hold, renewed here, is the worker's own.
"""

import json
import os
import sys
from dataclasses import asdict

from jmswrap import log
from jmswrap.app import lifeline
from jmswrap.deliver.crew import Crew
from jmswrap.deliver.drain import Drain
from jmswrap.deliver.pace import Drained, Pace
from jmswrap.errors import JmswrapError
from jmswrap.message import Claimed
from jmswrap.states import State
from jmswrap.worker.apart import NOT_BEGUN
from jmswrap.worker.live import configured, live

_LOG = log.get(__name__)

LAST_MAIL_SECONDS = 5.0
"""How long a mail may hold up the end of this process, for which a worker waits."""


def deliver(message_id: str, fence: int) -> Drained:
    """Deliver the message if the hold still counts; raises Unavailable, ConfigError, ContractError."""
    here = live(configured())
    record = here.connections.store.record(message_id, with_body=True)
    if record is None or record.state is not State.IN_FLIGHT or record.fence != fence:
        return Drained()
    plan = here.ready.plans.get(record.message.queue)
    if plan is None:
        return Drained()
    here.attend(record.worker)
    pace = Pace(fence=here.fence, tells=here.postman.tell if here.postman is not None else None)
    drain = Drain(here.connections.store, here.connections.bell, Crew(1), plan, here.name, pace)
    try:
        return drain.only(Claimed(record, record.message.body, fence))
    finally:
        if here.postman is not None:
            here.postman.close(LAST_MAIL_SECONDS)
        here.depart()


def main() -> int:
    """Deliver what the command line names; print what came of it."""
    lifeline.attach(os.environ)
    log.to_stderr()
    try:
        drained = deliver(sys.argv[1], int(sys.argv[2]))
    except JmswrapError as error:
        _LOG.error("not-begun", message=sys.argv[1], reason=error)
        return NOT_BEGUN
    sys.stdout.write(json.dumps(asdict(drained)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
