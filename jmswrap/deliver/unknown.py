"""Writes down what partners' replies had that their contracts have not."""

from jmswrap import log
from jmswrap.errors import StoreDown
from jmswrap.partner.callback import CallbackClient
from jmswrap.partner.client import PartnerClient
from jmswrap.store.store import Store
from jmswrap.store.unknown import UnknownSeen

_LOG = log.get(__name__)


def write_down(store: Store, partner: PartnerClient | CallbackClient) -> None:
    """Add what a partner's client has seen since the last time to the counts."""
    watch = partner.watch if isinstance(partner, PartnerClient) else None
    found = watch.taken() if watch is not None else {}
    if not found:
        return
    for operation, element in found:
        _LOG.warning("reply-has-unknown-element", partner=partner.name, operation=operation, element=element)
    try:
        UnknownSeen(store.client, store.prefix).add(partner.name, found)
    except StoreDown as error:
        # The counts are for people, who find them in the log as well.
        _LOG.warning("unknown-elements-not-counted", partner=partner.name, reason=error)
