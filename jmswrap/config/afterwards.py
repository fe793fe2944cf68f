"""What the file says about messages that do not simply arrive: do the settings fit together?"""

from zoneinfo import ZoneInfoNotFoundError

from jmswrap.config.partner_settings import Partner
from jmswrap.config.route_settings import InDoubt, OnDead, Route
from jmswrap.config.source import Found, Where
from jmswrap.config.suggestions import did_you_mean
from jmswrap.config.windows import zone
from jmswrap.outcome import TABLE, Meaning, Outcome


def afterwards(where: Where, route: Route) -> Found:
    """Yield what does not fit in what a route does with messages that are dead or in doubt."""
    name = where[1]
    yield from _classes((*where, "retry", "by_class"), route)
    if route.expired is not None and route.expired.queue in (route.queue, route.source.queue, name):
        yield (*where, "expired"), f"route `{name}` would put what expired back on its own queue: name another"
    if route.on_dead is OnDead.NACK and route.refusal is None:
        yield (*where, "on_dead"), f"route `{name}` has no `refusal` that `nack` could send: add one"
    if route.in_doubt is InDoubt.PROBE and route.probe is None:
        yield (*where, "in_doubt"), f"route `{name}` does not say how to ask: add `probe: {{operation, found}}`"
    if route.probe is not None and route.in_doubt is not InDoubt.PROBE:
        yield (*where, "probe"), f"route `{name}` never asks: set `in_doubt: probe` or remove `probe`"
    if route.probe is not None and route.to.partner is None:
        yield (*where, "probe"), f"route `{name}` goes to a queue, which cannot be asked: remove `probe`"
    if route.probe is not None and route.idempotent:
        yield (*where, "probe"), f"route `{name}` is `idempotent`, so its messages are never in doubt: remove `probe`"


def maintenance(where: Where, partner: Partner) -> Found:
    """Yield what cannot be meant in a partner's maintenance windows."""
    for index, window in enumerate(partner.maintenance):
        try:
            zone(window.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            sentence = f"there is no time zone `{window.timezone}` on this machine"
            end = "write one like Europe/Berlin, or install tzdata"
            yield (*where, "maintenance", index, "timezone"), f"{sentence}: {end}"


def _classes(where: Where, route: Route) -> Found:
    for name in route.retry.by_class:
        if name in TABLE:
            meanings = {TABLE[Outcome(name)].idempotent, TABLE[Outcome(name)].other}
            if Meaning.WAITING not in meanings:
                yield (*where, name), f"what came to `{name}` is never tried again: remove this class"
        elif name.isdigit() and not 300 <= int(name) <= 599:
            yield (*where, name), f"`{name}` is no HTTP status of a failure: write one from 300 to 599"
        elif not name.isdigit() and name.islower():
            yield (*where, name), f"there is no outcome `{name}`{did_you_mean(name, [str(one) for one in TABLE])}"
