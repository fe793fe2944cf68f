"""An integration: its configuration and contracts, loaded and checked against each other.

``load`` is what processes call: it reads, and refuses with every problem. What ``jmswrap check``
tries beyond that is in jmswrap.app.examination.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jmswrap.app import bridging, mail_checks, overrides
from jmswrap.app import generation as generations
from jmswrap.app.contracts import Contracts, check_contracts, read_contracts
from jmswrap.app.styles import styles_fit
from jmswrap.app.transforms import unshared
from jmswrap.config.addresses import missing_driver
from jmswrap.config.load import Loaded, loaded
from jmswrap.config.problem import Problem
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding
from jmswrap.contract.nouns import Contract
from jmswrap.errors import ConfigError

DEFAULT_FILE = "jmswrap.yaml"


@dataclass(frozen=True, slots=True)
class Integration:
    """Everything loaded and checked."""

    file: Path
    config: Config
    services: Mapping[str, Contract]
    """The contracts of the Write services that have one, by service."""
    partners: Mapping[str, Contract]
    """The contracts of the partners."""
    stamp: generations.Stamp = field(default_factory=dict)
    """What its files were just before they were read."""

    @property
    def folder(self) -> Path:
        """The folder that the file's paths are relative to."""
        return self.file.parent


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be read of an integration, right or not."""

    found: Loaded
    integration: Integration
    """Without what cannot be used."""
    contracts: Contracts
    findings: tuple[Finding, ...]
    """What does not fit, by its place in the file."""

    def problems(self, further: Iterable[Finding] = ()) -> tuple[Problem, ...]:
        """Return every problem in the file's order, each place once; ``further`` findings among them."""
        source, findings = self.found.source, (*self.findings, *further)
        told = {source.problem(where, sentence) for where, sentence in findings if self.found.untold(where)}
        return tuple(sorted({*self.found.problems, *told}))


def load(path: Path, given: Mapping[str, Any] | None = None) -> Integration:
    """Return the integration; ConfigError lists every problem, a line each.

    ``given`` overrides lie over those of the environment.
    """
    read = draft(path, given)
    problems = read.problems() if isinstance(read, Draft) else read
    if not isinstance(read, Draft) or problems:
        raise ConfigError("\n".join(str(problem) for problem in problems))
    return read.integration


def file_of(path: Path) -> Path:
    """Return the ``jmswrap.yaml`` that a path means: itself, or the one in a folder."""
    return path.absolute() / DEFAULT_FILE if path.is_dir() else path.absolute()


def draft(path: Path, given: Mapping[str, Any] | None = None, partly: bool = False) -> Draft | tuple[Problem, ...]:
    """Read an integration's files, or return what keeps them from being read.

    ``partly``: contracts are read, too, where the file has problems that leave something of it.
    """
    file = file_of(path)
    mark = generations.of_file(file)
    found = loaded(file, overrides.merged(overrides.of(os.environ), given or {}))
    config = found.usable
    if config is None or (found.problems and not partly):
        return tuple(found.problems)
    stamp = generations.stamp(file, config) | ({file: mark} if mark is not None else {})
    contracts, findings = read_contracts(config, file.parent)
    findings += check_contracts(config, contracts, whole=not found.problems)
    findings += styles_fit(config, contracts)
    if missing := missing_driver("history.url", config.history.url):
        findings.append((("history", "url"), missing))
    findings += unshared(config)
    findings += bridging.missing_library(config)
    findings += mail_checks.unsent(config, file.parent)
    integration = Integration(file, config, contracts.services, contracts.partners, stamp)
    return Draft(found, integration, contracts, tuple(findings))


def generation(integration: Integration) -> str:
    """Return a short name for what the integration is now; it changes with its settings and every file of it."""
    return generations.name(integration.config, integration.file)
