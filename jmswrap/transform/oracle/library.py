"""All functions of the vendor's stylesheets, ready for one stylesheet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jmswrap.transform.current import Current
from jmswrap.transform.later import Later
from jmswrap.transform.limit import TimeLimit
from jmswrap.transform.lookups import Watch, watched
from jmswrap.transform.oracle import aia, documents, hashmaps, maps, strings, times, xref
from jmswrap.transform.properties import Properties
from jmswrap.transform.resources import Resources
from jmswrap.transform.xslt import Extensions, Transform


@dataclass(frozen=True, slots=True)
class Library:
    """What the functions of one integration's stylesheets stand on."""

    resources: Resources
    properties: Properties = field(default_factory=Properties)
    systems: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The registered systems by id, as `aia:getEBMHeaderSenderSystemNode` gives them out."""
    preferences: Mapping[str, str] = field(default_factory=dict)
    """What `ora:getPreference` answers."""
    watch: Watch | None = None
    """Is told of every look-up."""
    limit: TimeLimit = field(default_factory=lambda: TimeLimit(0))
    """How long a transform may take."""
    later: Later = field(default_factory=Later)
    """What runs stylesheets of XSLT 2.0 and 3.0."""

    def compiled(self, stylesheet: Path, current: Current | None = None, text_from: Path | None = None) -> Transform:
        """Compile a stylesheet that may call them. Raises ConfigError.

        ``current`` is what its functions know of the message; a stylesheet that another one calls shares it.
        ``text_from`` names another file whose text is taken as if it stood in the stylesheet's place.
        """
        current = current or Current()
        functions = {name: self.limit.guarded(one) for name, one in self.functions(stylesheet, current).items()}
        return Transform(stylesheet, functions, current, self.resources, text_from, self.limit, self.later)

    def functions(self, stylesheet: Path, current: Current) -> Extensions:
        """Return the functions as one stylesheet sees them: addresses in it are relative to it."""
        found = {
            **strings.functions(),
            **times.functions(),
            **hashmaps.functions(current),
            **maps.functions(self.resources, self.properties, stylesheet),
            **aia.functions(self.properties, self.systems),
            **{name: self.limit.waiting(one) for name, one in xref.functions(lambda: current.references).items()},
            **documents.functions(
                self.resources, self.preferences, stylesheet, current, lambda path: self.compiled(path, current)
            ),
        }
        return found if self.watch is None else watched(found, self.watch)
