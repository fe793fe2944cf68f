"""An integration's health: what is looked at, and by whose thresholds."""

from collections.abc import Mapping

from jmswrap import log
from jmswrap.app.bridging import views
from jmswrap.app.integration import Integration
from jmswrap.app.looking import looking
from jmswrap.app.stores import limits, opened, vouched
from jmswrap.config.partner_settings import Partner
from jmswrap.errors import Unavailable
from jmswrap.inspect.health import Facts, Finding, judge
from jmswrap.store.copies import Copies
from jmswrap.store.refusals import Refusals
from jmswrap.store.store import Store
from jmswrap.store.unknown import UnknownSeen

_LOG = log.get(__name__)


def examine(integration: Integration) -> list[Finding]:
    """Return what a person should look at, the worst first; a store that is away is one of it."""
    thresholds = integration.config.health
    try:
        return judge(_facts(integration), thresholds)
    except Unavailable as error:
        return judge(Facts(store=(str(error),)), thresholds)


def caution(integration: Integration, store: Store) -> None:
    """Log what promises less than is meant; what is wrong is told elsewhere."""
    try:
        _, cautions = store.condition(vouched(integration.config))
    except Unavailable:
        return
    for sentence in cautions:
        _LOG.warning("store-promises-less", reason=sentence)


def _facts(integration: Integration) -> Facts:
    config = integration.config
    store = opened(integration)
    try:
        problems, cautions = store.condition(vouched(config))
        copies = Copies(store.client, config.prefix, limits(config))
        made_ms, now_ms = copies.made_ms(), store.now_ms()
        with looking(integration) as inspection:
            return Facts(
                store=problems,
                cautions=cautions,
                restored_from=copies.restored_from(),
                queues=inspection.queues(),
                refused=Refusals(store.client, config.prefix).all(),
                open_breakers=_open_breakers(store, config.partners),
                unknown=UnknownSeen(store.client, config.prefix).all(),
                bridges=views(config, store),
                history=inspection.history(),
                backup_age_ms=now_ms - made_ms if made_ms else None,
            )
    finally:
        store.client.close()


def _open_breakers(store: Store, partners: Mapping[str, Partner]) -> dict[str, int]:
    failures = store.failures(list(partners))
    return {name: count for name, count in failures.items() if 0 < partners[name].breaker_failures <= count}
