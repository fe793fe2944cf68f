"""The first ``jmswrap.yaml`` of a wrapped partner: complete, and with a word on each choice."""

import json
from collections.abc import Iterable, Mapping

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
    #    they go out side by side. An XPath from the body element, for example:
    # key: {{xpath: "{xpath}"}}
    # 3. A request with the same id is accepted once, however often it is sent.
    # id: {{xpath: "{xpath}"}}
    # 4. When a failed call is tried again: seconds to wait after each attempt; the last
    #    one repeats until max_age_seconds have passed since the request was accepted.
    # retry: {{waits_seconds: [2, 5, 10, 30, 60, 120, 300], max_age_seconds: 172800}}
    #
    # If the partner may get a request twice without harm, say so; a request whose answer
    # was lost is then sent again instead of being set aside for a person to look at.
    # idempotent: true
    # in_doubt: redeliver
"""


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
    return _TEMPLATE.format(
        service=port.service,
        name=json.dumps(name) if name.lower() in _YAML_WORDS else name,
        xpath=_example((samples or {}).values(), prefixes),
        namespaces="".join(f"\n  {p}: {json.dumps(n)}" for n, p in prefixes.items()) or " {}",
        front=json.dumps(front),
        wsdl=json.dumps(wsdl),
        wsdl_service=json.dumps(port.service),
        wsdl_port=json.dumps(port.name),
        address=port.address or "it gives none, so set it here",
        operation=first.name,
        answer="" if answer == "receipt" else f"\n    answer: {answer}",
    )


def _prefixes(operations: tuple[Operation, ...]) -> dict[str, str]:
    """Give the namespaces of the requests the prefixes ``p``, ``p2``, ``p3`` …"""
    found = dict.fromkeys(o.element[1:].partition("}")[0] for o in operations if o.element.startswith("{"))
    return {n: f"p{i}" if i > 1 else "p" for i, n in enumerate(found, 1)}


def _example(requests: Iterable[etree._Element], prefixes: dict[str, str]) -> str:
    """Return an XPath to the first value in a request; its namespaces are added to the prefixes."""
    leaf = next((e for request in requests for e in request.iterdescendants("*") if len(e) == 0), None)
    if leaf is None:
        return "customer/id"
    path = [leaf, *leaf.iterancestors()][:-1]
    return "/".join(_step(str(e.tag), prefixes) for e in reversed(path))


def _step(tag: str, prefixes: dict[str, str]) -> str:
    namespace, _, local = tag.rpartition("}")
    if not namespace:
        return local
    return f"{prefixes.setdefault(namespace[1:], f'p{len(prefixes) + 1}')}:{local}"
