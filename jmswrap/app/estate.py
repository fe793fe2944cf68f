"""What a dead worker leaves behind, given back at once by whoever knows that it is dead.

Without this its messages wait until their leases run out.
"""

from jmswrap import log
from jmswrap.app.connections import connect
from jmswrap.app.integration import Integration
from jmswrap.errors import Unavailable

_LOG = log.get(__name__)


def give_back(integration: Integration, url: str, worker: str) -> None:
    """End a dead worker's leases and ring for the queues; where the store is away, the leases run out instead."""
    connections = connect(integration, url)
    try:
        for queue in connections.store.abandon(worker):
            connections.bell.ring(queue)
    except Unavailable as error:
        _LOG.warning("leases-left", worker=worker, reason=error)
    finally:
        connections.close()
