"""From a customer's files of the vendor's integration to an integration folder.

The files are copied as they are, below ``mds``, where ``oramds:`` addresses begin. A Read service of
``JMSWrapperConfigurationProperties.xml`` becomes a route from a queue to the partner whose address
it names; the stylesheet that bears the process's name becomes the route that fills that queue, which
is what the request process between the two does.
"""

import itertools
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from jmswrap.app.examination import check
from jmswrap.app.oracle_files import ENDPOINT, Files, Left, sorted_out
from jmswrap.contract.bundle import pin
from jmswrap.errors import ConfigError, ContractError
from jmswrap.transform.oracle.documents import CALL_IT
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.resources import Resources

METADATA = "mds"
CONTRACTS = "partners"
READ = "JMSReadSvc"
_APPS = "apps"
"""The folder of the metadata store that customers' files lie in."""
_SYSTEM = "Default.SystemID"
_FLAG = re.compile(r"(ABCS)?Extension\.P")
_NAME = re.compile(r"[\w.-]+")
_HEAD = """\
# Made by `jmswrap import-oracle` from the vendor's files, which lie below {metadata}/ as they were.
# Each process is two routes: a queue, the stylesheet, a second queue; and from there to the partner.
# What puts messages on the first queues is a Write service: `jmswrap wrap` makes one from a WSDL.
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made."""

    file: Path
    taken: tuple[str, ...]
    """A sentence each."""
    left: tuple[Left, ...]
    problems: tuple[str, ...]
    """What ``jmswrap check`` says of it."""


def imported(source: Path, folder: Path, name: str = "") -> Imported:
    """Make an integration folder; raises ConfigError when it is there, or when there is nothing to take."""
    if not source.is_dir():
        raise ConfigError(f"{source} is no folder: name the one that holds the vendor's files")
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is there already: name another folder with -o, or remove it")
    files = sorted_out(source)
    making = _Making(files, folder)
    making.copy()
    settings = making.settings(name or _name(source))
    file = folder / "jmswrap.yaml"
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=100)
    file.write_text(_HEAD.format(metadata=METADATA) + text, encoding="utf-8")
    problems = tuple(str(problem) for problem in check(file))
    return Imported(file, tuple(making.taken), tuple(files.left), problems)


