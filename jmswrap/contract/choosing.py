"""Which ports of a contract are wrapped together, what each is called, and how each operation answers."""

import re
from collections.abc import Sequence

from jmswrap.contract import answers
from jmswrap.contract.nouns import ENCODED, RPC, Contract, Operation, Port, free_name

MOST_OF_A_NAME = 96
"""Characters of a name that is made here; a number may follow."""


def chosen(contract: Contract, service: str = "", ports: Sequence[str] = (), every: bool = False) -> list[Port]:
    """Return the ports that are named, as ``PORT`` or ``SERVICE/PORT``; ``every``: every set of operations once.

    Raises ``ContractError`` when one is not there.
    """
    if every:
        offered = [p for p in _offered(contract) if service in ("", p.service)]
        # Of two with the same operations that of SOAP 1.1: it is published for both versions.
        kept: list[Port] = []
        for port in sorted(offered, key=lambda p: p.soap_version):
            if not any(port.service == other.service and _are_alike(port, other) for other in kept):
                kept.append(port)
        found = [p for p in offered if any(p is one for one in kept)]
        # With nothing to choose from, the port alone says what stands in the way.
        return found or [contract.port(service)]
    named = [_named(contract, service, written) for written in ports or ("",)]
    return list({(p.service, p.name): p for p in named}.values())


def _named(contract: Contract, service: str, written: str) -> Port:
    of, _, name = written.rpartition("/")
    return contract.port(of or service, name)


def passed_over(contract: Contract, ports: Sequence[Port]) -> list[str]:
    """Return the ports with other operations than those that are chosen, as ``SERVICE/PORT``."""
    return [f"{p.service}/{p.name}" for p in _offered(contract) if not any(_are_alike(p, one) for one in ports)]


def _offered(contract: Contract) -> list[Port]:
    """Return the ports of which something can be taken; where a jmswrap is asked about messages, ours is asked."""
    asked = f"{{{answers.NAMESPACE}}}"
    return [p for p in contract.ports if not all(one.element.startswith(asked) for one in p.usable)]


def refused(contract: Contract, service: str, ports: Sequence[Port]) -> list[Port]:
    """Return the ports, of a service if one is named, of which nothing can be taken and nothing is by another."""
    offered = [p for p in contract.ports if service in ("", p.service) and p.operations and not p.usable]
    return [p for p in offered if not any(_are_alike(p, one) for one in ports)]


def _are_alike(one: Port, other: Port) -> bool:
    """Tell whether two ports have the same operations: in any order, but with the same requests."""
    if one.operations.keys() != other.operations.keys():
        return False
    pairs = ((operation, other.operations[name]) for name, operation in one.operations.items())
    return all(a.message == b.message or a.element == b.element or not (a.element and b.element) for a, b in pairs)


def names(ports: Sequence[Port]) -> list[str]:
    """Name each port's service: after the WSDL's, with the port where that has several; no two alike."""
    services = [p.service for p in ports]
    found: list[str] = []
    for port in ports:
        whole = port.service if services.count(port.service) == 1 else f"{port.service}-{port.name}"
        found.append(free_name(plain(whole)[:MOST_OF_A_NAME], [one.casefold() for one in found]))
    return found


def plain(service: str) -> str:
    """Return a service's name as one that settings, addresses and keys may bear."""
    written = re.sub(r"[^A-Za-z0-9_.-]+", "-", service).strip("-")[:100]
    return written if written[:1].isalpha() else f"service-{written}".rstrip("-")


def style(operation: Operation, wanted: str, declared: frozenset[str]) -> str:
    """Return how an operation answers where one style is wanted of all.

    What has no answer to pass on is accepted instead. Answers in SOAP's encoding stay as wanted, to be refused.
    """
    if wanted != "sync":
        return wanted
    if operation.one_way:
        return "empty"
    form = operation.reply.form if operation.reply is not None else RPC
    if form == ENCODED:
        return wanted
    return wanted if form == RPC and operation.reply_element in declared else "receipt"


def styles(port: Port, wanted: str, declared: frozenset[str]) -> dict[str, str]:
    """Return the style of each operation that has another than the rest, by name, and as ``""`` that of the rest."""
    each = {operation.name: style(operation, wanted, declared) for operation in port.usable}
    most = wanted if wanted in each.values() or not each else next(iter(each.values()))
    return {"": most, **{name: one for name, one in each.items() if one != most}}
