"""The configuration against the contracts it names: do the operations exist, do they fit.

Findings are a place in the file and a sentence.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jmswrap.app import extensions
from jmswrap.app.literals import Literals
from jmswrap.app.transforms import declared, library
from jmswrap.config.route_settings import Route
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding, Where
from jmswrap.config.suggestions import did_you_mean
from jmswrap.contract.nouns import Contract, Operation, Port
from jmswrap.contract.reading import read
from jmswrap.contract.schemas import Schemas
from jmswrap.errors import ConfigError, ContractError


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contracts that could be read, and the ports chosen of them."""

    services: Mapping[str, Contract]
    partners: Mapping[str, Contract]
    service_ports: Mapping[str, Port]
    partner_ports: Mapping[str, Port]
    warnings: tuple[Finding, ...]


def read_contracts(config: Config, folder: Path) -> tuple[Contracts, list[Finding]]:
    """Read every contract that the configuration names."""
    findings: list[Finding] = []
    warnings: list[Finding] = []
    services = {n: (s.wsdl, s.service, s.port) for n, s in config.services.items() if s.wsdl}
    partners = {n: (p.wsdl, p.service, p.port) for n, p in config.partners.items()}
    read_services = _read("services", services, folder, findings, warnings)
    read_partners = _read("partners", partners, folder, findings, warnings)
    contracts = Contracts(
        {name: contract for name, (contract, _) in read_services.items()},
        {name: contract for name, (contract, _) in read_partners.items()},
        {name: port for name, (_, port) in read_services.items()},
        {name: port for name, (_, port) in read_partners.items()},
        tuple(warnings),
    )
    return contracts, findings


def _read(
    section: str,
    wanted: Mapping[str, tuple[str, str, str]],
    folder: Path,
    findings: list[Finding],
    warnings: list[Finding],
) -> dict[str, tuple[Contract, Port]]:
    found: dict[str, tuple[Contract, Port]] = {}
    for name, (wsdl, service, port) in wanted.items():
        where: Where = (section, name, "wsdl")
        try:
            contract = read(folder / wsdl)
            found[name] = (contract, contract.port(service, port))
        except ContractError as error:
            findings.append((where, str(error)))
            continue
        warnings += [(where, sentence) for sentence in contract.warnings]
    return found


def check_contracts(config: Config, contracts: Contracts, whole: bool = True) -> list[Finding]:
    """Return what does not fit between the routes and the contracts.

    ``whole`` is False when parts were set aside: a route that is missing then proves nothing.
    """
    findings: list[Finding] = []
    for name, route in config.routes.items():
        findings += _source_operation(name, route, contracts)
        findings += _target_operation(name, route, contracts)
        findings += _probe_operation(name, route, contracts)
        findings += _fit(config, name, route, contracts)
    if whole:
        findings += _uncovered(config, contracts)
    return findings


def homeless(config: Config, contracts: Contracts) -> Iterator[Finding]:
    """Yield the partners without an address: a warning, because ``up --simulate`` gives them one."""
    for name, partner in config.partners.items():
        port = contracts.partner_ports.get(name)
        if port is not None and not partner.address and not port.address:
            yield ("partners", name), f"the WSDL of partner `{name}` names no address: set `address`"


def compile_all(config: Config, contracts: Contracts, folder: Path) -> list[Finding]:
    """Compile every schema and transform; return what cannot be."""
    findings: list[Finding] = []
    for section, group in (("services", contracts.services), ("partners", contracts.partners)):
        for name, contract in group.items():
            try:
                Schemas.of(contract.wsdl)
            except ContractError as error:
                findings.append(((section, name, "wsdl"), str(error)))
    try:
        known = library(config, folder)
    except ConfigError as error:
        return [*findings, (("transforms", "properties"), str(error))]
    try:
        literals = Literals(known, declared(config, folder))
    except ConfigError as error:
        findings.append((("cross_references", "tables"), str(error)))
        literals = Literals(known, {})
    findings += extensions.wrong(config, folder)
    for where, xslt in _stylesheets(config):
        try:
            known.compiled(folder / xslt)
        except ConfigError as error:
            findings.append((where, str(error)))
            continue
        findings += [(where, sentence) for sentence in literals.wrong(folder / xslt)]
    return findings


