"""The first ``jmswrap.yaml`` of a wrapped partner: complete, and with a word on each choice."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lxml import etree

from jmswrap.contract.nouns import Operation, Port

_TEMPLATE = """\
# The asynchronous front of {service}, made by jmswrap from the partner's WSDL.
#
# It runs as it is:   jmswrap up -c jmswrap.yaml --simulate
# What to decide before it goes live is marked 1 to 4 below.
# Check it at any time:   jmswrap check -c jmswrap.yaml

jmswrap: 1                      # version of this file's form
name: {name}

# Prefixes for the XPaths below.
namespaces:{namespaces}

# What clients see: the partner's operations, each answered at once with a receipt.
services:
  {name}:
    wsdl: {front}

# Who the requests are for.
partners:
  {name}:
    wsdl: {wsdl}
    service: {wsdl_service}
    port: {wsdl_port}
    # 1. Where the partner is. Left out, it is the address in its WSDL:
    #    {address}
    # address: https://partner.example/services
    # timeouts: {{connect_seconds: 5, read_seconds: 60, total_seconds: 90}}

# How a request gets from the one to the other. This route takes every operation;
# to treat one of them differently, add a route with
#   from: {{service: {name}, operation: {operation}}}
routes:
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
    # in_doubt: redeliver
"""


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


def settings_text(
    name: str,
    port: Port,
    wsdl: str,
    front: str,
    samples: Mapping[str, etree._Element] | None = None,
    answer: str = "receipt",
) -> str:
    """Return the text of ``jmswrap.yaml`` for one port of a partner; samples give its examples."""
    first = port.usable[0]
    prefixes = _prefixes(port.usable)
    examples = _examples((samples or {}).values(), prefixes)
    return _TEMPLATE.format(
        service=_in_a_line(port.service),
        name=json.dumps(name) if name.lower() in _YAML_WORDS else name,
        key=examples.key,
        key_words="" if examples.object_named else _NO_OBJECT,
        id=examples.id,
        id_words="" if examples.request_named else _NO_REQUEST,
        namespaces="".join(f"\n  {p}: {json.dumps(n)}" for n, p in prefixes.items()) or " {}",
        front=json.dumps(front),
        wsdl=json.dumps(wsdl),
        wsdl_service=json.dumps(port.service),
        wsdl_port=json.dumps(port.name),
        address=_in_a_line(port.address) or "it gives none, so set it here",
        operation=first.name,
        answer="" if answer == "receipt" else f"\n    answer: {answer}",
    )


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
