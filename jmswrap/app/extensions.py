"""A site's own steps before and after a route's transform: whether they are on, and which they are.

The vendor's integration calls a service there and switches it by a property of the process:
``Extension.PreXform…`` and ``Extension.PostXform…``. Here the step is a stylesheet or a Python
function, and those same properties may switch it.
"""

import importlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.config.route_settings import Extension, Route
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding, Where
from jmswrap.errors import ConfigError, TransformError
from jmswrap.transform.properties import Properties

GROUP = "jmswrap.extensions"
"""The entry points that may be named."""

PYTHON = "python:"
"""How the name of a step begins that is a Python function."""

_FLAGS = {"before": re.compile(r"(ABCS)?Extension\.PreXform"), "after": re.compile(r"(ABCS)?Extension\.PostXform")}


@dataclass(frozen=True, slots=True)
class Hook:
    """A Python function as a step."""

    name: str
    function: Callable[[bytes], bytes]

    def __call__(self, document: bytes, parameters: Mapping[str, str]) -> bytes:
        """Call it. Raises TransformError for whatever goes wrong in it."""
        try:
            made = self.function(document)
        except Exception as error:
            raise TransformError(f"extension {self.name}: {type(error).__name__}: {error}") from error
        if not isinstance(made, bytes):
            raise TransformError(f"extension {self.name} gave {type(made).__name__}, not bytes")
        try:
            etree.fromstring(made, xml.parser())
        except etree.XMLSyntaxError as error:
            raise TransformError(f"extension {self.name} gave what is not XML: {error}") from error
        return made


def around(route: Route, steps: tuple[str, ...], known: Properties) -> tuple[str, ...]:
    """Return the names of a route's steps with the extensions that are on."""
    before, after = (_named(route, place, known) for place in ("before", "after"))
    return (*before, *steps, *after)


def hook(name: str, folder: Path) -> Hook:
    """Return the function that a name stands for: an entry point's, or `module:function`. Raises ConfigError."""
    module, _, function = name.partition(":")
    if not function:
        found = metadata.entry_points(group=GROUP, name=name)
        if not found:
            raise ConfigError(f"there is no entry point `{name}` in the group {GROUP}; or give `module:function`")
        loaded = _loaded(name, next(iter(found)).load)
    else:
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))  # the module may stand beside jmswrap.yaml
        loaded = _loaded(name, lambda: getattr(importlib.import_module(module), function))
    if not callable(loaded):
        raise ConfigError(f"`{name}` is no function")
    return Hook(name, loaded)


def wrong(config: Config, folder: Path) -> Iterator[Finding]:
    """Yield what is wrong with extensions, beside their stylesheets."""
    for name, route in config.routes.items():
        if route.extensions is None:
            continue
        where: Where = ("routes", name, "extensions")
        if route.extensions.on is None and not route.extensions.service:
            yield where, "nothing switches them on: give `on`, or the `service` whose properties do"
        for place in ("before", "after"):
            extension: Extension | None = getattr(route.extensions, place)
            if extension is None:
                continue
            if bool(extension.xslt) == bool(extension.python):
                yield (*where, place), "give exactly one of `xslt` and `python`"
            elif extension.python:
                try:
                    hook(extension.python, folder)
                except ConfigError as error:
                    yield (*where, place, "python"), str(error)


def _named(route: Route, place: str, known: Properties) -> tuple[str, ...]:
    settings = route.extensions
    extension: Extension | None = getattr(settings, place) if settings is not None else None
    if settings is None or extension is None or not _on(settings.on, settings.service, place, known):
        return ()
    return (f"{PYTHON}{extension.python}",) if extension.python else (extension.xslt,)


def _on(given: bool | None, service: str, place: str, known: Properties) -> bool:
    if given is not None:
        return given
    flags = (value for name, value in known.service(service).items() if _FLAGS[place].match(name))
    return any(value.strip().lower() == "true" for value in flags)


def _loaded(name: str, load: Callable[[], object]) -> Callable[[bytes], bytes]:
    try:
        found: object = load()
    except Exception as error:
        raise ConfigError(f"`{name}` cannot be loaded: {type(error).__name__}: {error}") from error
    return found  # type: ignore[return-value]  # callers ask whether it can be called
