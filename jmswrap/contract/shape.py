"""What a type says of a document, laid flat so that two versions of it can be compared.

A complex type becomes its children by name with how often each may stand, and its
attributes; a simple type becomes the built-in type under it and its facets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from jmswrap.contract.attributes import AttributeUse, attribute_uses
from jmswrap.contract.components import PARTICLES, XS, Component, Components

ANY = "##any"
UNBOUNDED = 1_000_000_000
_LISTED = ("pattern", "enumeration")
_MOST_DEPTH = 60


@dataclass(frozen=True, slots=True)
class Slot:
    """A child element as a type allows it."""

    least: int
    most: int
    declaration: Component


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple type down to the built-in one."""

    base: str
    """The local name of the built-in type, or ``list`` or ``union``."""
    limits: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    patterns: tuple[str, ...] = ()
    enumeration: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """A type laid flat."""

    children: Mapping[str, Slot]
    attributes: Mapping[str, AttributeUse]
    simple: Simple | None
    """What the text is; none for element content."""


class Shapes:
    """Lays the types of one contract flat."""

    def __init__(self, components: Components) -> None:
        self.components = components

    def of_element(self, name: str) -> Shape | None:
        """Return the shape of a global element; none when there is no such element."""
        found = self.components.find("element", name)
        return None if found is None else self.of(found)

    def of(self, declaration: Component) -> Shape:
        """Return the shape of an element's or attribute's declaration."""
        inline = declaration.child("complexType", "simpleType")
        if inline is not None:
            return self._typed(inline)
        name = declaration.qualified(declaration.get("type"))
        if not name:
            return Shape({}, {}, Simple("anyType"))
        if name.startswith(XS):
            return Shape({}, {}, Simple(name.removeprefix(XS)))
        found = self.components.find("type", name)
        return Shape({}, {}, Simple(f"the unknown type {name}")) if found is None else self._typed(found)

    def _typed(self, definition: Component) -> Shape:
        if definition.kind == "simpleType":
            return Shape({}, {}, self._simple(definition))
        attributes = {use.name: use for use in attribute_uses(self.components, definition)}
        content = definition.child("simpleContent")
        derivation = None if content is None else content.child("extension", "restriction")
        if derivation is not None:
            return Shape({}, attributes, self._derived(derivation))
        slots: dict[str, Slot] = {}
        self._content(definition, slots, 0)
        return Shape(slots, attributes, None)

    def _content(self, definition: Component, slots: dict[str, Slot], depth: int) -> None:
        content = definition.child("complexContent")
        holder = definition
        if content is not None:
            derivation = content.child("extension", "restriction")
            if derivation is None or depth > _MOST_DEPTH:
                return
            holder = derivation
            base = self._meant("type", derivation, "base")
            if derivation.kind == "extension" and base is not None:
                self._content(base, slots, depth + 1)
        model = holder.child("sequence", "choice", "all", "group")
        if model is not None:
            self._particle(model, slots, 1, 1, depth)

    def _particle(self, particle: Component, slots: dict[str, Slot], least: int, most: int, depth: int) -> None:
        """Enter a particle that stands in others which together allow it ``least`` to ``most`` times."""
        own = particle.get("maxOccurs", "1").strip()
        least *= int(particle.get("minOccurs", "1"))
        most = min(most * (UNBOUNDED if own == "unbounded" else int(own)), UNBOUNDED)
        if depth > _MOST_DEPTH or most == 0:
            return
        if particle.kind in ("element", "any"):
            name, declaration = self._named(particle)
            known = slots.get(name)
            slots[name] = Slot(least, most, declaration) if known is None else _joined(known, least, most)
            return
        if particle.kind == "group":
            group = self._meant("group", particle, "ref")
            inner = [] if group is None else [c for c in group.children() if c.kind in PARTICLES]
        else:
            inner = [c for c in particle.children() if c.kind in PARTICLES]
        least = 0 if particle.kind == "choice" and len(inner) > 1 else least
        for child in inner:
            self._particle(child, slots, least, most, depth + 1)

    def _named(self, particle: Component) -> tuple[str, Component]:
        if particle.kind == "any":
            return ANY, particle
        if particle.get("ref"):
            name = particle.qualified(particle.get("ref"))
            return name, self.components.find("element", name) or particle
        return particle.own_name, particle

    def _meant(self, kind: str, user: Component, attribute: str) -> Component | None:
        """Return what an attribute names: within ``xs:redefine`` by its own name what it was before."""
        name = user.qualified(user.get(attribute))
        return None if self.components.find(kind, name) is None else self.components.needed(kind, name, user)

    def _simple(self, definition: Component) -> Simple:
        content = definition.child("restriction", "list", "union")
        if content is None or content.kind != "restriction":
            return Simple("anySimpleType" if content is None else content.kind)
        return self._derived(content)

    def _derived(self, restriction: Component) -> Simple:
        inner = restriction.child("simpleType")
        name = restriction.qualified(restriction.get("base"))
        base = None if inner is not None else self._meant("type", restriction, "base")
        if inner is not None:
            below = self._simple(inner)
        elif base is None:
            below = Simple(name.removeprefix(XS))
        else:
            below = self._typed(base).simple or Simple("anyType")
        listed = {k: tuple(c.get("value") for c in restriction.children() if c.kind == k) for k in _LISTED}
        limits = {c.kind: c.get("value") for c in restriction.children() if c.get("value") and c.kind not in _LISTED}
        return replace(
            below,
            limits={**below.limits, **limits},
            patterns=listed["pattern"] or below.patterns,
            enumeration=listed["enumeration"] or below.enumeration,
        )


def _joined(known: Slot, least: int, most: int) -> Slot:
    """One name in two places of a model: both count."""
    return replace(known, least=known.least + least, most=min(known.most + most, UNBOUNDED))
