"""Wrap a partner: from its WSDL to an integration folder that runs.

The folder is made beside its place and moved there when it is whole, so that a WSDL
that cannot be wrapped leaves nothing behind.
"""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from jmswrap.contract import remarks
from jmswrap.contract.bundle import Bundle, pinned
from jmswrap.contract.calling import calling_wsdl, zeep_refusal
from jmswrap.contract.choosing import chosen, names, passed_over, plain, refused, styles
from jmswrap.contract.derive import derive
from jmswrap.contract.documents import CALLS_ONLY, load
from jmswrap.contract.nouns import Port
from jmswrap.contract.policies import demands
from jmswrap.contract.reading import read
from jmswrap.contract.sample import Sampler
from jmswrap.contract.schemas import Schemas
from jmswrap.contract.starting import Front, settings_text
from jmswrap.errors import ConfigError, ContractError

SETTINGS = "jmswrap.yaml"
BEFORE = f"{SETTINGS}.before"
CONTRACTS = "contracts"
PUBLISHED = "wsdl"
SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class Served:
    """A port of the partner's that became a service."""

    name: str
    """The name of the service, the partner and the route in ``jmswrap.yaml``."""
    operations: tuple[str, ...]
    ports: tuple[str, ...]
    """The ports that are published, as ``service/port``."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What of a WSDL is wrapped, and how."""

    service: str
    ports: tuple[str, ...]
    every: bool
    name: str
    answer: str


@dataclass(frozen=True, slots=True)
class Wrapped:
    """An integration folder as it was made."""

    folder: Path
    name: str
    """The name of the integration; where it has one service, also of that, of its partner and its route."""
    services: tuple[Served, ...]
    warnings: tuple[str, ...]
    """What a person should know, a sentence each."""

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of all operations."""
        return tuple(operation for served in self.services for operation in served.operations)

    @property
    def ports(self) -> tuple[str, ...]:
        """The ports that are published, as ``service/port``."""
        return tuple(port for served in self.services for port in served.ports)

    @property
    def settings(self) -> Path:
        """The integration's ``jmswrap.yaml``."""
        return self.folder / SETTINGS


def wrap(
    source: str,
    folder: Path,
    service: str = "",
    port: str | tuple[str, ...] = "",
    name: str = "",
    allow: tuple[str, ...] = (),
    catalog: Mapping[str, Path] | None = None,
    force: bool = False,
    answer: str = "receipt",
    every: bool = False,
) -> Wrapped:
    """Make an integration folder from a partner's WSDL, a path or an http(s) address.

    Several ports (``PORT`` or ``SERVICE/PORT``), or ``every`` one, become a service each.
    ``ConfigError`` when the folder holds an integration already and ``force`` is not
    given; ``ContractError`` when the WSDL cannot be wrapped.
    """
    if name and name != plain(name):
        raise ConfigError(f"{name} cannot be a name; take letters, digits, dots, dashes, underscores: {plain(name)}.")
    taken = [n for n in (SETTINGS, CONTRACTS, PUBLISHED, SAMPLES) if (folder / n).exists()]
    if taken and not force:
        raise ConfigError(f"{folder / taken[0]} is there already; choose another folder, or replace it (--force).")
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            ports = (port,) if isinstance(port, str) else port
            made = _make(source, workshop, _Wanted(service, ports, every, name, answer), allow, catalog)
            kept = _move(workshop, folder)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    except OSError as error:
        why = error.strerror or error
        raise ConfigError(f"{folder} cannot be written ({why}); choose another folder.") from error
    return Wrapped(folder, made.name, made.services, (*made.warnings, *kept))


def _make(
    source: str,
    folder: Path,
    wanted: _Wanted,
    allow: tuple[str, ...],
    catalog: Mapping[str, Path] | None,
) -> Wrapped:
    bundle = pinned(source, folder / CONTRACTS, allow, catalog)
    try:
        return _Making(bundle, folder, wanted).wrapped()
    except ContractError as error:
        # The copy goes away with the folder; the place that helps is the one in the source.
        raise ContractError(bundle.in_source(str(error))) from error


