"""A route's transforms tried on a file: what goes in, what comes out, what was looked up. Nothing is kept.

All steps are one transaction of the cross-references, which is rolled back: a later step sees what
an earlier one wrote.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jmswrap import xml
from jmswrap.app.crossing import references_of
from jmswrap.app.extensions import PYTHON, hook
from jmswrap.app.integration import Integration
from jmswrap.app.sending import Sender, read_document
from jmswrap.app.stylesheets import PARTS, of_route
from jmswrap.app.transforms import library
from jmswrap.deliver.delivery import parameters
from jmswrap.errors import ConfigError, TransformError
from jmswrap.transform.current import Current
from jmswrap.transform.lookups import LookUp
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.xslt import Transform


@dataclass(frozen=True, slots=True)
class Step:
    """One step, tried."""

    name: str
    look_ups: tuple[LookUp, ...]
    output: bytes
    error: str = ""
    """Why it failed; no step after it was tried."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A route's steps, tried."""

    given: bytes
    steps: tuple[Step, ...]

    @property
    def output(self) -> bytes:
        """What came out at the end; empty when a step failed."""
        return self.steps[-1].output if self.steps else self.given

    @property
    def error(self) -> str:
        """Why it came to no end; empty when it did."""
        return self.steps[-1].error if self.steps else ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be tried."""

    route: str
    document: bytes
    part: str = PARTS[0]
    properties: Mapping[str, str] | None = None
    instead: Path | None = None
    """A stylesheet to be taken in the place of the route's one of that name."""


def attempted(integration: Integration, question: Question, kept_by: Integration | None = None) -> Trial:
    """Try a route's steps on a document; raises ConfigError, Refused, CrossReferencesDown.

    ``kept_by`` is the integration whose cross-references are looked at, when it is another.
    """
    sender = Sender(integration, question.route)
    known = library(integration.config, integration.folder)
    sheets = of_route(integration.config.routes[question.route], known.properties)[question.part]
    if not sheets:
        raise ConfigError(f"route `{question.route}` has no transform in its {question.part}; choose another with --of")
    given = dict(question.properties or {})
    document = question.document
    if question.part == PARTS[0]:
        message = sender.message(document, given)
        document, given = message.body, parameters(message)
    else:
        document, given = xml.standalone(read_document(document, xml.parser())), {"JMSMessageID": "TRIAL", **given}
    steps = _Steps(known, integration.folder, sheets, question.instead)
    references = references_of(kept_by or integration)
    if references is None:
        return Trial(document, steps.tried(document, given))
    try:

        def do(work: object) -> tuple[Step, ...]:
            steps.current.references = work
            return steps.tried(document, given)

        return Trial(document, references.during("", "trial", do))
    finally:
        references.close()


class _Steps:
    """The steps of one trial; all of them look at the same message."""

    def __init__(self, known: Library, folder: Path, sheets: tuple[str, ...], instead: Path | None) -> None:
        self.current = Current()
        self._seen: list[LookUp] = []
        known = replace(known, watch=self._seen.append)
        replaced = _replaced(sheets, instead) if instead is not None else ""
        self._steps = [(name, self._compiled(known, folder, name, replaced, instead)) for name in sheets]

    def tried(self, document: bytes, given: Mapping[str, str]) -> tuple[Step, ...]:
        """Try them one after the other, as far as they go."""
        done: list[Step] = []
        for name, step in self._steps:
            self._seen.clear()
            try:
                document = step(document, given)
            except TransformError as error:
                return (*done, Step(name, tuple(self._seen), b"", str(error)))
            done.append(Step(name, tuple(self._seen), document))
        return tuple(done)

    def _compiled(
        self, known: Library, folder: Path, name: str, replaced: str, instead: Path | None
    ) -> Callable[[bytes, Mapping[str, str]], bytes]:
        if name.startswith(PYTHON):
            return hook(name.removeprefix(PYTHON), folder)
        made: Transform = known.compiled(folder / name, self.current, instead if name == replaced else None)
        return made


def _replaced(sheets: tuple[str, ...], instead: Path) -> str:
    named = [name for name in sheets if Path(name).name == instead.name]
    if len(named or sheets) != 1:
        raise ConfigError(f"{instead.name} is none of {', '.join(sheets)}: give it the name of the one it replaces")
    return (named or list(sheets))[0]