def _stylesheets(config: Config) -> Iterator[tuple[Where, str]]:
    for name, route in config.routes.items():
        groups: list[tuple[Where, Iterable[str]]] = [(("routes", name), [step.xslt for step in route.steps])]
        for place in ("before", "after"):
            extension = getattr(route.extensions, place) if route.extensions is not None else None
            if extension is not None and extension.xslt:
                yield ("routes", name, "extensions", place, "xslt"), extension.xslt
        for key, answer in (("reply", route.reply), ("refusal", route.refusal)):
            if answer is not None:
                groups.append((("routes", name, key), [step.xslt for step in answer.steps]))
        for index, step in enumerate(route.answer_steps):
            yield ("routes", name, "answer_steps", index, "xslt"), step.xslt
        if route.probe is not None and route.probe.xslt:
            yield ("routes", name, "probe", "xslt"), route.probe.xslt
        for where, sheets in groups:
            for index, xslt in enumerate(sheets):
                yield (*where, "steps", index, "xslt"), xslt


def _source_operation(name: str, route: Route, contracts: Contracts) -> Iterator[Finding]:
    port = contracts.service_ports.get(route.source.service or "")
    if port is not None and route.source.operation:
        yield from _operation(("routes", name, "from", "operation"), route.source.operation, port, "service")


def _target_operation(name: str, route: Route, contracts: Contracts) -> Iterator[Finding]:
    port = contracts.partner_ports.get(route.to.partner or "")
    if port is not None and route.to.operation:
        yield from _operation(("routes", name, "to", "operation"), route.to.operation, port, "partner")


def _probe_operation(name: str, route: Route, contracts: Contracts) -> Iterator[Finding]:
    port = contracts.partner_ports.get(route.to.partner or "")
    if port is not None and route.probe is not None:
        yield from _operation(("routes", name, "probe", "operation"), route.probe.operation, port, "partner")


def _operation(where: Where, wanted: str, port: Port, whose: str) -> Iterator[Finding]:
    operation = port.operations.get(wanted)
    if operation is None:
        end = did_you_mean(wanted, sorted(port.operations))
        yield where, f"the {whose}'s port {port.name} has no operation `{wanted}`{end}"
    elif operation.problem:
        yield where, operation.problem


def _fit(config: Config, name: str, route: Route, contracts: Contracts) -> Iterator[Finding]:
    """Yield bodies that come to a partner untransformed and that it does not take."""
    port = contracts.partner_ports.get(route.to.partner or "")
    if port is None or route.steps or route.extensions is not None:
        return
    target = port.operations.get(route.to.operation) if route.to.operation else None
    if route.to.operation and (target is None or target.problem):
        return  # told already
    where: Where = ("routes", name, "to")
    for element in sorted(_elements_in(config, name, contracts, frozenset())):
        if target is not None and target.element != element:
            wants = f"takes {target.element}, not {element}"
            yield where, f"operation `{target.name}` of `{route.to.partner}` {wants}: add a step that transforms"
        elif target is None and element not in port.elements:
            sentence = f"no operation of partner `{route.to.partner}` takes {element}: add a step that transforms"
            yield where, sentence


def _elements_in(config: Config, name: str, contracts: Contracts, seen: frozenset[str]) -> set[str]:
    """Return the body elements known to come to a route; those made by transforms are not."""
    route = config.routes[name]
    if route.source.service is not None:
        port = contracts.service_ports.get(route.source.service)
        return set() if port is None else {o.element for o in _taken(config, name, port)}
    elements: set[str] = set()
    for other, feeding in config.routes.items():
        if feeding.to.queue == route.source.queue and not feeding.steps and other not in seen:
            elements |= _elements_in(config, other, contracts, seen | {name})
    return elements


def _taken(config: Config, name: str, port: Port) -> list[Operation]:
    """Return the operations of a service that a route takes."""
    route = config.routes[name]
    if route.source.operation:
        operation = port.operations.get(route.source.operation)
        return [operation] if operation is not None and operation.element else []
    named = {r.source.operation for r in config.routes.values() if r.source.service == route.source.service}
    return [o for o in port.elements.values() if o.name not in named]


def _uncovered(config: Config, contracts: Contracts) -> Iterator[Finding]:
    for name, port in contracts.service_ports.items():
        named = {r.source.operation for r in config.routes.values() if r.source.service == name}
        if "" in named:
            continue
        for operation in port.elements.values():
            if operation.name not in named:
                begin = f"{{service: {name}, operation: {operation.name}}}"
                yield ("services", name), f"no route takes operation `{operation.name}`: add one with `from: {begin}`"
