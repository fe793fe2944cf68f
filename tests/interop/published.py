"""What jmswrap publishes: the shipped integrations, every WSDL of the kit, every style of answer."""

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from lxml import etree

from jmswrap.app import shipped
from jmswrap.contract import answers, wellknown
from jmswrap.contract.bundle import pinned
from jmswrap.contract.nouns import Operation
from jmswrap.contract.reading import read
from jmswrap.contract.wrap import wrap
from jmswrap.errors import JmswrapError
from tests.flow.machine import Up, up
from tests.interop import arguments

ROOT = Path(__file__).resolve().parents[2]
STYLES = ("receipt", "empty", "sync", "hybrid")
_SECTIONS = ("services", "partners", "routes")
_OURS = ("orders", "rich", "rpc", "encoded", "spread/service")
_STYLED = ("blz-bankcode/blz_service.wsdl", "docdata-payments/1_3.wsdl")
"""Of the kit's, these are also published in every style."""


@dataclass(frozen=True, slots=True)
class Source:
    """A partner's WSDL that is wrapped."""

    title: str
    wsdl: Path
    style: str = "receipt"


@dataclass(frozen=True, slots=True)
class Published:
    """A service that runs, and the call that is made to it."""

    title: str
    style: str
    wsdl: str
    """Its address."""
    copy: Path
    """What is there, as files."""
    operation: Operation
    request: etree._Element
    asks: bool
    """Whether it can be asked what became of a message."""


def of_kit(kit: Path) -> list[Source]:
    """Return the kit's WSDLs, and some of them in every style."""
    with (kit / "wsdls" / "INDEX.tsv").open(encoding="utf-8") as lines:
        names = [row["wsdl"] for row in csv.DictReader(lines, delimiter="\t")]
    sources = [Source(_short(name), kit / "wsdls" / name) for name in names]
    return sources + [Source(_short(n), kit / "wsdls" / n, style) for n in _STYLED for style in STYLES[1:]]


def of_ours() -> list[Source]:
    """Return the WSDLs of the tests, one in every style."""
    folder = ROOT / "tests" / "data" / "wsdl"
    sources = [Source(f"tests: {name}", folder / f"{name}.wsdl") for name in _OURS]
    return sources + [Source("tests: orders", folder / "orders.wsdl", style) for style in STYLES[1:]]


@contextmanager
def running_wrapped(
    sources: list[Source], folder: Path, catalog: Mapping[str, Path], refused: dict[str, str]
) -> Iterator[list[Published]]:
    """Wrap all, run them in one integration with simulated partners; note what is refused."""
    everything: dict[str, Any] = {"jmswrap": 1, "name": "interop", **{section: {} for section in _SECTIONS}}
    taken: dict[str, Source] = {}
    for number, source in enumerate(sources, 1):
        name = f"w{number:02}"
        try:
            made = wrap(str(source.wsdl), folder / name, name=name, catalog=catalog, answer=source.style)
        except JmswrapError as error:
            title = source.title if source.style == "receipt" else f"{source.title} ({source.style})"
            refused[title] = str(error).removeprefix(f"{source.wsdl.resolve().parent}/")
            continue
        taken[name] = source
        settings = yaml.safe_load(made.settings.read_text(encoding="utf-8"))
        for section in ("services", "partners"):
            settings[section][name]["wsdl"] = f"{name}/{settings[section][name]['wsdl']}"
        for section in _SECTIONS:
            everything[section].update(settings[section])
    (folder / "jmswrap.yaml").write_text(yaml.safe_dump(everything), encoding="utf-8")
    with up(folder, "--simulate", "--workers", 1, patience_seconds=180) as running:
        yield [_published(running, name, source.title, source.style, folder) for name, source in taken.items()]


@contextmanager
def running_shipped(names: list[str], folder: Path, wanted: Callable[[str], bool]) -> Iterator[list[Published]]:
    """Run a copy of each of these integrations, with simulated partners; return the wanted services."""
    if not names:
        yield []
        return
    copy = folder / names[0]
    shipped.copy(names[0], copy)
    with up(copy, "--simulate", "--workers", 1, patience_seconds=180) as running:
        titles = {name: f"{names[0]}: {name}" for name in running.facts["services"]}
        styles = _styles(copy)
        here = [
            _published(running, n, title, styles.get(n, "receipt"), folder)
            for n, title in titles.items()
            if wanted(title)
        ]
        with running_shipped(names[1:], folder, wanted) as others:
            yield here + others


def _styles(folder: Path) -> dict[str, str]:
    """Return what each service of an integration answers."""
    routes = yaml.safe_load((folder / "jmswrap.yaml").read_text(encoding="utf-8"))["routes"].values()
    return {r["from"]["service"]: r.get("answer", "receipt") for r in routes if "service" in r["from"]}


def _published(running: Up, name: str, title: str, style: str, folder: Path) -> Published:
    """Read a service as a client does: from its address."""
    address = running.facts["services"][name]["wsdl"]
    copy = pinned(address, folder / "read" / name).wsdl
    operation, request = arguments.asked(copy)
    asks = any(answers.STATUS in port.operations for port in read(copy).ports)
    return Published(title, style, address, copy, operation, request, asks)


def catalog(kit: Path | None) -> Mapping[str, Path]:
    """Return the local copies of what the kit's WSDLs import by address."""
    return wellknown.catalog(kit / "wsdls" / "_wellknown" / "catalog.tsv") if kit else {}


def _short(name: str) -> str:
    folder, _, file = name.partition("/")
    return f"{folder}: {Path(file).stem}"
