"""The files an integration consists of: what they were when they were read, and whether they have changed.

That is ``jmswrap.yaml``, the files it names, and every contract, schema, stylesheet, value map and
cross-reference table below its folder: stylesheets name one another and their maps by themselves.
Python modules are not among them, because a process cannot load one anew.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from jmswrap.config.settings import Config

SUFFIXES = frozenset((".xsl", ".xslt", ".dvm", ".xref", ".wsdl", ".xsd"))
"""Of files that count wherever they are below the folder."""

MOST_ENTRIES = 50_000
"""Of folders that are looked through; a folder that holds more than an integration costs no more than this."""

Stamp = dict[Path, tuple[int, int, int]]
"""For each file its time of change in ns, its size and its inode."""


def stamp(file: Path, config: Config) -> Stamp:
    """Return what the files are now, without reading them."""
    found = {path: mark for path in _files(file, config) if (mark := of_file(path)) is not None}
    return dict(sorted(found.items()))


def of_file(path: Path) -> tuple[int, int, int] | None:
    """Return what one file is now; None when there is none."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return (seen.st_mtime_ns, seen.st_size, seen.st_ino) if stat.S_ISREG(seen.st_mode) else None


def name(config: Config, file: Path) -> str:
    """Return a short name for settings and contents; equal on all machines where both are."""
    digest = hashlib.sha256(config.model_dump_json().encode())
    for path in sorted(set(_files(file, config)) - {file}):
        if path.is_file():
            shown = path.relative_to(file.parent) if path.is_relative_to(file.parent) else path
            digest.update(f"\0{shown}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def value_maps(folder: Path, config: Config) -> Iterator[Path]:
    """Yield the value maps that an integration's stylesheets may look into."""
    for top in dict.fromkeys((folder, folder / config.transforms.metadata)):
        yield from (path for path in _below(top, folder / config.store.data) if path.suffix.lower() == ".dvm")


def _files(file: Path, config: Config) -> Iterator[Path]:
    folder = file.parent
    yield file
    named = (
        *(service.wsdl for service in config.services.values()),
        *(partner.wsdl for partner in config.partners.values()),
        *config.transforms.properties,
        *config.cross_references.tables,
    )
    yield from (folder / name for name in named if name)
    metadata = folder / config.transforms.metadata
    for top in dict.fromkeys((folder, metadata)):
        yield from _below(top, folder / config.store.data)


def _below(top: Path, without: Path) -> Iterator[Path]:
    seen = 0
    for folder, inner, files in os.walk(top):
        here = Path(folder)
        inner[:] = sorted(one for one in inner if not one.startswith((".", "__")) and here / one != without)
        seen += len(inner) + len(files)
        yield from (here / one for one in files if os.path.splitext(one)[1].lower() in SUFFIXES)
        if seen > MOST_ENTRIES:
            return
