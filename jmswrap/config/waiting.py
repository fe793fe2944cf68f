"""What the file says about routes that wait for others: can anybody wait for that?"""

from collections.abc import Collection

from jmswrap.config.route_settings import Order, Route, WaitsFor
from jmswrap.config.settings import Config
from jmswrap.config.source import Found, Where
from jmswrap.config.suggestions import did_you_mean


def waiting(where: Where, route: Route, config: Config, known: Collection[str]) -> Found:
    """Yield what cannot be in a route's ``waits_for``; ``known`` are the routes that the file names."""
    name = where[1]
    if route.waits_for and route.source.service is not None:
        service = config.services.get(route.source.service)
        if service is not None and service.python:
            yield (
                (*where, "waits_for"),
                f"route `{name}` comes from a typed service, whose methods say what their messages wait for: "
                "remove `waits_for` and give it to `put`",
            )
    for index, rule in enumerate(route.waits_for):
        place: Where = (*where, "waits_for", index)
        if rule.route not in known:
            end = did_you_mean(rule.route, sorted(known))
            yield (*place, "route"), f"route `{name}` waits for `{rule.route}`, which is no route{end}"
        elif rule.route in config.routes:
            yield from _rule(place, route, rule, config.routes[rule.route])


def pointless(name: str, config: Config) -> Found:
    """Yield the rules of a route that change nothing."""
    route = config.routes[name]
    for index, rule in enumerate(route.waits_for):
        first = config.routes[rule.route]
        whole = Order.QUEUE in (route.order, first.order)
        if config.queue_of(name) == config.queue_of(rule.route) and (whole or rule.key == route.key):
            yield (
                ("routes", name, "waits_for", index),
                f"route `{name}` waits for messages of its own queue and key, which go first anyway: remove this",
            )


def _rule(place: Where, route: Route, rule: WaitsFor, first: Route) -> Found:
    name = place[1]
    if first.order is Order.NONE:
        yield (
            (*place, "route"),
            f"route `{rule.route}` keeps no order (`order: none`), so nobody can wait for its messages: "
            "give it `order: key` and a `key`",
        )
    elif first.order is Order.QUEUE:
        if rule.key is not None:
            yield (
                (*place, "key"),
                f"route `{rule.route}` keeps its whole queue in order, so `{name}` waits for all of it: remove `key`",
            )
    elif first.key is None and first.source.service is not None:
        yield (*place, "route"), f"route `{rule.route}` has no `key` to wait for: give it one"
    elif rule.key is None:
        yield place, f"route `{name}` does not say where its messages name the key of `{rule.route}`: add `key`"
    if rule.key is not None and route.source.queue is not None and (rule.key.header or rule.key.message_id):
        yield (
            (*place, "key"),
            f"route `{name}` reads a queue, where messages have no SOAP headers: use `xpath` or `property`",
        )
