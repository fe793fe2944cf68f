"""The cross-references of an integration, and how its steps use them."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from jmswrap import clock, log
from jmswrap.app.extensions import PYTHON, Hook, hook
from jmswrap.app.integration import Integration
from jmswrap.app.transforms import declared, library
from jmswrap.crossref.references import CrossReferences
from jmswrap.crossref.work import Work
from jmswrap.database import place
from jmswrap.errors import CrossReferencesDown
from jmswrap.transform.current import Current
from jmswrap.transform.limit import TimeLimit
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.properties import Properties
from jmswrap.transform.xslt import Transform

_LOG = log.get(__name__)

FILE = "crossref.sqlite"

KEPT_DAYS = 400
"""How long it is remembered what a step wrote, for a message that comes to it again: as long as control totals."""

TRIM_STEP = 5_000
"""Calls that one transaction forgets."""

LAST_STEP_SECONDS = 2.0
"""How long a process that ends waits for such a transaction."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A stylesheet whose cross-references are one transaction, kept when it ends well."""

    transform: Transform
    references: CrossReferences
    current: Current
    name: str

    def __call__(self, document: bytes, parameters: Mapping[str, str]) -> bytes:
        """Transform. Raises TransformError, CrossReferencesDown."""

        def do(work: Work) -> bytes:
            self.current.references = work
            try:
                return self.transform(document, parameters)
            finally:
                self.current.references = None

        return self.references.during(parameters.get("JMSMessageID", ""), self.name, do)


class Sheets:
    """The stylesheets of an integration, each compiled once."""

    def __init__(self, integration: Integration, limit: TimeLimit | None = None) -> None:
        self._folder = integration.folder
        self._library: Library = library(integration.config, integration.folder, limit)
        self._references = references_of(integration)
        self._made: dict[str, Transform | Crossing | Hook] = {}

    @property
    def properties(self) -> Properties:
        """The vendor's configuration files, read."""
        return self._library.properties

    def step(self, sheet: str) -> Transform | Crossing | Hook:
        """Return what runs a stylesheet, named relative to the folder, or a hook. Raises ConfigError."""
        if sheet not in self._made and sheet.startswith(PYTHON):
            self._made[sheet] = hook(sheet.removeprefix(PYTHON), self._folder)
        if sheet not in self._made:
            current = Current()
            transform = self._library.compiled(self._folder / sheet, current)
            crossing = self._references
            self._made[sheet] = Crossing(transform, crossing, current, sheet) if crossing else transform
        return self._made[sheet]


def references_of(integration: Integration) -> CrossReferences | None:
    """Return the cross-references; None when no tables are declared. Nothing is opened before it is used."""
    config = integration.config
    settings = config.cross_references
    if not settings.tables:
        return None
    default = integration.folder / config.store.data / FILE
    where = place("cross_references.url", settings.url, integration.folder, default)
    return CrossReferences(where, declared(config, integration.folder))


@contextmanager
def forgetting(integration: Integration) -> Iterator[None]:
    """Forget beside the work what steps wrote long ago."""
    stop = threading.Event()
    thread = threading.Thread(target=forget_old, args=(integration, stop), name="jmswrap-forgets", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        # The database may hang; what is not finished is undone, and the next process that starts does it.
        thread.join(LAST_STEP_SECONDS)


def forget_old(integration: Integration, stop: threading.Event) -> None:
    """Forget what steps wrote long ago; where the database is away, the next process that starts does it."""
    references = references_of(integration)
    file = references.place.file if references else None
    if references is None or (file is not None and not file.exists()):
        return
    try:
        _trimmed(references, clock.wall_ms() - KEPT_DAYS * 86_400_000, stop)
    except CrossReferencesDown as error:
        _LOG.warning("cross-references-not-trimmed", reason=error)
    finally:
        references.close()


def _trimmed(references: CrossReferences, before_ms: int, stop: threading.Event) -> None:
    """Forget step by step, with rests in which messages write theirs: SQLite has one writer at a time."""
    forgotten, step = 0, TRIM_STEP
    while step == TRIM_STEP and not stop.is_set():
        began = clock.monotonic()
        step = references.trim(before_ms, TRIM_STEP)
        forgotten += step
        stop.wait(clock.monotonic() - began)
    if forgotten:
        _LOG.info("cross-references-trimmed", calls=forgotten)
