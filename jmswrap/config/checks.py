"""What only the file as a whole can show: names that nothing has, two things that cannot both be.

Each check yields a place and a sentence; ``load`` turns the place into a line. What needs
a contract to be read is checked above, in ``app``.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

from jmswrap.config.afterwards import afterwards, maintenance
from jmswrap.config.answers import answers, callbacks
from jmswrap.config.bridge_checks import bridges
from jmswrap.config.gateway_checks import security
from jmswrap.config.mail_checks import mail
from jmswrap.config.partner_checks import authentication
from jmswrap.config.route_settings import Route, Selector
from jmswrap.config.secrets import is_reference, misplaced
from jmswrap.config.settings import Config
from jmswrap.config.source import Where
from jmswrap.config.suggestions import did_you_mean
from jmswrap.config.waiting import waiting

Found = Iterator[tuple[Where, str]]

_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
_PREFIX = re.compile(r"([A-Za-z_][\w.-]*):(?!:)")
_ELEMENT = re.compile(r"^(\{[^{}]+\})?[A-Za-z_][\w.-]*$")
_PYTHON = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
_HISTORY = re.compile(r"^(sqlite:///.+|postgres(ql)?(\+psycopg)?://.+)$")
_STORES = {"redis": True, "rediss": True, "unix": False}
"""The schemes of a store's address, and whether they need a host."""


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
    yield from _store(config)
    yield from _history(config)
    yield from mail(config, folder)
    yield from _namespaces(config)
    yield from _services(config, folder)
    yield from _partners(config, folder)
    for name, route in config.routes.items():
        where: Where = ("routes", name)
        yield from _ends(where, route, named)
        yield from _selectors(where, route, config)
        yield from _files(where, route, folder)
        yield from afterwards(where, route)
        yield from answers(where, route)
        yield from waiting(where, route, config, named.routes)
        if route.probe is not None:
            yield from _xpath((*where, "probe", "found"), route.probe.found, config.namespaces)
            if route.probe.xslt and not (folder / route.probe.xslt).is_file():
                yield (*where, "probe", "xslt"), _no_file(route.probe.xslt, folder)
    yield from callbacks(config)
    yield from bridges(config, folder)
    yield from _shared(config)
    yield from _cycles(config)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address stays on this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


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


def _store(config: Config) -> Found:
    store = config.store
    if store.url.startswith("sentinel://"):
        if not re.fullmatch(r"sentinel://([^/@]*@)?[^/@,]+(,[^/@,]+)*/[^/?]+", store.url):
            yield ("store", "url"), "`store.url` says too little: write sentinel://HOST:PORT,HOST:PORT/NAME"
    elif store.url:
        parts = urlsplit(store.url)
        if parts.scheme not in _STORES:
            yield ("store", "url"), "`store.url` must begin with redis://, rediss://, unix:// or sentinel://"
        elif _STORES[parts.scheme] and not parts.hostname:
            yield ("store", "url"), "`store.url` names no host: write redis://HOST:PORT"
    if ":" in _userinfo(store.url):
        yield ("store", "url"), "`store.url` holds a password: name where it is in `store.password` (`env:`, `file:`)"
    if store.password and not is_reference(store.password):
        yield ("store", "password"), misplaced("store.password")
    elif store.password and not store.url:
        yield ("store", "password"), "`store.password` is of no use to the embedded server: add `store.url`, or drop it"
    if store.sentinel_password and not is_reference(store.sentinel_password):
        yield ("store", "sentinel_password"), misplaced("store.sentinel_password")
    elif store.sentinel_password and not store.url.startswith("sentinel://"):
        yield ("store", "sentinel_password"), "`store.sentinel_password` is of use with a `store.url` of sentinels only"
    if store.prefix and re.search(r"[\s{}*?\[\]]", store.prefix):
        yield ("store", "prefix"), "`store.prefix` stands in every key: use letters, digits, `-`, `_`, `.` and `:` only"
    named: set[str] = set()
    for index, key in enumerate(store.encryption.keys):
        where: Where = ("store", "encryption", "keys", index)
        if not is_reference(key.secret):
            yield (*where, "secret"), misplaced(f"store.encryption.keys[{index + 1}].secret")
        if key.id in named:
            yield (*where, "id"), f"two keys are named `{key.id}`: give each secret a name of its own"
        named.add(key.id)


def _userinfo(address: str) -> str:
    """Return what stands before the @ of an address."""
    return address.partition("://")[2].partition("/")[0].rpartition("@")[0]