class _Making:
    """One folder in the making, from a contract that is pinned in it."""

    def __init__(self, bundle: Bundle, folder: Path, wanted: _Wanted) -> None:
        self._bundle = bundle
        self._folder = folder
        self._wanted = wanted
        self._contract = read(bundle.wsdl)
        self._schemas = Schemas.of(bundle.wsdl)
        self._ports = chosen(self._contract, wanted.service, wanted.ports, wanted.every)
        self._is_alone = len(self._ports) == 1
        self._warnings = [*bundle.warnings, *self._contract.warnings]

    def wrapped(self) -> Wrapped:
        """Write everything."""
        alone = [self._wanted.name] if self._is_alone and self._wanted.name else []
        named = alone or names(self._ports)
        name = self._wanted.name or self._name()
        others = passed_over(self._contract, self._ports)
        fronts = [self._front(one, port) for one, port in zip(named, self._ports, strict=True)]
        if others:
            self._warnings.append(remarks.not_wrapped(self._ports, others))
        for port in refused(self._contract, self._wanted.service, self._ports) if self._wanted.every else ():
            self._warnings += remarks.left_out(port, port)
        self._warnings += self._schemas.warnings
        for front in fronts:
            self._warnings += [*demands(self._bundle.wsdl, front.name), *remarks.choices(front)]
        (self._folder / SETTINGS).write_text(settings_text(name, fronts), "utf-8")
        sentences = tuple(dict.fromkeys(w.replace(f"{self._folder}/", "") for w in self._warnings))
        return Wrapped(self._folder, name, tuple(self._served(front) for front in fronts), sentences)

    def _name(self) -> str:
        """Name the integration after the one service it is of, else after the file."""
        services = {port.service for port in self._ports}
        return plain(services.pop() if len(services) == 1 else self._bundle.wsdl.stem)

    def _front(self, name: str, given: Port) -> Front:
        """Publish one port, and say what is remarkable about it."""
        port = given.declared(self._schemas.elements)
        self._warnings += remarks.left_out(given, port)
        differing = styles(port, self._wanted.answer, self._schemas.elements)
        published = derive(self._bundle.wsdl, self._folder / PUBLISHED, name, port.service, port.name, differing)
        self._warnings += remarks.answered(self._wanted.answer, port, differing)
        needed = [o.name for o in given.usable if o.element in port.elements]
        called, obstacle = _called(self._bundle.wsdl, port, needed, "" if self._is_alone else name)
        samples, told = _samples(published, port)
        self._warnings += [*obstacle, *told]
        _write(samples, self._folder / SAMPLES / ("" if self._is_alone else name))
        return Front(name, port, f"{CONTRACTS}/{called.name}", f"{PUBLISHED}/{published.name}", samples, differing)

    def _served(self, front: Front) -> Served:
        published = read(self._folder / front.published).ports
        ports = tuple(f"{p.service}/{p.name}" for p in published if p.port_type == front.port.port_type)
        return Served(front.name, tuple(o.name for o in front.port.usable), ports)


def _called(wsdl: Path, port: Port, needed: list[str], name: str) -> tuple[Path, list[str]]:
    """Return the WSDL that calls are made from, and a word about it when it is not the partner's.

    ``name`` tells one of several apart.
    """
    refusal = zeep_refusal(wsdl, needed)
    if not refusal:
        return wsdl, []
    derived = next((o for o in port.usable if o.request is not None), None)
    if derived is not None:
        said = f"operation {derived.name} is {derived.style}/{derived.use}, which needs its types to be called"
        raise ContractError(f"{derived.place}: {said}, and zeep cannot read the schemas ({refusal}); correct them.")
    called = wsdl.with_name(f"{wsdl.stem}{name and '.'}{name}{CALLS_ONLY}")
    namespace = load(port.place.file).root.get("targetNamespace", "")
    called.write_text(calling_wsdl(namespace, port), "utf-8")
    why = f"zeep cannot read the schemas of {wsdl.name} ({refusal})"
    told = f"so calls are made from {called.name} without types; `binding: typed` and sampled replies are not to be had"
    return called, [f"{why}, {told}."]


def _move(workshop: Path, folder: Path) -> list[str]:
    """Put what was made in its place; what was there under the same names goes, but for other settings.

    Return what to say of those.
    """
    folder.mkdir(exist_ok=True)
    told = []
    for made in sorted(workshop.iterdir()):
        place = folder / made.name
        if place.is_dir():
            shutil.rmtree(place)
        elif made.name == SETTINGS and place.exists() and place.read_bytes() != made.read_bytes():
            place.replace(folder / BEFORE)
            told.append(f"{SETTINGS} is new; the one that was there is {BEFORE} now: put back what you had set in it.")
        made.replace(place)
    return told


def _samples(front: Path, port: Port) -> tuple[dict[str, etree._Element], list[str]]:
    """Make a sample request for each operation, and say why not where there is none."""
    sampler = Sampler(front)
    samples, warnings = {}, []
    for operation in port.usable:
        try:
            samples[operation.name] = sampler.sample(operation.element)
        except ContractError as error:
            warnings.append(str(error))
    return samples, warnings


def _write(samples: Mapping[str, etree._Element], folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, request in samples.items():
        content = etree.tostring(request, encoding="UTF-8", xml_declaration=True) + b"\n"
        (folder / f"{name}.xml").write_bytes(content)
