"""How a partner's contract of today differs from the pinned one, and what that breaks.

A difference is breaking when a call that is right by the pinned contract may fail today, or
when something that a reply was sure to have may be missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jmswrap.contract.comparing import Comparing, Difference
from jmswrap.contract.components import Components
from jmswrap.contract.nouns import Contract, Operation, Port
from jmswrap.contract.reading import read
from jmswrap.contract.shape import Shapes
from jmswrap.contract.wrappers import schema_set
from jmswrap.errors import ContractError


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a contract, with its types."""

    contract: Contract
    shapes: Shapes

    @classmethod
    def of(cls, wsdl: Path) -> "Version":
        """Read a local WSDL and its schemas."""
        contract = read(wsdl)
        return cls(contract, Shapes(Components(schema_set(wsdl, contract))))


def drift(
    pinned: Path, current: Path, service: str = "", port: str = "", own_address: bool = False
) -> tuple[Difference, ...]:
    """Return how ``current`` differs from ``pinned`` for one port, breaking differences first.

    ``own_address`` says that the settings name the partner's address, so that the WSDL's does
    not matter. ``ContractError`` when one of the two cannot be read.
    """
    before, after = Version.of(pinned), Version.of(current)
    old = before.contract.port(service, port)
    try:
        new = _same_port(old, after.contract)
    except ContractError as error:
        return (Difference(True, f"port {old.name}", str(error)),)
    comparing = Comparing(before.shapes, after.shapes)
    found = [*_ports(old, new, own_address)]
    for name, operation in old.operations.items():
        if not operation.problem:
            found += _operation(operation, new.operations.get(name), comparing)
    for name in new.operations:
        if name not in old.operations:
            found.append(Difference(False, f"operation {name}", f"operation {name} is new"))
    return tuple(sorted(dict.fromkeys(found), key=lambda d: not d.breaking))


def _same_port(old: Port, contract: Contract) -> Port:
    named = [p for p in contract.ports if (p.service, p.name) == (old.service, old.name)]
    alike = [p for p in contract.ports if (p.port_type, p.soap_version) == (old.port_type, old.soap_version)]
    if named or alike:
        return (named or alike)[0]
    raise ContractError(f"port {old.service}/{old.name} is gone, and no other has port type {old.port_type}")


def _ports(old: Port, new: Port, own_address: bool) -> Iterator[Difference]:
    subject = f"port {old.name}"
    if (old.service, old.name) != (new.service, new.name):
        said = f"port {old.service}/{old.name} is called {new.service}/{new.name} now"
        yield Difference(False, subject, f"{said}; name it so when the WSDL is pinned again")
    if old.soap_version != new.soap_version:
        yield Difference(True, subject, f"SOAP {old.soap_version} became SOAP {new.soap_version}")
    if old.address != new.address:
        end = "the settings name one of their own" if own_address else "calls still go to the old one"
        yield Difference(not own_address, subject, f"the address {old.address} became {new.address}; {end}")


def _operation(old: Operation, new: Operation | None, comparing: Comparing) -> Iterator[Difference]:
    subject = f"operation {old.name}"
    if new is None or new.problem:
        why = "is gone" if new is None else f"can no longer be taken ({new.problem})"
        yield Difference(True, subject, f"operation {old.name} {why}")
        return
    facts = (
        ("style", f"{old.style}/{old.use}", f"{new.style}/{new.use}"),
        ("SOAP action", old.soap_action, new.soap_action),
        ("request element", old.element, new.element),
        ("kind", _kind(old), _kind(new)),
    )
    for what, before, after in facts:
        if before != after:
            yield Difference(True, subject, f"its {what} {before or '(none)'} became {after or '(none)'}")
    yield from _headers(old, new, subject)
    yield from _faults(old, new, subject)
    if old.element == new.element:
        yield from comparing.requests(old.element, subject)
    if old.reply_element and old.reply_element == new.reply_element:
        yield from comparing.replies(old.reply_element, subject)
    elif old.reply_element != new.reply_element and old.one_way == new.one_way:
        said = f"its reply element {old.reply_element or '(none)'} became {new.reply_element or '(none)'}"
        yield Difference(True, subject, said)


def _kind(operation: Operation) -> str:
    return "one-way" if operation.one_way else "request-response"


def _headers(old: Operation, new: Operation, subject: str) -> Iterator[Difference]:
    before = {h.element: h for h in old.header_parts}
    after = {h.element: h for h in new.header_parts}
    for name in after.keys() - before.keys():
        required = after[name].required
        yield Difference(required, subject, f"it {'wants' if required else 'takes'} a new header {name}")
    for name in before.keys() - after.keys():
        yield Difference(False, subject, f"it takes the header {name} no more")
    for name in after.keys() & before.keys():
        if after[name].required and not before[name].required:
            yield Difference(True, subject, f"its header {name} is required now")


def _faults(old: Operation, new: Operation, subject: str) -> Iterator[Difference]:
    for name in sorted(set(new.faults) - set(old.faults)):
        yield Difference(False, subject, f"it may answer with a new fault {name}")
    for name in sorted(set(old.faults) - set(new.faults)):
        yield Difference(False, subject, f"it declares the fault {name} no more")
