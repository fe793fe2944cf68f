"""What is stored and does not fit the configuration that is here: told at the start and by ``check``."""

from collections.abc import Callable, Iterator

from jmswrap import log
from jmswrap.app.archiving import history_of
from jmswrap.app.connections import connect
from jmswrap.app.integration import Integration
from jmswrap.errors import Unavailable
from jmswrap.history.history import History
from jmswrap.operate import rekeying
from jmswrap.operate.rekeying import Progress, Rekeyed
from jmswrap.store.store import Store

_LOG = log.get(__name__)


def tell(integration: Integration) -> None:
    """Log what does not fit, as a process starts; ConfigError when a key has another secret than before."""
    history = history_of(integration)
    connections = connect(integration)
    try:
        for sentence in closed(connections.store, history):
            _LOG.warning("stored-does-not-fit", said=sentence)
    except Unavailable as error:
        _LOG.warning("stored-not-looked-at", reason=error)
    finally:
        if history is not None:
            history.close()
        connections.close()


def closed(store: Store, history: History | None) -> Iterator[str]:
    """Yield what is under keys that are not here any more; only then is everything looked at.

    A key that nothing is under any more is forgotten.
    """
    missing = store.register_keys()
    still = rekeying.still(store, history) if missing else {}
    for key in missing:
        if not still.get(key):
            store.forget_key(key)
        else:
            yield (
                f"{still[key]} messages are encrypted with key `{key}`, which is not in store.encryption.keys: "
                "add it again, behind the others, until `jmswrap rekey` has ended"
            )


def rekey(integration: Integration, say: Callable[[Progress], None]) -> Rekeyed:
    """Put store and history under the first key."""
    history = history_of(integration)
    connections = connect(integration)
    try:
        store = connections.store
        return rekeying.rekey(store, history, store.ring.first, say)
    finally:
        if history is not None:
            history.close()
        connections.close()
