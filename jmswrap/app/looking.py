"""The read facade of an integration."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from jmswrap.app.archiving import open_history
from jmswrap.app.integration import Integration
from jmswrap.app.stores import opened
from jmswrap.config.consumers import consumers
from jmswrap.inspect.inspection import Inspection


@contextmanager
def looking(integration: Integration) -> Iterator[Inspection]:
    """Open the read facade."""
    config = integration.config
    queues: dict[str, tuple[str, ...]] = dict.fromkeys(consumers(config), ())
    for route in config.routes:
        queue = config.queue_of(route)
        queues[queue] = (*queues.get(queue, ()), route)
    partners = {config.queue_of(name): r.to.partner for name, r in config.routes.items() if r.to.partner}
    windows = {name: partner.maintenance for name, partner in config.partners.items()}
    store = opened(integration)
    with open_history(integration) as history, closing(store.client):
        yield Inspection(store, queues, partners, history, windows)
