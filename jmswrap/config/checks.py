"""What only the file as a whole can show: names that nothing has, two things that cannot both be.

Each check yields a place and a sentence; ``load`` turns the place into a line. What needs
a contract to be read is checked above, in ``app``.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from jmswrap.config.addresses import is_loopback
from jmswrap.config.afterwards import afterwards, maintenance
from jmswrap.config.answers import answers, callbacks
from jmswrap.config.bridge_checks import bridges
from jmswrap.config.gateway_checks import security
from jmswrap.config.mail_checks import mail
from jmswrap.config.partner_checks import authentication
from jmswrap.config.problem import no_file
from jmswrap.config.route_checks import route_itself
from jmswrap.config.settings import Config
from jmswrap.config.source import Found, Where
from jmswrap.config.store_checks import history, store
from jmswrap.config.waiting import waiting

_PYTHON = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")


@dataclass(frozen=True, slots=True)
class Named:
    """The names the file gives, also those of sections that were set aside as wrong."""

    services: frozenset[str]
    partners: frozenset[str]
    routes: frozenset[str]


def problems(config: Config, folder: Path, named: Named) -> Found:
    """Yield every problem between the parts of a configuration."""
    yield from _gateway(config)
    yield from security(config, folder, named.services)
    yield from store(config)
    yield from history(config)
    yield from mail(config, folder)
    yield from _namespaces(config)
    yield from _services(config, folder)
    yield from _partners(config, folder)
    for name, route in config.routes.items():
        where: Where = ("routes", name)
        yield from route_itself(where, route, config, folder, named.services, named.partners)
        yield from afterwards(where, route)
        yield from answers(where, route)
        yield from waiting(where, route, config, named.routes)
    yield from callbacks(config)
    yield from bridges(config, folder)
    yield from _shared(config)
    yield from _cycles(config)


def _gateway(config: Config) -> Found:
    gateway = config.gateway
    if not is_loopback(gateway.host) and not gateway.security.accept:
        yield (
            ("gateway", "host"),
            f"`gateway.host` is {gateway.host}, where anybody could call: say in `gateway.security.accept` how callers "
            "show who they are, or listen on 127.0.0.1 behind a proxy that authenticates",
        )
    if gateway.public_url:
        yield from _address(("gateway", "public_url"), gateway.public_url)


def _namespaces(config: Config) -> Found:
    for prefix, uri in config.namespaces.items():
        if not re.fullmatch(r"[A-Za-z_][\w.-]*", prefix):
            yield ("namespaces", prefix), f"`{prefix}` cannot be an XML prefix: it begins with a letter"
        if not uri.strip():
            yield ("namespaces", prefix), f"the namespace of prefix `{prefix}` is empty: give its URI"


def _services(config: Config, folder: Path) -> Found:
    for name, service in config.services.items():
        where: Where = ("services", name)
        if bool(service.wsdl) == bool(service.python):
            yield where, f"service `{name}` needs exactly one of `wsdl` (a contract file) and `python` (`module:Class`)"
        if service.wsdl and not (folder / service.wsdl).is_file():
            yield (*where, "wsdl"), no_file(service.wsdl, folder)
        if service.python and not _PYTHON.match(service.python):
            yield (*where, "python"), f"`{service.python}` must be written `module:Class`"


def _partners(config: Config, folder: Path) -> Found:
    for name, partner in config.partners.items():
        where: Where = ("partners", name)
        if not (folder / partner.wsdl).is_file():
            yield (*where, "wsdl"), no_file(partner.wsdl, folder)
        if partner.address:
            yield from _address((*where, "address"), partner.address)
        yield from maintenance(where, partner)
        yield from authentication(where, partner, folder)


def _address(where: Where, address: str) -> Found:
    key = f"`{'.'.join(str(part) for part in where)}`"
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        yield where, f"{key} must be an address like https://host/path, not `{address}`"
    elif parts.username or parts.password:
        yield where, f"{key} holds a user name or password: leave them out, this file is not a place for secrets"


def _shared(config: Config) -> Found:
    taken: dict[tuple[str, str], str] = {}
    readers: dict[str, str] = {}
    partners: dict[str, tuple[str, str]] = {}
    for name, route in config.routes.items():
        where: Where = ("routes", name)
        if route.source.service is not None:
            taker = taken.setdefault((route.source.service, route.source.operation), name)
            if taker != name:
                what = f"operation `{route.source.operation}`" if route.source.operation else "all operations"
                yield (*where, "from"), f"routes `{taker}` and `{name}` both take {what} of `{route.source.service}`"
        if route.source.queue is not None:
            reader = readers.setdefault(route.source.queue, name)
            if reader != name:
                yield (*where, "from"), f"routes `{reader}` and `{name}` both read `{route.source.queue}`: keep one"
        if route.to.partner is not None:
            queue = config.queue_of(name)
            first, partner = partners.setdefault(queue, (name, route.to.partner))
            if partner != route.to.partner:
                yield (
                    (*where, "to"),
                    f"queue `{queue}` would deliver to `{partner}` (route `{first}`) and to `{route.to.partner}`: "
                    f"give route `{name}` a `queue` of its own",
                )


def _cycles(config: Config) -> Found:
    onward: dict[str, list[tuple[str, str]]] = {}
    for name, route in config.routes.items():
        if route.to.queue is not None:
            onward.setdefault(config.queue_of(name), []).append((route.to.queue, name))
    for name, route in config.routes.items():
        if route.to.queue is None:
            continue
        way = _way(onward, route.to.queue, config.queue_of(name))
        if way is not None and name == min((name, *way)):
            circle = " → ".join((name, *way, name))
            yield ("routes", name, "to"), f"messages would go round for ever: routes {circle}"


def _way(onward: dict[str, list[tuple[str, str]]], start: str, goal: str) -> tuple[str, ...] | None:
    """Return the routes that lead from one queue to another, or None."""
    ways: list[tuple[str, tuple[str, ...]]] = [(start, ())]
    seen: set[str] = set()
    while ways:
        queue, way = ways.pop()
        if queue == goal:
            return way
        if queue not in seen:
            seen.add(queue)
            ways += [(to, (*way, route)) for to, route in onward.get(queue, [])]
    return None
