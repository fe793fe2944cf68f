"""An integration tried as a whole: what ``jmswrap check`` tells.

Beyond loading it compiles what would be compiled later, and looks for every secret and key. Processes
ask for it, too, before they go over to new files.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jmswrap.app import (
    bridging,
    callers,
    credentials,
    encrypting,
    endpoint_checks,
    mail_checks,
    partners,
    selector_checks,
    store_password,
    styles,
)
from jmswrap.app.contracts import Contracts, compile_all, homeless
from jmswrap.app.integration import Integration, draft
from jmswrap.app.prudence import warnings_of
from jmswrap.config.problem import Problem
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding


@dataclass(frozen=True, slots=True)
class Examined:
    """What an examination found."""

    integration: Integration | None
    """None when there are problems."""
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    """What works but is rarely meant."""


def check(path: Path) -> list[Problem]:
    """Return every problem of an integration."""
    return list(examine(path).problems)


def examine(path: Path, given: Mapping[str, Any] | None = None, kind: str = "") -> Examined:
    """Load an integration, compile all its parts and return what was found.

    ``kind`` is the kind of process that asks, `gateway` or `worker`, where it holds not every secret.
    """
    read = draft(path, given, partly=True)
    if isinstance(read, tuple):
        return Examined(None, read, ())
    integration, contracts = read.integration, read.contracts
    told = read.problems(_tried(integration, contracts, kind))
    if read.found.problems:
        # What is prudent shows when the file says what it means.
        return Examined(None, told, ())
    cautions = _cautions(integration.config, contracts, integration.folder)
    warnings = tuple(read.found.source.problem(where, sentence) for where, sentence in cautions)
    return Examined(None if told else integration, told, warnings)


def _tried(integration: Integration, contracts: Contracts, kind: str) -> Iterator[Finding]:
    """Yield what shows only when it is tried: secrets that are nowhere, stylesheets that cannot be compiled."""
    config, folder = integration.config, integration.folder
    if closed := encrypting.problem(config, folder):
        yield ("store", "encryption"), closed
    if unknown := store_password.problem(config, folder):
        yield ("store", "password"), unknown
    yield from compile_all(config, contracts, folder)
    if kind != "gateway":
        yield from partners.unloadable(config, contracts, folder)
        yield from credentials.unusable(config, folder, os.environ)
        yield from mail_checks.unusable(config, folder, os.environ)
    yield from bridging.unusable(config, folder, os.environ)
    if kind != "worker":
        yield from callers.unknowable(config, contracts.services, folder, os.environ)


def _cautions(config: Config, contracts: Contracts, folder: Path) -> list[Finding]:
    imprudent = credentials.imprudent(config, contracts.partner_ports, folder)
    return [
        *contracts.warnings,
        *homeless(config, contracts),
        *warnings_of(config),
        *selector_checks.imprudent(config, contracts),
        *styles.imprudent(config, contracts),
        *imprudent,
        *callers.imprudent(config),
        *bridging.imprudent(config),
        *mail_checks.imprudent(config, folder),
        *endpoint_checks.imprudent(config, contracts.partner_ports, folder),
    ]