def _history(config: Config) -> Found:
    url = config.history.url
    if url and url != "none" and not _HISTORY.match(url):
        yield (
            ("history", "url"),
            f"`history.url` is `{url.partition(':')[0]}…`: write sqlite:///FILE, postgresql://HOST/DB or `none`",
        )
    for section, address in (("history", url), ("cross_references", config.cross_references.url)):
        if address.startswith("postgres") and ":" in _userinfo(address):
            sentence = f"`{section}.url` holds a password: put it into the file that PGPASSFILE names"
            yield (section, "url"), sentence


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
            yield (*where, "wsdl"), _no_file(service.wsdl, folder)
        if service.python and not _PYTHON.match(service.python):
            yield (*where, "python"), f"`{service.python}` must be written `module:Class`"


def _partners(config: Config, folder: Path) -> Found:
    for name, partner in config.partners.items():
        where: Where = ("partners", name)
        if not (folder / partner.wsdl).is_file():
            yield (*where, "wsdl"), _no_file(partner.wsdl, folder)
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


def _ends(where: Where, route: Route, named: Named) -> Found:
    name = where[1]
    source, target = route.source, route.to
    if (source.service is None) == (source.queue is None):
        yield (*where, "from"), f"route `{name}` needs exactly one of `service` and `queue` in `from`"
    elif source.queue is not None and source.operation:
        yield (*where, "from", "operation"), f"route `{name}` reads a queue, so remove `operation`"
    elif source.queue is not None and route.queue not in (None, source.queue):
        yield (
            (*where, "queue"),
            f"route `{name}` waits on the queue it reads, `{source.queue}`: remove `queue`",
        )
    if source.service is not None and source.service not in named.services:
        end = did_you_mean(source.service, sorted(named.services))
        yield (*where, "from", "service"), f"route `{name}` comes from `{source.service}`, which is no service{end}"
    if (target.partner is None) == (target.queue is None):
        yield (*where, "to"), f"route `{name}` needs exactly one of `partner` and `queue` in `to`"
    elif target.queue is not None and target.operation:
        yield (*where, "to", "operation"), f"route `{name}` goes to a queue, so remove `operation`"
    if target.partner is not None and target.partner not in named.partners:
        end = did_you_mean(target.partner, sorted(named.partners))
        yield (*where, "to", "partner"), f"route `{name}` goes to `{target.partner}`, which is no partner{end}"
    if target.queue is not None and route.reply:
        yield (*where, "reply"), f"route `{name}` goes to a queue, which never answers: remove `reply`"
    if target.queue is not None and route.refusal and not route.steps:
        sentence = f"route `{name}` goes to a queue and has no steps, so nothing refuses: remove `refusal`"
        yield (*where, "refusal"), sentence


def _selectors(where: Where, route: Route, config: Config) -> Found:
    for key, selector in (("key", route.key), ("id", route.id), ("correlation", route.correlation)):
        if selector is not None:
            yield from _selector((*where, key), selector, config.namespaces)
    for index, rule in enumerate(route.waits_for):
        if rule.key is not None:
            yield from _selector((*where, "waits_for", index, "key"), rule.key, config.namespaces)


def _selector(where: Where, selector: Selector, namespaces: dict[str, str]) -> Found:
    given = [selector.xpath, selector.header, selector.property, selector.message_id]
    if sum(bool(value) for value in given) != 1:
        yield where, f"`{where[-1]}` needs exactly one of `xpath`, `header`, `property` and `message_id: true`"
    if selector.xpath:
        yield from _xpath((*where, "xpath"), selector.xpath, namespaces)
    if selector.header and not _ELEMENT.match(selector.header):
        yield (*where, "header"), f"`{selector.header}` is not the name of a header block: write {{namespace}}local"


def _xpath(where: Where, expression: str, namespaces: dict[str, str]) -> Found:
    prefixes = set(_PREFIX.findall(_LITERAL.sub("", expression)))
    missing = sorted(prefixes - set(namespaces))
    for prefix in missing:
        yield where, f"the XPath `{expression}` uses the prefix `{prefix}`: declare it under `namespaces`"
    if missing:
        return
    usable = {prefix: uri for prefix, uri in namespaces.items() if uri and prefix in prefixes}
    try:
        etree.XPath(expression, namespaces=usable)(etree.Element("probe"))
    except (etree.XPathError, ValueError) as error:
        yield where, f"`{expression}` is not an XPath 1.0 expression that can be used: {error}"


def _files(where: Where, route: Route, folder: Path) -> Found:
    groups = [(where, route.steps)]
    for key, answer in (("reply", route.reply), ("refusal", route.refusal)):
        if answer is not None:
            groups.append(((*where, key), answer.steps))
    for place, steps in groups:
        for index, step in enumerate(steps):
            if not (folder / step.xslt).is_file():
                yield (*place, "steps", index, "xslt"), _no_file(step.xslt, folder)
    for index, step in enumerate(route.answer_steps):
        if not (folder / step.xslt).is_file():
            yield (*where, "answer_steps", index, "xslt"), _no_file(step.xslt, folder)


def _no_file(name: str, folder: Path) -> str:
    return f"there is no file `{name}` in {folder}: paths are relative to the folder of this file"


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
