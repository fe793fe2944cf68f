"""An integration: its configuration and contracts, loaded and checked against each other.

``load`` is what processes call: it reads, and refuses with every problem. ``examine`` is
what ``jmswrap check`` calls: it also compiles what would be compiled later.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jmswrap.app import bridging, callers, credentials, encrypting, mailing, overrides, store_password
from jmswrap.app import generation as generations
from jmswrap.app.contracts import Contracts, Finding, check_contracts, compile_all, homeless, read_contracts
from jmswrap.app.prudence import warnings_of
from jmswrap.app.styles import styles_fit
from jmswrap.app.transforms import unshared
from jmswrap.config.addresses import missing_driver
from jmswrap.config.load import loaded
from jmswrap.config.problem import Problem
from jmswrap.config.settings import Config
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
class Examined:
    """What an examination found."""

    integration: Integration | None
    """None when there are problems."""
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    """What works but is rarely meant."""


def load(path: Path, given: Mapping[str, Any] | None = None) -> Integration:
    """Return the integration; ConfigError lists every problem, a line each.

    ``given`` overrides lie over those of the environment.
    """
    examined = _examined(path, given, thorough=False)
    if examined.integration is None:
        raise ConfigError("\n".join(str(problem) for problem in examined.problems))
    return examined.integration


def check(path: Path) -> list[Problem]:
    """Return every problem of an integration."""
    return list(examine(path).problems)


def examine(path: Path, given: Mapping[str, Any] | None = None, kind: str = "") -> Examined:
    """Load an integration, compile all its parts and return what was found.

    ``kind`` is the kind of process that asks, `gateway` or `worker`, where it holds not every secret.
    """
    return _examined(path, given, thorough=True, kind=kind)


def generation(integration: Integration) -> str:
    """Return a short name for what the integration is now; it changes with its settings and every file of it."""
    return generations.name(integration.config, integration.file)


def _examined(path: Path, given: Mapping[str, Any] | None, thorough: bool, kind: str = "") -> Examined:
    file = path.absolute() / DEFAULT_FILE if path.is_dir() else path.absolute()
    mark = generations.of_file(file)
    laid_over = overrides.merged(overrides.of(os.environ), given or {})
    found = loaded(file, laid_over)
    if found.usable is None or (found.problems and not thorough):
        return Examined(None, tuple(found.problems), ())
    config = found.usable
    stamp = generations.stamp(file, config) | ({file: mark} if mark is not None else {})
    contracts, findings = read_contracts(config, file.parent)
    findings += check_contracts(config, contracts, whole=not found.problems)
    findings += styles_fit(config, contracts)
    if missing := missing_driver("history.url", config.history.url):
        findings.append((("history", "url"), missing))
    findings += unshared(config)
    findings += bridging.missing_library(config)
    findings += mailing.unsent(config, file.parent)
    if thorough and (closed := encrypting.problem(config, file.parent)):
        findings.append((("store", "encryption"), closed))
    if thorough and (unknown := store_password.problem(config, file.parent)):
        findings.append((("store", "password"), unknown))
    if thorough:
        findings += compile_all(config, contracts, file.parent)
        if kind != "gateway":
            findings += credentials.unusable(config, file.parent, os.environ)
            findings += mailing.unusable(config, file.parent, os.environ)
        findings += bridging.unusable(config, file.parent, os.environ)
        if kind != "worker":
            findings += callers.unknowable(config, contracts.services, file.parent, os.environ)
    further = {found.source.problem(where, sentence) for where, sentence in findings if found.untold(where)}
    told = tuple(sorted({*found.problems, *further}))
    if found.problems:
        # What is prudent shows when the file says what it means.
        return Examined(None, told, ())
    cautions = _cautions(config, contracts, file.parent)
    warnings = tuple(found.source.problem(where, sentence) for where, sentence in cautions)
    if told:
        return Examined(None, told, warnings)
    return Examined(Integration(file, config, contracts.services, contracts.partners, stamp), (), warnings)


def _cautions(config: Config, contracts: Contracts, folder: Path) -> list[Finding]:
    imprudent = credentials.imprudent(config, contracts.partner_ports, folder)
    return [
        *contracts.warnings,
        *homeless(config, contracts),
        *warnings_of(config),
        *imprudent,
        *callers.imprudent(config),
        *bridging.imprudent(config),
        *mailing.imprudent(config, folder),
    ]
