"""The attributes a complex type gives an element, its own and the inherited ones."""

from dataclasses import dataclass

from jmswrap.contract.components import XS, Component, Components


@dataclass(frozen=True, slots=True)
class AttributeUse:
    """An attribute as a type uses it."""

    name: str
    use: Component
    """Where the type says required, optional or prohibited, and perhaps a fixed value."""
    declaration: Component
    """Where its type is said: the same place, or a global attribute."""

    @property
    def required(self) -> bool:
        """Whether the attribute must be there."""
        return self.use.get("use") == "required"

    @property
    def fixed(self) -> str | None:
        """The only value it may have, where there is one."""
        return self.use.node.get("fixed", self.declaration.node.get("fixed"))


def attribute_uses(components: Components, definition: Component) -> list[AttributeUse]:
    """Return the attributes of a complex type that are not prohibited, inherited ones first."""
    found: dict[str, AttributeUse] = {}
    _collect_type(components, definition, found)
    return [u for u in found.values() if u.use.get("use") != "prohibited"]


def _collect_type(components: Components, definition: Component, found: dict[str, AttributeUse]) -> None:
    content = definition.child("simpleContent", "complexContent")
    derivation = None if content is None else content.child("extension", "restriction")
    if derivation is None:
        _collect(components, definition, found)
        return
    name = derivation.qualified(derivation.get("base"))
    if not name.startswith(XS):
        base = components.needed("type", name, derivation)
        if base.kind == "complexType":
            _collect_type(components, base, found)
    _collect(components, derivation, found)


def _collect(components: Components, holder: Component, found: dict[str, AttributeUse]) -> None:
    for child in holder.children():
        if child.kind == "attributeGroup":
            name = child.qualified(child.get("ref"))
            _collect(components, components.needed("attributeGroup", name, child), found)
        elif child.kind == "attribute":
            use = _use(components, child)
            found[use.name] = use


def _use(components: Components, attribute: Component) -> AttributeUse:
    if attribute.get("ref"):
        name = attribute.qualified(attribute.get("ref"))
        return AttributeUse(name, attribute, components.needed("attribute", name, attribute))
    return AttributeUse(attribute.own_name, attribute, attribute)
