"""Compare the pinned contracts of an integration with what its partners publish today."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jmswrap.app.integration import Integration
from jmswrap.config.suggestions import did_you_mean
from jmswrap.contract.bundle import pinned
from jmswrap.contract.comparing import Difference
from jmswrap.contract.documents import with_types
from jmswrap.contract.drift import drift
from jmswrap.errors import ConfigError, ContractError


@dataclass(frozen=True, slots=True)
class Drifted:
    """What became of one partner's contract."""

    partner: str
    source: str
    """Where its WSDL of today came from."""
    differences: tuple[Difference, ...]
    problem: str = ""
    """Why they could not be compared; empty when they were."""

    @property
    def breaking(self) -> bool:
        """Whether calls may fail, or nothing could be told."""
        return bool(self.problem) or any(d.breaking for d in self.differences)


def drifted(
    integration: Integration, partner: str = "", source: str = "", allow: tuple[str, ...] = ()
) -> Iterator[Drifted]:
    """Yield for each partner, or the one that is named, how its contract differs from the pinned one.

    ``source`` is a path or an address; left out, the partner's address with ``?wsdl`` is asked.
    """
    names = list(integration.config.partners)
    if partner and partner not in names:
        raise ConfigError(f"{integration.file} has no partner `{partner}`{did_you_mean(partner, names)}.")
    wanted = [partner] if partner else names
    if source and len(wanted) != 1:
        raise ConfigError(f"--from is one partner's WSDL; name the partner: {', '.join(names)}.")
    for name in wanted:
        yield _one(integration, name, source, allow)


def _one(integration: Integration, name: str, source: str, allow: tuple[str, ...]) -> Drifted:
    settings = integration.config.partners[name]
    kept = with_types(integration.folder / settings.wsdl)
    address = settings.address or integration.partners[name].port(settings.service, settings.port).address
    source = source or (f"{address}?wsdl" if address else "")
    if not source:
        return Drifted(name, "", (), f"partner {name} has no address to ask; name its WSDL of today (--from).")
    try:
        with tempfile.TemporaryDirectory(prefix="jmswrap-drift-") as folder:
            current = pinned(source, Path(folder), allow)
            try:
                found = drift(kept, current.wsdl, settings.service, settings.port, bool(settings.address))
            except ContractError as error:
                return Drifted(name, source, (), current.in_source(str(error)))
    except ContractError as error:
        return Drifted(name, source, (), str(error))
    return Drifted(name, source, found)