class _Making:
    """One import under way."""

    def __init__(self, files: Files, folder: Path) -> None:
        self._files, self._folder = files, folder
        self.taken: list[str] = []
        self._partners: dict[str, dict[str, Any]] = {}
        self._routes: dict[str, dict[str, Any]] = {}
        self._used: set[str] = set()

    def copy(self) -> None:
        """Copy what was recognised, as it is."""
        files = self._files
        groups = {
            "stylesheet": [*files.stylesheets, *files.parts],
            "value map": files.maps,
            "cross-reference table": files.tables,
            "properties file": files.properties,
        }
        for word, names in groups.items():
            for name in names:
                target = self._folder / METADATA / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(files.folder / name, target)
            if names:
                self.taken.append(f"{len(names)} {word}{'s' * (len(names) != 1)}")

    def settings(self, name: str) -> dict[str, Any]:
        """Return what jmswrap.yaml says."""
        self._without_what_does_not_compile()
        for service, values in sorted(self._files.services.items()):
            if service.endswith(READ) and "}" not in service:
                self._read_service(service, values)
        for service, values in sorted(self._files.services.items()):
            if "}" not in service and any(_FLAG.match(key) and values[key] == "true" for key in values):
                why = "they are on, and what they call is no file here: name it in `extensions` of the process's route"
                self._files.left.append(Left(f"extensions of {service}", why))
        for sheet in self._files.stylesheets:
            if sheet not in self._used:
                self._files.left.append(Left(sheet, "it lies there, but no process bears its name: name it in a route"))
        if not self._routes:
            for sheet in self._files.stylesheets:
                self._alone(sheet)
        made: dict[str, Any] = {"jmswrap": 1, "name": name, "transforms": {"metadata": self._metadata()}}
        if self._files.properties:
            made["transforms"]["properties"] = [f"{METADATA}/{one}" for one in self._files.properties]
        if systems := self._systems():
            made["transforms"]["systems"] = systems
        if self._files.tables:
            made["cross_references"] = {"tables": [f"{METADATA}/{one}" for one in self._files.tables]}
        return made | ({"partners": self._partners} if self._partners else {}) | {"routes": self._routes}

    def _metadata(self) -> str:
        """Return where the copy of the metadata store begins: at the one folder that has its `apps`."""
        files = self._files
        named = (*files.stylesheets, *files.parts, *files.maps, *files.tables, *files.properties)
        tops = {path for name in named for path in Path(name).parents if path.name == _APPS}
        above = {path.parent for path in tops}
        return (Path(METADATA) / above.pop()).as_posix() if len(above) == 1 else METADATA

    def _without_what_does_not_compile(self) -> None:
        top = self._folder.resolve() / METADATA  # libxslt finds what a file names beside it by whole paths only
        known = Library(Resources(self._folder, self._metadata()))
        for sheet in tuple(self._files.stylesheets):
            try:
                further = sorted(known.compiled(top / sheet).documents)
                why = f"it takes further documents ({', '.join(further)}): {CALL_IT}" if further else ""
            except ConfigError as error:
                why = str(error).replace(f"{top}/", "")
            if why:
                self._files.stylesheets.remove(sheet)
                self._files.left.append(Left(sheet, f"it is copied, and named by no route: {why}"))

    def _read_service(self, service: str, values: Mapping[str, str]) -> None:
        process = service.removesuffix(READ)
        for key, address in values.items():
            endpoint = ENDPOINT.match(key)
            if endpoint is None:
                self._files.left.append(Left(f"{service}, {key}", "no setting of a route or a partner answers to it"))
                continue
            partner = self._partner(endpoint["system"], endpoint["service"], address)
            if partner is None:
                why = f"no WSDL of {endpoint['service']} is there: put it among the files, and import again"
                self._files.left.append(Left(service, why))
                continue
            self._routes_of(process, service, partner)

    def _routes_of(self, process: str, service: str, partner: str) -> None:
        target = f"{process}.target"
        sheets = [sheet for sheet in self._files.stylesheets if process.lower() in sheet.lower()]
        if len(sheets) == 1:
            self._used.add(sheets[0])
            steps = [{"xslt": f"{METADATA}/{sheets[0]}"}]
            self._routes[process] = {"from": {"queue": f"{process}.source"}, "to": {"queue": target}, "steps": steps}
            self.taken.append(f"process {process}: queue {process}.source, {sheets[0]}, queue {target}")
        elif sheets:
            why = f"{', '.join(sheets)} bear the name of this process: name the right one in a route to {target}"
            self._files.left.append(Left(process, why))
        route: dict[str, Any] = {"from": {"queue": target}, "to": {"partner": partner}}
        if retrying := self._files.retrying:
            waits = list(retrying.waits_seconds)
            route["retry"] = {"waits_seconds": waits, "max_attempts": retrying.max_attempts}
        self._routes[service] = route
        self.taken.append(f"Read service {service}: queue {target} to partner {partner}")

    def _partner(self, system: str, service: str, address: str) -> str | None:
        called = address.rstrip("/").rpartition("/")[2]
        wsdl = self._wsdl(called) or self._wsdl(service)
        if not wsdl:
            return None
        plain = _NAME.fullmatch(called) is not None
        # It becomes a folder's name, too.
        name = _plain(f"{system}.{called if plain else service}")
        if name in self._partners:
            return name
        try:
            pinned = pin(str(self._files.folder / wsdl), self._folder / CONTRACTS / name)
        except ContractError as error:
            self._files.left.append(Left(wsdl, str(error)))
            return None
        self._partners[name] = {"wsdl": pinned.relative_to(self._folder).as_posix()}
        if "@" in address or not address.startswith(("http://", "https://")):
            why = f"{address!r} is no address yet: set `partners.{name}.address`, or the WSDL's is called"
            self._files.left.append(Left(f"the address of {name}", why))
        else:
            self._partners[name]["address"] = address
        self.taken.append(f"partner {name}: {wsdl}")
        return name

    def _wsdl(self, wanted: str) -> str:
        """Return the WSDL file of a service: by its own name or a service in it."""
        for name, contract in self._files.contracts.items():
            services = {port.service for port in contract.ports}
            known = {Path(name).stem, *services}
            if wanted.lower() in {word.lower() for word in known}:
                return name
        return ""

    def _alone(self, sheet: str) -> None:
        """Make a route for a stylesheet where no process is known."""
        name = self._free(sheet)
        steps = [{"xslt": f"{METADATA}/{sheet}"}]
        self._routes[name] = {"from": {"queue": f"{name}.in"}, "to": {"queue": f"{name}.out"}, "steps": steps}
        self.taken.append(f"stylesheet {sheet}: a route of its own, from queue {name}.in to queue {name}.out")
        self._files.left = [one for one in self._files.left if one.what != sheet]

    def _free(self, sheet: str) -> str:
        """Return a name that no route has: the stylesheet's, with as many of its folders as that takes."""
        parts = Path(sheet).with_suffix("").parts
        names = [_plain("-".join(parts[-count:])) for count in range(1, len(parts) + 1)]
        more = (f"{names[-1]}-{number}" for number in itertools.count(2))
        return next(name for name in itertools.chain(names, more) if name not in self._routes)

    def _systems(self) -> dict[str, dict[str, str]]:
        ids = sorted({values[key] for values in self._files.services.values() for key in values if key == _SYSTEM})
        for id in ids:
            self._files.left.append(
                Left(f"system {id}", "what it is stands in no file: fill in `transforms.systems` if stylesheets ask")
            )
        return {id: {} for id in ids if id}


def _name(source: Path) -> str:
    return _plain(source.resolve().name)


def _plain(text: str) -> str:
    """Return a text as a name that settings may bear."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", text)
    return name if name[:1].isalpha() else f"x{name}"
