"""Pin a WSDL: a local copy with all it imports and includes, in one flat folder.

Locations become names of files beside each other, and what keeps tools from reading the
contract is mended (``mending.py``); nothing else changes. The same input gives the same
bytes.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import etree

from jmswrap.contract import wellknown
from jmswrap.contract.documents import (
    DEFINITIONS,
    IMPORT,
    MOST_FILES,
    Reference,
    inline_schemas,
    line_of,
    parse,
    references,
)
from jmswrap.contract.fetching import Library, UnreachableError, absolute, is_address
from jmswrap.contract.mending import content, mend
from jmswrap.errors import ContractError


@dataclass(frozen=True, slots=True)
class _Page:
    """A document of the bundle."""

    location: str
    root: etree._Element
    name: str


class _Binder:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.pages: dict[str, _Page] = {}
        self.dangling: list[tuple[_Page, Reference, UnreachableError]] = []

    def collect(self, source: str) -> None:
        waiting = [self.add(source, self.library.read(source))]
        while waiting:
            page = waiting.pop(0)
            for reference in list(references(page.root)):
                found, fresh = self.target(page, reference)
                if found is not None:
                    reference.element.set(reference.attribute, found.name)
                if found is not None and fresh:
                    waiting.append(found)
        self.settle_dangling()

    def add(self, location: str, content: bytes) -> _Page:
        if len(self.pages) >= MOST_FILES:
            raise ContractError(f"{location} is one of more than {MOST_FILES} files; the contract looks endless.")
        root = parse(content, location)
        taken = {p.name.casefold() for p in self.pages.values()}
        page = _Page(location, root, _free_name(_file_name(location, root), taken))
        self.pages[location] = page
        return page

    def target(self, page: _Page, reference: Reference) -> tuple[_Page | None, bool]:
        """Return the document a reference means and whether it is new."""
        try:
            location = absolute(page.location, reference.location)
            if location in self.pages:
                return self.pages[location], False
            content = self.library.read(location)
        except UnreachableError as error:
            return self.without(page, reference, error)
        return self.add(location, content), True

    def without(self, page: _Page, reference: Reference, error: UnreachableError) -> tuple[_Page | None, bool]:
        """Do without a document: jmswrap's own copy, else wait for what the rest brings."""
        shipped = wellknown.file_name(reference.namespace) if reference.element.tag == IMPORT else ""
        if not shipped:
            self.dangling.append((page, reference, error))
            return None, False
        location = f"jmswrap:{shipped}"
        if location in self.pages:
            return self.pages[location], False
        return self.add(location, wellknown.content(reference.namespace)), True

    def settle_dangling(self) -> None:
        """An import whose namespace came another way needs no location; any other is an error."""
        present = {s.get("targetNamespace", "") for p in self.pages.values() for s in inline_schemas(p.root)}
        for page, reference, error in self.dangling:
            if reference.element.tag != IMPORT or reference.namespace not in present:
                raise ContractError(f"{page.location}:{line_of(reference.element)}: {error}") from error
            del reference.element.attrib[reference.attribute]
        self.name_well_known(present)

    def name_well_known(self, present: set[str]) -> None:
        """Give an import without a location our copy: zeep and others would fetch it from the Web."""
        waiting = list(self.pages.values())
        while waiting:
            page = waiting.pop(0)
            for element in page.root.iter(IMPORT):
                namespace = element.get("namespace", "")
                shipped = wellknown.file_name(namespace)
                if shipped and namespace not in present and not element.get("schemaLocation"):
                    location = f"jmswrap:{shipped}"
                    if location not in self.pages:
                        waiting.append(self.add(location, wellknown.content(namespace)))
                    element.set("schemaLocation", self.pages[location].name)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A pinned contract."""

    wsdl: Path
    warnings: tuple[str, ...]
    """What was mended in it, a sentence each."""
    pages: Mapping[str, _Page]
    """The documents by the name of their copy."""
    _lines: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """For each document asked about, the lines of its elements in the copy and in the source."""

    def in_source(self, sentence: str) -> str:
        """Return a sentence about the copies with places in what they were copied from."""
        folder = re.escape(str(self.wsdl.resolve().parent))
        given = re.escape(str(self.wsdl.parent))
        return re.sub(rf"(?:{folder}|{given})/([A-Za-z0-9._-]+)(:\d+)?", self._origin, sentence)

    def _origin(self, found: re.Match[str]) -> str:
        page = self.pages.get(found.group(1))
        if page is None:
            return found.group(0)
        if not found.group(2):
            return page.location
        if page.name not in self._lines:
            copied = parse(content(page.root), page.name)
            self._lines[page.name] = ([line_of(e) for e in copied.iter("*")], [line_of(e) for e in page.root.iter("*")])
        here, there = self._lines[page.name]
        line = int(found.group(2)[1:])
        index = bisect_left(here, line)
        return f"{page.location}:{there[index] if index < len(there) else line}"


def pin(source: str, folder: Path, allow: tuple[str, ...] = (), catalog: Mapping[str, Path] | None = None) -> Path:
    """Copy a WSDL and all it needs into ``folder``; return the copy of the WSDL. See ``pinned``."""
    return pinned(source, folder, allow, catalog).wsdl


def pinned(source: str, folder: Path, allow: tuple[str, ...] = (), catalog: Mapping[str, Path] | None = None) -> Bundle:
    """Copy a WSDL and all it needs into ``folder``.

    ``source`` is a path or an http(s) address. Of an address only its own host is asked,
    and those in ``allow``; ``catalog`` gives local files for addresses. ``ContractError``
    names the address and the place of what cannot be had.
    """
    copied = copy(source, folder, allow, catalog)
    return Bundle(copied.wsdl, mend(copied.wsdl), copied.pages)


def copy(source: str, folder: Path, allow: tuple[str, ...] = (), catalog: Mapping[str, Path] | None = None) -> Bundle:
    """Copy a WSDL and all it needs into ``folder`` as they are: what breaks rules stays so. See ``pinned``."""
    if "://" in source and not is_address(source):
        raise ContractError(f"{source} is no path and no http(s) address; give a copy of the WSDL.")
    start = source if is_address(source) else absolute(str(Path.cwd() / "-"), source)
    library = Library(start, allow, catalog)
    binder = _Binder(library)
    try:
        binder.collect(start)
    finally:
        library.close()
    first = binder.pages[start]
    if first.root.tag != DEFINITIONS:
        raise ContractError(f"{source} is a schema, not a WSDL; give the WSDL 1.1 file that describes the service.")
    folder.mkdir(parents=True, exist_ok=True)
    for page in binder.pages.values():
        (folder / page.name).write_bytes(content(page.root))
    return Bundle(folder / first.name, (), {p.name: p for p in binder.pages.values()})


def _file_name(location: str, root: etree._Element) -> str:
    """Return a plain name for a document: ``orders?xsd=1`` becomes ``orders-xsd-1.xsd``."""
    if location.startswith("jmswrap:"):
        return location.partition(":")[2]
    parts = urlsplit(location) if is_address(location) else urlsplit("")
    path = unquote(parts.path) if is_address(location) else location
    last = path.rstrip("/").rpartition("/")[2] or parts.hostname or "contract"
    suffix = ".wsdl" if root.tag == DEFINITIONS else ".xsd"
    stem = last[: -len(suffix)] if last.lower().endswith(suffix) else last
    query = "" if parts.query.lower() in ("", "wsdl", "singlewsdl") else f"-{parts.query}"
    return (re.sub(r"[^A-Za-z0-9._]+", "-", stem + query).strip("-.") or "contract") + suffix


def _free_name(name: str, taken: set[str]) -> str:
    stem, _, suffix = name.rpartition(".")
    candidates = (name, *(f"{stem}-{number}.{suffix}" for number in range(2, MOST_FILES + 2)))
    return next(c for c in candidates if c.casefold() not in taken)
