"""Loading ``jmswrap.yaml``: every problem at once, each with its line.

What pydantic finds and what only the file as a whole can show are told together: the
parts that cannot be used are set aside, and the rest is checked as if they were right.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from jmswrap.config import checks, sentences
from jmswrap.config.problem import Problem
from jmswrap.config.settings import SCHEMA_VERSION, Config
from jmswrap.config.source import Source, Where, read

_ROUNDS = 20
"""Setting parts aside may uncover more; a file's depth bounds how often."""


def load(path: Path, overrides: Mapping[str, Any] | None = None) -> tuple[Config | None, list[Problem]]:
    """Return the configuration, or None and everything that keeps it from being used.

    ``overrides`` has the form of the file and is laid over it before anything is checked.
    """
    found = loaded(path, overrides)
    return found.config, found.problems


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading found, for checks made elsewhere that need lines."""

    source: Source
    usable: Config | None
    """The configuration without the parts that cannot be used; None when nothing is left."""
    problems: list[Problem]
    told: tuple[Where, ...] = ()
    """The places that the problems are about."""

    @property
    def config(self) -> Config | None:
        """The configuration, when it has no problem."""
        return None if self.problems else self.usable

    def untold(self, where: Where) -> bool:
        """Tell whether nothing was said of a place yet."""
        return not any(_about(where, other) for other in self.told)


def loaded(path: Path, overrides: Mapping[str, Any] | None = None) -> Loaded:
    """Like ``load``, with everything that further checks need."""
    source = read(path)
    source.lay_over(overrides or {})
    if source.data is None:
        return Loaded(source, None, source.problems)
    if not isinstance(source.data, dict):
        shape = Problem(source.file, 1, "the file must be a mapping: `key: value` lines")
        return Loaded(source, None, [*source.problems, shape])
    findings, usable = _validated(source.data)
    formal = Loaded(source, usable, source.problems, tuple(where for where, _ in findings))
    if usable is not None:
        crossed = checks.problems(usable, source.file.parent, _named(source))
        findings += [(where, sentence) for where, sentence in crossed if formal.untold(where)]
    problems = [*source.problems, *(source.problem(where, sentence) for where, sentence in findings)]
    return Loaded(source, usable, sorted(problems), tuple(where for where, _ in findings))


def _validated(data: dict[str, Any]) -> tuple[list[tuple[Where, str]], Config | None]:
    """Validate; on findings, set the parts at fault aside and validate what is left."""
    found: dict[Where, str] = {}
    rest = copy.deepcopy(data)
    for _ in range(_ROUNDS):
        try:
            return list(found.items()), _config(rest)
        except ValidationError as error:
            findings = _innermost(error.errors())
            for finding in findings:
                found.setdefault(finding["loc"], _sentence(finding))
            for finding in findings:
                _set_aside(rest, finding)
    return list(found.items()), None


def _innermost(findings: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out what pydantic says of a section only because something inside it is wrong."""
    around = {finding["loc"][:length] for finding in findings for length in range(len(finding["loc"]))}
    return [finding for finding in findings if finding["loc"] not in around]


def _config(data: dict[str, Any]) -> Config:
    # Through JSON, because strict mode then still takes lists for tuples and words for enumerations.
    return Config.model_validate_json(json.dumps(data, default=str), strict=True)


def _sentence(finding: ErrorDetails) -> str:
    if finding["loc"] == ("jmswrap",) and finding["type"] != "missing":
        return f"`jmswrap` must be {SCHEMA_VERSION}, the version of this file's form that this jmswrap reads"
    return sentences.sentence(finding)


_STAND_INS: dict[str, Any] = {"jmswrap": SCHEMA_VERSION, "name": "unnamed", "routes": {}}


def _set_aside(data: dict[str, Any], finding: ErrorDetails) -> None:
    where = finding["loc"]
    if len(where) == 1 and where[0] in _STAND_INS:
        data[str(where[0])] = _STAND_INS[str(where[0])]
        return
    if where[-1] == "[key]" or finding["type"] == "missing":
        where = where[:-1]
    holder: Any = data
    for part in where[:-1]:
        try:
            holder = holder[part]
        except (KeyError, IndexError, TypeError):
            return  # an earlier finding has set the whole section aside
    if isinstance(holder, dict):
        holder.pop(where[-1], None)
    elif isinstance(holder, list) and isinstance(where[-1], int) and where[-1] < len(holder):
        # A list cannot lose one item without renumbering the others: the section that has it goes.
        _set_aside(data, {**finding, "loc": where[:-1], "type": "list_type"})


def _named(source: Source) -> checks.Named:
    return checks.Named(
        services=_keys(source.data, "services"),
        partners=_keys(source.data, "partners"),
        routes=_keys(source.data, "routes"),
    )


def _keys(data: dict[str, Any], section: str) -> frozenset[str]:
    value = data.get(section)
    return frozenset(value) if isinstance(value, dict) else frozenset()


def _about(where: Where, other: Where) -> bool:
    shorter = min(len(where), len(other))
    return where[:shorter] == other[:shorter]
