"""Writes a service's published contract anew from its partner's, as the routes' ``answer`` says."""

import os
from pathlib import Path

from jmswrap.app import overrides
from jmswrap.app.integration import file_of
from jmswrap.config.load import loaded
from jmswrap.config.settings import Config
from jmswrap.contract.derive import derive
from jmswrap.contract.documents import with_types
from jmswrap.errors import ConfigError


def republish(path: Path, service: str = "") -> list[Path]:
    """Write the contract of a service (empty: of every one that can be derived); return the files.

    ConfigError says why a service that is named cannot be derived.
    """
    file = file_of(path)
    found = loaded(file, overrides.of(os.environ))
    if found.usable is None or found.problems:
        raise ConfigError("\n".join(str(problem) for problem in found.problems))
    config = found.usable
    names = [service] if service else [name for name in config.services if not _obstacle(config, name)]
    if not names:
        raise ConfigError("No service here is derived from a partner's contract; write their contracts by hand.")
    return [_derived(config, file.parent, name) for name in names]


def _obstacle(config: Config, service: str) -> str:
    settings = config.services.get(service)
    if settings is None:
        return f"there is no service `{service}`: name one of {', '.join(config.services)}"
    if not settings.wsdl:
        return f"service `{service}` is a Python class, whose contract Spyne makes"
    routes = {name: r for name, r in config.routes.items() if r.source.service == service}
    if {r.to.partner for r in routes.values()} - {None} == set() or any(r.to.partner is None for r in routes.values()):
        return f"routes of service `{service}` go to queues, so no partner's contract says what it takes"
    if len({r.to.partner for r in routes.values()}) > 1:
        return f"routes of service `{service}` go to several partners, so its contract is written by hand"
    transformed = next((name for name, r in routes.items() if r.steps or r.to.operation or r.answer_steps), "")
    if transformed:
        return f"route `{transformed}` changes what goes through it, so the contract of `{service}` is written by hand"
    return ""


def _derived(config: Config, folder: Path, service: str) -> Path:
    if obstacle := _obstacle(config, service):
        raise ConfigError(f"{obstacle[0].upper()}{obstacle[1:]}.")
    published = folder / config.services[service].wsdl
    routes = [route for route in config.routes.values() if route.source.service == service]
    partner = config.partners[next(route.to.partner for route in routes if route.to.partner)]
    styles = {route.source.operation: str(route.answer) for route in routes}
    calls_back = config.services[service].callbacks is not None
    typed = with_types(folder / partner.wsdl)
    return derive(typed, published.parent, published.stem, partner.service, partner.port, styles, calls_back)
