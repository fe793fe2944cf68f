"""What is stored and does not fit the configuration that is here: told at the start and by ``check``."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

from jmswrap import log
from jmswrap.app.archiving import open_history
from jmswrap.app.connections import connect
from jmswrap.app.integration import Integration
from jmswrap.config.consumers import consumers
from jmswrap.config.settings import Config
from jmswrap.contract.nouns import Contract
from jmswrap.errors import Unavailable
from jmswrap.history.history import History
from jmswrap.operate import rekeying
from jmswrap.operate.rekeying import Progress, Rekeyed
from jmswrap.states import HERE
from jmswrap.store.packing import SCHEMA_VERSION, newer
from jmswrap.store.store import Store

_LOG = log.get(__name__)

MOST_LOOKED_AT = 20_000
"""Messages of a queue that are looked at for routes that are gone."""


def tell(integration: Integration) -> None:
    """Log what does not fit, as a process starts; ConfigError when a key has another secret than before."""
    try:
        for sentence in look(integration):
            _LOG.warning("stored-does-not-fit", reason=sentence)
    except Unavailable as error:
        _LOG.warning("stored-not-looked-at", reason=error)


def stranded(config: Config, partners: Mapping[str, Contract], store: Store) -> Iterator[str]:
    """Yield which messages wait for queues, routes or operations that the configuration does not have any more."""
    known = consumers(config)
    for summary in store.queues():
        here = sum(n for state, n in summary.counts.items() if state in HERE)
        if here and summary.name not in known:
            yield (
                f"{here} messages are on queue `{summary.name}`, which no route has any more: put its route back until "
                f"it is empty, `jmswrap move --all -q {summary.name} -s STATE --to QUEUE` them, or cancel and bury them"
            )
        elif here and known[summary.name]:
            yield from _on_queue(config, partners, store, summary.name)


def _on_queue(config: Config, partners: Mapping[str, Contract], store: Store, queue: str) -> Iterator[str]:
    """Look at as many of a queue's messages as a start has time for."""
    routes, operations, later = Counter[str](), Counter[tuple[str, str]](), Counter[int]()
    for record in itertools.islice(store.walk(queue), MOST_LOOKED_AT):
        message = record.message
        if record.state not in HERE:
            continue
        if record.version > SCHEMA_VERSION:
            later[record.version] += 1
            continue
        route = config.routes.get(message.route) if message.route else None
        if message.route and (route is None or config.queue_of(message.route) != queue):
            routes[message.route] += 1
        elif route and route.to.partner and not route.to.operation and route.to.partner in partners:
            settings = config.partners[route.to.partner]
            port = partners[route.to.partner].port(settings.service, settings.port)
            if message.operation and message.operation not in port.operations:
                operations[message.operation, route.to.partner] += 1
    for version, count in sorted(later.items()):
        yield f"each of {count} messages on queue `{queue}` {newer(version)}"
    for name, count in sorted(routes.items()):
        yield (
            f"{count} messages on queue `{queue}` are for route `{name}`, which does not take from it any more: put "
            f"it back until they are gone, `jmswrap move --all --route {name} -s STATE --to QUEUE` them, or cancel them"
        )
    for (operation, partner), count in sorted(operations.items()):
        yield (
            f"{count} messages on queue `{queue}` are for operation `{operation}`, which the contract of partner "
            f"`{partner}` does not have any more: go back to the contract that has it, or edit, move or cancel them"
        )


def look(integration: Integration) -> list[str]:
    """Return everything that does not fit; Unavailable when the store cannot be asked, ConfigError."""
    with open_history(integration) as history, closing(connect(integration)) as connections:
        store = connections.store
        return [*closed(store, history), *stranded(integration.config, integration.partners, store)]


def closed(store: Store, history: History | None) -> Iterator[str]:
    """Yield what is under keys that are not here any more; only then is everything looked at.

    A key that nothing is under any more is forgotten.
    """
    missing = store.at_rest.register_keys()
    still = rekeying.still(store.at_rest, history) if missing else {}
    for key in missing:
        if not still.get(key):
            store.at_rest.forget_key(key)
        else:
            yield (
                f"{still[key]} messages are encrypted with key `{key}`, which is not in store.encryption.keys: "
                "add it again, behind the others, until `jmswrap rekey` has ended"
            )


def rekey(integration: Integration, say: Callable[[Progress], None]) -> Rekeyed:
    """Put store and history under the first key."""
    with open_history(integration) as history, closing(connect(integration)) as connections:
        store = connections.store
        return rekeying.rekey(store.at_rest, history, store.ring.first, say)
