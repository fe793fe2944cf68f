"""What an integration's stylesheets stand on, made from its settings."""

from pathlib import Path

from jmswrap.config.settings import Config
from jmswrap.config.transform_settings import System
from jmswrap.transform import properties
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.resources import Resources


def library(config: Config, folder: Path) -> Library:
    """Return the functions for an integration's stylesheets. Raises ConfigError for a file that cannot be read."""
    settings = config.transforms
    return Library(
        Resources(folder, settings.metadata),
        properties.read(folder / name for name in settings.properties),
        {name: _described(system) for name, system in settings.systems.items()},
        settings.preferences,
    )


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
