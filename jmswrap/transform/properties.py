"""The vendor's configuration files, as stylesheets ask them: system, module and service properties.

``ConfigurationProperties.xml``, ``AIAConfigurationProperties.xml`` and
``JMSWrapperConfigurationProperties.xml`` share one form. Several files make one table; a later
file wins.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.errors import ConfigError

NAMESPACE = "http://xmlns.oracle.com/aia/core/config/V1"


@dataclass(frozen=True, slots=True)
class Properties:
    """What the files say, by name; a service by its full name and by the part after its namespace."""

    system: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    services: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def service(self, name: str) -> Mapping[str, str]:
        """Return the properties of a service, named with or without its namespace."""
        return self.services.get(name) or self.services.get(_local(name), {})

    def module_value(self, name: str) -> str | None:
        """Return a property of whichever module has it."""
        return next((values[name] for values in self.modules.values() if name in values), self.system.get(name))


def read(paths: Iterable[Path]) -> Properties:
    """Read the files. Raises ConfigError with the place of what is wrong."""
    system: dict[str, str] = {}
    modules: dict[str, dict[str, str]] = {}
    services: dict[str, dict[str, str]] = {}
    for path in paths:
        for section in _root(path).iter(etree.Element):
            kind = etree.QName(section).localname
            if kind == "SystemConfiguration":
                system |= _values(path, section)
            elif kind == "ModuleConfiguration":
                modules.setdefault(_named(path, section, "moduleName"), {}).update(_values(path, section))
            elif kind == "ServiceConfiguration":
                name, values = _named(path, section, "serviceName"), _values(path, section)
                for known_as in {name, _local(name)}:
                    services.setdefault(known_as, {}).update(values)
    return Properties(system, modules, services)


def _root(path: Path) -> etree._Element:
    try:
        root = etree.fromstring(path.read_bytes(), xml.parser(), base_url=str(path))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except etree.XMLSyntaxError as error:
        raise ConfigError(f"{path}:{error.lineno or 0}: the configuration file is not XML: {error.msg}") from error
    if next(root.iter("{*}Property"), None) is None:
        raise ConfigError(f"{path}: no Property is in it; a configuration file has them by module and service")
    return root


def _values(path: Path, section: etree._Element) -> dict[str, str]:
    return {_named(path, one, "name"): (one.text or "").strip() for one in section.iterfind("{*}Property")}


def _named(path: Path, element: etree._Element, attribute: str) -> str:
    name = element.get(attribute)
    if not name:
        kind = etree.QName(element).localname
        raise ConfigError(f"{path}:{element.sourceline}: {kind} needs the attribute {attribute}")
    return name


def _local(name: str) -> str:
    return name.rpartition("}")[2]
