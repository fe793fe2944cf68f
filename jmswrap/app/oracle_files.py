"""A customer's files of the vendor's integration, told apart and read: what ``import-oracle`` starts from."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.contract import reading
from jmswrap.contract.nouns import Contract
from jmswrap.crossref import declared
from jmswrap.errors import ConfigError, ContractError
from jmswrap.transform import dvm, properties
from jmswrap.transform.expressions import XSL

ENDPOINT = re.compile(r"(?P<system>[^.]+)\.(?P<service>.+)\.Endpoint\.URL\Z")
"""A property that says where an application's service is."""

_MOST_WAITS = 20


@dataclass(frozen=True, slots=True)
class Left:
    """A file, or a part of one, that was not taken."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """What a fault policy says of retries."""

    waits_seconds: tuple[float, ...]
    max_attempts: int


@dataclass(slots=True)
class Files:
    """What lies in a folder, by kind; paths are relative to it."""

    folder: Path
    stylesheets: list[str] = field(default_factory=list)
    """Those that no other one imports or includes."""
    parts: list[str] = field(default_factory=list)
    """Those that others import or include."""
    maps: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    properties: list[str] = field(default_factory=list)
    contracts: dict[str, Contract] = field(default_factory=dict)
    services: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Properties of services, by name without a namespace."""
    retrying: Retrying | None = None
    left: list[Left] = field(default_factory=list)


def sorted_out(folder: Path) -> Files:
    """Read a folder. Raises ConfigError when nothing of the vendor's is in it."""
    found = Files(folder)
    imported: set[str] = set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in Path(name).parts):
            continue
        try:
            _put(found, path, name, imported)
        except (ConfigError, ContractError) as error:
            found.left.append(Left(name, re.sub(rf"^{re.escape(str(path))}:(\d+)?:? ?", "", str(error))))
    found.parts = [name for name in found.stylesheets if not imported.isdisjoint((f"./{name}", Path(name).name))]
    found.stylesheets = [name for name in found.stylesheets if name not in found.parts]
    found.services = properties.read(folder / name for name in found.properties).services
    if not (found.stylesheets or found.maps or found.tables or found.properties):
        raise ConfigError(
            f"{folder} holds no stylesheet, value map, cross-reference table or configuration properties: "
            "name the folder that holds the vendor's files"
        )
    return found


def _put(found: Files, path: Path, name: str, imported: set[str]) -> None:
    match path.suffix.lower():
        case ".xsl" | ".xslt":
            imported |= _imports(path, found.folder)
            found.stylesheets.append(name)
        case ".dvm":
            dvm.read(path)
            found.maps.append(name)
        case ".xref":
            declared.read(path)
            found.tables.append(name)
        case ".wsdl":
            found.contracts[name] = reading.read(path)
        case ".xml":
            _put_xml(found, path, name)
        case ".xsd":
            pass  # comes along with the WSDL that names it
        case _:
            found.left.append(Left(name, "it is no file that jmswrap reads"))


def _put_xml(found: Files, path: Path, name: str) -> None:
    root = _root(path)
    kind = etree.QName(root).localname
    if kind in ("faultPolicies", "faultPolicy"):
        found.retrying = _retrying(found, root, name) or found.retrying
    elif next(root.iter("{*}Property"), None) is not None:
        properties.read([path])
        found.properties.append(name)
    else:
        why = _ELSEWHERE.get(kind, f"its root is {kind}: neither configuration properties nor fault policies")
        found.left.append(Left(name, why))


def _imports(path: Path, folder: Path) -> set[str]:
    """Return what a stylesheet takes in: `./PATH` of a file that is there, the name of one that is elsewhere."""
    named: set[str] = set()
    for one in _root(path).iter(f"{XSL}import", f"{XSL}include"):
        beside = (path.parent / one.get("href", "")).resolve()
        there = beside.is_file() and beside.is_relative_to(folder.resolve())
        named.add(f"./{beside.relative_to(folder.resolve()).as_posix()}" if there else beside.name)
    return named


def _root(path: Path) -> etree._Element:
    try:
        return etree.fromstring(path.read_bytes(), xml.parser())
    except etree.XMLSyntaxError as error:
        raise ConfigError(f"line {error.lineno or 0}: it is not XML: {error.msg}") from error
    except OSError as error:
        raise ConfigError(f"it cannot be read: {error.strerror}") from error


def _retrying(found: Files, root: etree._Element, name: str) -> Retrying | None:
    """Take the retry that a remote fault leads to, else the first; say what else is there."""
    actions = {action.get("id", ""): action for action in root.iter("{*}Action")}
    remote = [
        reference.get("ref", "")
        for fault in root.iter("{*}faultName")
        if fault.get("name", "").endswith(":remoteFault")
        for reference in fault.iter("{*}action")
    ]
    taken: Retrying | None = None
    for id, action in sorted(actions.items(), key=lambda item: item[0] not in remote):
        retry = action.find("{*}retry")
        if retry is not None and taken is None:
            taken = _waits(retry)
        elif retry is not None:
            found.left.append(Left(f"{name}, action {id}", "there is one retry for all routes, that of remote faults"))
        else:
            found.left.append(Left(f"{name}, action {id}", _INSTEAD.get(_kind(action), "jmswrap has no such action")))
    return taken


_ELSEWHERE = {
    "composite": "routes say here what a composite says: write them by hand for what is more than a Read service",
    "faultPolicyBindings": "one retry is taken for all routes: where they differ, set `retry` of a route",
}
"""What is said in other words here, by the root of the file."""

_INSTEAD = {
    "humanIntervention": "a message that is given up waits in its error queue for a person",
    "rethrowFault": "a business fault of a partner is never tried again",
    "abort": "a message that is given up waits in its error queue",
    "javaAction": "Java classes do not run here",
}


def _kind(action: etree._Element) -> str:
    return next((etree.QName(one).localname for one in action.iterchildren(etree.Element)), "")


def _waits(retry: etree._Element) -> Retrying | None:
    count, interval = _number(retry, "retryCount", 0), _number(retry, "retryInterval", 2)
    if count <= 0:
        return None
    grows = retry.find("{*}exponentialBackoff") is not None
    most = _number(retry, "maxRetryInterval", 86_400)
    steps: Iterator[float] = (
        min(interval * 2**n if grows else interval, most) for n in range(min(int(count), _MOST_WAITS))
    )
    waits = tuple(steps)
    return Retrying(waits if grows else waits[:1], int(count) + 1)


def _number(retry: etree._Element, name: str, otherwise: float) -> float:
    text = (retry.findtext(f"{{*}}{name}") or "").strip()
    return float(text) if text.replace(".", "", 1).isdigit() else otherwise
