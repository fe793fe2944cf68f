"""Wrap a partner: from its WSDL to an integration folder that runs.

The folder is made beside its place and moved there when it is whole, so that a WSDL
that cannot be wrapped leaves nothing behind.
"""

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from jmswrap.contract.bundle import Bundle, pinned
from jmswrap.contract.calling import calling_wsdl, zeep_refusal
from jmswrap.contract.derive import derive
from jmswrap.contract.documents import load
from jmswrap.contract.nouns import Contract, Port
from jmswrap.contract.policies import demands
from jmswrap.contract.reading import read
from jmswrap.contract.sample import Sampler
from jmswrap.contract.schemas import Schemas
from jmswrap.contract.starting import settings_text
from jmswrap.errors import ConfigError, ContractError

SETTINGS = "jmswrap.yaml"
BEFORE = f"{SETTINGS}.before"
CONTRACTS = "contracts"
PUBLISHED = "wsdl"
SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """An integration folder as it was made."""

    folder: Path
    name: str
    """The name of the service, the partner and the route in ``jmswrap.yaml``."""
    operations: tuple[str, ...]
    ports: tuple[str, ...]
    """The ports that are published, as ``service/port``."""
    warnings: tuple[str, ...]
    """What a person should know, a sentence each."""

    @property
    def settings(self) -> Path:
        """The integration's ``jmswrap.yaml``."""
        return self.folder / SETTINGS


def wrap(
    source: str,
    folder: Path,
    service: str = "",
    port: str = "",
    name: str = "",
    allow: tuple[str, ...] = (),
    catalog: Mapping[str, Path] | None = None,
    force: bool = False,
    answer: str = "receipt",
) -> Wrapped:
    """Make an integration folder from a partner's WSDL, a path or an http(s) address.

    ``ConfigError`` when the folder holds an integration already and ``force`` is not
    given; ``ContractError`` when the WSDL cannot be wrapped.
    """
    if name and name != _plain(name):
        raise ConfigError(f"{name} cannot be a name; take letters, digits, dots, dashes, underscores: {_plain(name)}.")
    taken = [n for n in (SETTINGS, CONTRACTS, PUBLISHED, SAMPLES) if (folder / n).exists()]
    if taken and not force:
        raise ConfigError(f"{folder / taken[0]} is there already; choose another folder, or replace it (--force).")
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            made = _make(source, workshop, (service, port, name, answer), allow, catalog)
            kept = _move(workshop, folder)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    except OSError as error:
        why = error.strerror or error
        raise ConfigError(f"{folder} cannot be written ({why}); choose another folder.") from error
    return Wrapped(folder, made.name, made.operations, made.ports, (*made.warnings, *kept))


def _make(
    source: str,
    folder: Path,
    chosen: tuple[str, str, str, str],
    allow: tuple[str, ...],
    catalog: Mapping[str, Path] | None,
) -> Wrapped:
    bundle = pinned(source, folder / CONTRACTS, allow, catalog)
    try:
        return _front(bundle, folder, *chosen)
    except ContractError as error:
        # The copy goes away with the folder; the place that helps is the one in the source.
        raise ContractError(bundle.in_source(str(error))) from error


def _front(bundle: Bundle, folder: Path, service: str, port_name: str, name: str, answer: str) -> Wrapped:
    contract = read(bundle.wsdl)
    schemas = Schemas.of(bundle.wsdl)
    given = contract.port(service, port_name)
    port = given.declared(schemas.elements)
    name = name or _plain(port.service)
    front = derive(bundle.wsdl, folder / PUBLISHED, name, port.service, port.name, {"": answer})
    warnings = [*bundle.warnings, *contract.warnings, *_left_out(contract, port), *schemas.warnings]
    called, obstacle = _called(bundle.wsdl, port, [o.name for o in given.usable if o.element in port.elements])
    samples, told = _samples(front, port)
    warnings += [*obstacle, *told, *demands(bundle.wsdl, name), *_choices(name, port)]
    text = settings_text(name, port, f"{CONTRACTS}/{called.name}", f"{PUBLISHED}/{front.name}", samples, answer)
    (folder / SETTINGS).write_text(text, "utf-8")
    _write(samples, folder / SAMPLES)
    ports = tuple(f"{p.service}/{p.name}" for p in read(front).ports if p.port_type == port.port_type)
    sentences = tuple(dict.fromkeys(w.replace(f"{folder}/", "") for w in warnings))
    return Wrapped(folder, name, tuple(o.name for o in port.usable), ports, sentences)


def _called(wsdl: Path, port: Port, needed: list[str]) -> tuple[Path, list[str]]:
    """Return the WSDL that calls are made from, and a word about it when it is not the partner's."""
    refusal = zeep_refusal(wsdl, needed)
    if not refusal:
        return wsdl, []
    derived = next((o for o in port.usable if o.request is not None), None)
    if derived is not None:
        said = f"operation {derived.name} is {derived.style}/{derived.use}, which needs its types to be called"
        raise ContractError(f"{derived.place}: {said}, and zeep cannot read the schemas ({refusal}); correct them.")
    called = wsdl.with_name(f"{wsdl.stem}.calls.wsdl")
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


def _plain(service: str) -> str:
    """Return a service's name as one that settings, addresses and keys may bear."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", service).strip("-")[:100]
    return plain if plain[:1].isalpha() else f"service-{plain}".rstrip("-")


def _left_out(contract: Contract, port: Port) -> list[str]:
    told = [f"Left out: {o.problem}" for o in port.operations.values() if o.problem]
    given = contract.port(port.service, port.name).operations
    renamed = [(a, b) for a, b in zip(given, port.operations, strict=True) if a != b]
    told += [f"Operation {a} is published as {b}: tools refuse names that differ only by case." for a, b in renamed]
    twins = {p.name for p in contract.ports if p.operations.keys() == given.keys()}
    others = [f"{p.service}/{p.name}" for p in contract.ports if p.name not in twins and p.usable]
    if others:
        told.append(f"Only port {port.service}/{port.name} is wrapped; wrap each of {', '.join(others)} by its name.")
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
    folder.mkdir()
    for name, request in samples.items():
        content = etree.tostring(request, encoding="UTF-8", xml_declaration=True) + b"\n"
        (folder / f"{name}.xml").write_bytes(content)


def _choices(name: str, port: Port) -> list[str]:
    told = [
        f"No key: requests are delivered in no particular order; set routes.{name}.key where order matters.",
        f"No id: a request that is sent twice is delivered twice; set routes.{name}.id to recognise it.",
    ]
    if not port.address:
        told.append(f"The WSDL gives no address; set partners.{name}.address.")
    return told
