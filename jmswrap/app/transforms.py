"""What an integration's stylesheets stand on, made from its settings."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from jmswrap.app.generation import value_maps
from jmswrap.config.addresses import is_file, is_loopback, missing_driver
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding
from jmswrap.config.transform_settings import System
from jmswrap.crossref.declared import Declared, read
from jmswrap.errors import ConfigError
from jmswrap.transform.limit import TimeLimit
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.properties import Properties
from jmswrap.transform.properties import read as read_properties
from jmswrap.transform.resources import Resources


def library(config: Config, folder: Path, limit: TimeLimit | None = None) -> Library:
    """Return the functions for an integration's stylesheets. Raises ConfigError for a file that cannot be read."""
    settings = config.transforms
    resources = Resources(folder, settings.metadata)
    resources.keep(value_maps(folder, config))
    return Library(
        resources,
        properties_of(config, folder),
        {name: _described(system) for name, system in settings.systems.items()},
        settings.preferences,
        limit=limit or TimeLimit(settings.seconds),
    )


def properties_of(config: Config, folder: Path) -> Properties:
    """Return the properties of the vendor's configuration files. Raises ConfigError."""
    return read_properties(folder / name for name in config.transforms.properties)


def readable_properties(config: Config, folder: Path) -> Properties:
    """Return the same, or none where a file cannot be read: that is told where the stylesheets are compiled."""
    try:
        return properties_of(config, folder)
    except ConfigError:
        return Properties()


def declared(config: Config, folder: Path) -> dict[str, Declared]:
    """Return the declared tables by name. Raises ConfigError."""
    tables: dict[str, Declared] = {}
    for name in config.cross_references.tables:
        table = read(folder / name)
        if table.name in tables:
            raise ConfigError(f"{folder / name} declares table {table.name}, which another file has declared")
        tables[table.name] = table
    return tables


def unshared(config: Config) -> Iterator[Finding]:
    """Yield what is wrong with where the cross-references are kept."""
    references = config.cross_references
    if not references.tables:
        return
    if missing := missing_driver("cross_references.url", references.url):
        yield ("cross_references", "url"), missing
    host = urlsplit(config.store.url).hostname or ""
    if host and not is_loopback(host) and is_file(references.url):
        sentence = "the store serves several machines, and each would have cross-references of its own in SQLite: "
        yield ("cross_references",), f"{sentence}set `cross_references.url` to a PostgreSQL"


def _described(system: System) -> dict[str, str]:
    return {
        "type": system.type,
        "Description": system.description,
        "IPAddress": system.ip_address,
        "Application/ID": system.application,
        "Application/Version": system.application_version,
        "ContactName": system.contact_name,
        "ContactEmail": system.contact_email,
        "ContactPhone": system.contact_phone,
    }
