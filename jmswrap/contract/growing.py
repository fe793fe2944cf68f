"""Grow one document from an element's declaration, by chance within the schema.

Optional parts are taken near the root and left out further down, so that recursive types
end; a required part that would recurse for ever makes the choice above it take another
branch.
"""

import random
from collections.abc import Callable
from typing import TypeVar

from lxml import etree

from jmswrap import xml
from jmswrap.contract.attributes import AttributeUse, attribute_uses
from jmswrap.contract.components import PARTICLES, XS, Component, Components
from jmswrap.contract.values import Values
from jmswrap.contract.wildcards import admits
from jmswrap.errors import ContractError

_XSI = "xsi"
_MOST_DEPTH = 30
_MOST_STEPS = 50_000
_SAMPLE_NAMESPACE = "urn:example:sample"
_OURS = "{urn:jmswrap:"
"""Begins the names that are only in what jmswrap publishes: no partner knows them."""
_ANY_SIMPLE = f"{XS}anySimpleType"
_Item = TypeVar("_Item")


class EndlessError(Exception):
    """A required part contains itself: this branch has no finite document."""


class Grower:
    """One document: its chance, its size, the declarations it is inside of."""

    def __init__(self, components: Components, seed: int, richness: float, most_elements: int) -> None:
        self.components = components
        self.chance = random.Random(seed)  # noqa: S311 - a sample is no secret
        self.values = Values(components, self.chance)
        self.richness = richness
        self.most_elements = most_elements
        self.inside: list[etree._Element] = []
        self.made = 0
        self.steps = 0

    def document(self, name: str) -> etree._Element:
        """Return an instance of a global element."""
        found = self.components.find("element", name)
        if found is None:
            raise ContractError(f"No schema of the contract has a global element {name}.")
        prefixes = {**{p: n for n, p in self.components.prefixes.items()}, _XSI: xml.XSI}
        holder = etree.Element("holder", nsmap=prefixes)
        self._element(found, holder, name)
        return holder[0]

    def _takes(self) -> bool:
        """Whether an optional part is taken here."""
        if self.richness == 0 or self.made >= self.most_elements:
            return False
        return self.chance.random() < self.richness / max(1, len(self.inside) - 2)

    def _element(self, declaration: Component, parent: etree._Element, name: str) -> None:
        """Append an instance of an element declaration."""
        if declaration.flag("abstract"):
            self._member(name, declaration, parent)
            return
        self.steps += 1
        if self.inside.count(declaration.node) > 1 or len(self.inside) > _MOST_DEPTH or self.steps > _MOST_STEPS:
            raise EndlessError
        grown = etree.SubElement(parent, name)
        self.made += 1
        self.inside.append(declaration.node)
        try:
            self._fill(declaration, grown)
        except EndlessError:
            parent.remove(grown)
            raise
        finally:
            self.inside.pop()

    def _member(self, name: str, declaration: Component, parent: etree._Element) -> None:
        members = self.components.concrete_members(name)
        if not members:
            raise ContractError(f"{declaration.place}: the abstract element {name} has no member to stand for it.")
        self._first_finite([self._global_element(m, parent) for m in self._shuffled(members)], parent)

    def _global_element(self, name: str, parent: etree._Element) -> Callable[[], None]:
        declaration = self.components.find("element", name)
        assert declaration is not None
        return lambda: self._element(declaration, parent, name)

    def _fill(self, declaration: Component, grown: etree._Element) -> None:
        fixed = declaration.node.get("fixed")
        inline = declaration.child("complexType", "simpleType")
        if inline is not None:
            self._typed(inline, grown)
        elif declaration.get("type"):
            self._named_type(declaration.qualified(declaration.get("type")), declaration, grown)
        elif declaration.get("substitutionGroup"):
            head = declaration.qualified(declaration.get("substitutionGroup"))
            self._fill(self.components.needed("element", head, declaration), grown)
        if fixed is not None:
            grown.text = fixed

    def _named_type(self, name: str, user: Component, grown: etree._Element) -> None:
        if name == f"{XS}anyType":
            return
        if name.startswith(XS):
            grown.text = self.values.named(name, user)
            return
        found = self.components.needed("type", name, user)
        if found.flag("abstract"):
            self._derived(name, found, grown)
        else:
            self._typed(found, grown)

    def _derived(self, name: str, found: Component, grown: etree._Element) -> None:
        names = self.components.concrete_types(name)
        if not names:
            raise ContractError(f"{found.place}: the abstract type {name} has no type to stand for it.")
        self._first_finite([self._as_type(n, found, grown) for n in self._shuffled(names)], grown)

    def _as_type(self, name: str, user: Component, grown: etree._Element) -> Callable[[], None]:
        def attempt() -> None:
            grown.attrib.clear()
            namespace, _, local = name.rpartition("}")
            prefix = self.components.prefixes.get(namespace[1:])
            grown.set(f"{{{xml.XSI}}}type", f"{prefix}:{local}" if prefix else local)
            self._typed(self.components.needed("type", name, user), grown)

        return attempt

    def _typed(self, definition: Component, grown: etree._Element) -> None:
        """Fill an element with the attributes and content of its type."""
        if definition.kind == "simpleType":
            grown.text = self.values.of(definition)
            return
        simple = definition.child("simpleContent")
        if simple is not None:
            derivation = simple.child("extension", "restriction")
            assert derivation is not None
            grown.text = self.values.derived(derivation)
        else:
            self._content(definition, grown)
        for use in attribute_uses(self.components, definition):
            self._attribute(use, grown)

    def _content(self, definition: Component, grown: etree._Element) -> None:
        complex_content = definition.child("complexContent")
        holder = definition
        if complex_content is not None:
            derivation = complex_content.child("extension", "restriction")
            assert derivation is not None
            holder = derivation
            base = derivation.qualified(derivation.get("base"))
            if derivation.kind == "extension" and not base.startswith(XS):
                self._content(self.components.needed("type", base, derivation), grown)
        model = holder.child("sequence", "choice", "all", "group")
        if model is not None:
            self._particle(model, grown)

    def _particle(self, particle: Component, grown: etree._Element) -> None:
        """Append as many instances of a particle as its occurrence and chance say."""
        least = int(particle.get("minOccurs", "1"))
        most = particle.get("maxOccurs", "1").strip()
        for _ in range(least):
            self._once(particle, grown)
        if least == 0 and most != "0" and particle.kind != "any" and self._takes():
            before = len(grown)
            try:
                self._once(particle, grown)
            except (EndlessError, ContractError):
                # What is optional may be left out, also when nothing valid could be made of it.
                del grown[before:]

    def _once(self, particle: Component, grown: etree._Element) -> None:
        if particle.kind == "element":
            self._element_particle(particle, grown)
        elif particle.kind == "any":
            self._wildcard(particle, grown)
        elif particle.kind == "group":
            group = self.components.needed("group", particle.qualified(particle.get("ref")), particle)
            model = group.child("sequence", "choice", "all")
            if model is not None:
                self._particle(model, grown)
        elif particle.kind == "choice":
            branches = [c for c in particle.children() if c.kind in PARTICLES and c.get("maxOccurs") != "0"]
            if branches:
                self._first_finite([self._branch(b, grown) for b in self._shuffled(branches)], grown)
        else:
            for child in particle.children():
                self._particle(child, grown)

    def _branch(self, particle: Component, grown: etree._Element) -> Callable[[], None]:
        return lambda: self._particle(particle, grown)

    def _element_particle(self, particle: Component, grown: etree._Element) -> None:
        if particle.get("ref"):
            name = particle.qualified(particle.get("ref"))
            self._element(self.components.needed("element", name, particle), grown, name)
            return
        self._element(particle, grown, particle.own_name)

    def _wildcard(self, particle: Component, grown: etree._Element) -> None:
        """Stand something where anything may: a known element where it must be known."""
        allowed = particle.get("namespace", "##any").split()
        target = particle.chunk.namespace
        if particle.get("processContents", "strict") != "strict":
            named = [target if a == "##targetNamespace" else a for a in allowed if not a.startswith("##other")]
            own = next((a for a in named if a not in ("##any", "##local")), _SAMPLE_NAMESPACE)
            etree.SubElement(grown, "sample" if allowed == ["##local"] else f"{{{own}}}sample")
            return
        known = [n for n in self.components.elements() if not n.startswith(_OURS)]
        fitting = [n for n in known if admits(n, allowed, target)]
        if not fitting:
            raise ContractError(f"{particle.place}: no element of the schemas may stand for this xs:any.")
        self._first_finite([self._global_element(n, grown) for n in self._shuffled(fitting)[:20]], grown)

    def _first_finite(self, attempts: list[Callable[[], None]], grown: etree._Element) -> None:
        """Make the first attempt that ends; put back what the others left."""
        before = len(grown)
        for number, attempt in enumerate(attempts, 1):
            try:
                attempt()
            except (EndlessError, ContractError):
                del grown[before:]
                if number == len(attempts):
                    raise
            else:
                return

    def _attribute(self, use: AttributeUse, grown: etree._Element) -> None:
        if use.required or self._takes():
            grown.set(use.name, use.fixed if use.fixed is not None else self._attribute_value(use.declaration))

    def _attribute_value(self, declaration: Component) -> str:
        inline = declaration.child("simpleType")
        if inline is not None:
            return self.values.of(inline)
        said = declaration.get("type", "")
        return self.values.named(declaration.qualified(said) if said else _ANY_SIMPLE, declaration)

    def _shuffled(self, items: list[_Item]) -> list[_Item]:
        return self.chance.sample(items, len(items))
