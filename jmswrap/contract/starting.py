"""The first ``jmswrap.yaml`` of a wrapped partner: complete, and with a word on each choice."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from jmswrap.contract.choosing import MOST_OF_A_NAME, plain
from jmswrap.contract.nouns import Operation, Port, free_name

_TEMPLATE = """\
# The asynchronous front of {wrapped}, made by jmswrap from the partner's WSDL.
#
# It runs as it is:   jmswrap up -c jmswrap.yaml --simulate
# What to decide before it goes live is marked 1 to 4 below.
# Check it at any time:   jmswrap check -c jmswrap.yaml

jmswrap: 1                      # version of this file's form
name: {name}

# Prefixes for the XPaths below.
namespaces:{namespaces}

# What clients see: the partner's operations, each answered {answered}.
services:{services}

# Who the requests are for.
partners:{partners}

# How a request gets from the one to the other. {taking}
# to treat one of them differently, add a route with
#   from: {{service: {first}, operation: {operation}}}
routes:{routes}
"""

_SERVICE = """
  {name}:
    wsdl: {published}"""

_PARTNER = """
  {name}:
    wsdl: {wsdl}
    service: {wsdl_service}
    port: {wsdl_port}
    # 1. Where the partner is. Left out, it is the address in its WSDL:
    #    {address}
    # address: https://partner.example/services
    # timeouts: {{connect_seconds: 5, read_seconds: 60, total_seconds: 90}}"""

_ROUTE = """
  {name}:
    from: {{service: {name}}}
    to: {{partner: {name}}}{answer}
    # 2. Requests with the same key are delivered in the order they came. Without a key
    #    they go out side by side. An XPath from the body element to what the request is
    #    about, an order or an account say.{key_words}
    # key: {{xpath: "{key}"}}
    # 3. A request with the same id is accepted once, however often it is sent.{id_words}
    # id: {{xpath: "{id}"}}
    # 4. When a failed call is tried again: seconds to wait after each attempt; the last
    #    one repeats until max_age_seconds have passed since the request was accepted.
    # retry: {{waits_seconds: [2, 5, 10, 30, 60, 120, 300], max_age_seconds: 172800}}
    #
    # If the partner may get a request twice without harm, say so; a request whose answer
    # was lost is then sent again instead of being set aside for a person to look at.
    # idempotent: true
    # in_doubt: redeliver"""

_OWN_ROUTE = """
  # It has no answer to pass on: it is stored, and delivered afterwards.
  {route}:
    from: {{service: {name}, operation: {operation}}}
    to: {{partner: {name}}}{answer}"""

_NO_OBJECT = """
    #    No name in the contract reads like the number of such a thing: put yours here."""

_NO_REQUEST = """
    #    No name in the contract reads like a request's own id: put yours here."""

_IDENTIFIES = re.compile(
    r"(?:^|[a-z0-9_.-])(?:ID|Id|Number|NUMBER|Num|Nbr|NBR|No|Key|Ref|Reference)$|^(?:id|number|key)$"
)
"""Names of elements that identify something: orderId, AccountNumber, acct_ID."""

_REQUEST = re.compile(r"request|message|msg|transaction|correlation|idempoten|event|uuid|guid|trace", re.IGNORECASE)
"""Names of what is a request's own, and no business object's."""

_ASIDE = re.compile(r"auth|credential|security|user|sender|header|session|type|status|version", re.IGNORECASE)
"""Names of what says who calls, and how; what a request is about lies elsewhere."""

_YAML_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True, slots=True)
class Front:
    """A port of the partner's and what was made of it."""

    name: str
    """The name of its service, its partner and its route."""
    port: Port
    wsdl: str
    """The WSDL that calls are made from, beside the settings."""
    published: str
    """The WSDL that clients see, beside the settings."""
    samples: Mapping[str, etree._Element] = field(default_factory=dict)
    """A request of each operation; the examples come from them."""
    styles: Mapping[str, str] = field(default_factory=lambda: {"": "receipt"})
    """How operations answer, by name; empty: all others."""


def settings_text(name: str, fronts: Sequence[Front]) -> str:
    """Return the text of ``jmswrap.yaml`` for ports of a partner."""
    prefixes = _prefixes(tuple(o for front in fronts for o in front.port.usable))
    taken = [front.name.casefold() for front in fronts]
    routes = "\n".join(_routes(front, prefixes, taken) for front in fronts)
    every = "This route takes every operation;" if len(fronts) == 1 else "Each takes every operation of its service;"
    receipts = all(set(front.styles.values()) == {"receipt"} for front in fronts)
    return _TEMPLATE.format(
        wrapped=_in_a_line(" and ".join(dict.fromkeys(front.port.service for front in fronts))),
        name=_word(name),
        namespaces="".join(f"\n  {p}: {json.dumps(n)}" for n, p in prefixes.items()) or " {}",
        answered="at once with a receipt" if receipts else "as its route says",
        services="".join(_SERVICE.format(name=_word(f.name), published=json.dumps(f.published)) for f in fronts),
        partners="\n".join(_partner(front) for front in fronts),
        taking=every,
        first=_word(fronts[0].name),
        operation=fronts[0].port.usable[0].name,
        routes=routes,
    )


def _partner(front: Front) -> str:
    return _PARTNER.format(
        name=_word(front.name),
        wsdl=json.dumps(front.wsdl),
        wsdl_service=json.dumps(front.port.service),
        wsdl_port=json.dumps(front.port.name),
        address=_in_a_line(front.port.address) or "it gives none, so set it here",
    )


def _routes(front: Front, prefixes: dict[str, str], taken: list[str]) -> str:
    """Write the route of a service, and one for each operation that answers otherwise, under names not taken yet."""
    examples = _examples(front.samples.values(), prefixes)
    found = _ROUTE.format(
        name=_word(front.name),
        key=examples.key,
        key_words="" if examples.object_named else _NO_OBJECT,
        id=examples.id,
        id_words="" if examples.request_named else _NO_REQUEST,
        answer=_answer(front.styles.get("", "receipt")),
    )
    for operation, style in front.styles.items():
        if operation:
            route = free_name(plain(f"{front.name}-{operation}")[:MOST_OF_A_NAME], taken)
            taken.append(route.casefold())
            own = _OWN_ROUTE.format(
                route=route, name=_word(front.name), operation=json.dumps(operation), answer=_answer(style)
            )
            found += own
    return found


def _answer(style: str) -> str:
    return "" if style == "receipt" else f"\n    answer: {style}"


def _word(name: str) -> str:
    """Return a name as YAML takes it for text."""
    return json.dumps(name) if name.lower() in _YAML_WORDS else name


def _in_a_line(text: str) -> str:
    # What follows a line break in a comment would be settings, and the text is the partner's.
    return " ".join(text.split())


def _prefixes(operations: tuple[Operation, ...]) -> dict[str, str]:
    """Give the namespaces of the requests the prefixes ``p``, ``p2``, ``p3`` …"""
    found = dict.fromkeys(o.element[1:].partition("}")[0] for o in operations if o.element.startswith("{"))
    return {n: f"p{i}" if i > 1 else "p" for i, n in enumerate(found, 1)}


@dataclass(frozen=True, slots=True)
class _Examples:
    """XPaths to begin with."""

    key: str
    object_named: bool
    """The key's name reads like the number of a business object."""
    id: str
    request_named: bool
    """The id's name reads like a request's own."""


def _examples(requests: Iterable[etree._Element], prefixes: dict[str, str]) -> _Examples:
    """Return XPaths to values in requests; their namespaces are added to the prefixes."""
    leaves = [leaf for request in requests for leaf in request.iterdescendants("*") if len(leaf) == 0]
    naming = [leaf for leaf in leaves if _IDENTIFIES.search(_local(leaf))]
    own = next((leaf for leaf in naming if _REQUEST.search(_name(leaf))), None)
    things = (leaf for leaf in naming if not _REQUEST.search(_name(leaf)) and not _ASIDE.search("/".join(_path(leaf))))
    thing = min(things, key=lambda leaf: len(_path(leaf)), default=None)
    some = thing if thing is not None else next(iter(leaves), None)
    key, identity = (_xpath(leaf, prefixes) for leaf in (some, own if own is not None else some))
    return _Examples(key, thing is not None, identity, own is not None)


def _path(leaf: etree._Element) -> list[str]:
    """Return the names from below the body element to a leaf."""
    return [_local(element) for element in reversed([leaf, *leaf.iterancestors()][:-1])]


def _name(leaf: etree._Element) -> str:
    """Return what is identified: a plain `id` says it with its parent's name."""
    *above, name = _path(leaf)
    return above[-1] if above and name.lower() in ("id", "number", "key") else name


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _xpath(leaf: etree._Element | None, prefixes: dict[str, str]) -> str:
    if leaf is None:
        return "customer/id"
    path = [leaf, *leaf.iterancestors()][:-1]
    return "/".join(_step(str(e.tag), prefixes) for e in reversed(path))


def _step(tag: str, prefixes: dict[str, str]) -> str:
    namespace, _, local = tag.rpartition("}")
    if not namespace:
        return local
    return f"{prefixes.setdefault(namespace[1:], f'p{len(prefixes) + 1}')}:{local}"
