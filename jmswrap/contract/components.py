"""The components of a contract's schemas by name: elements, types, groups, attributes.

References are resolved as XSD says; in a chameleon, names without a namespace belong to
the schema that includes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from jmswrap import xml
from jmswrap.contract.documents import REDEFINE, line_of
from jmswrap.contract.schemaset import Chunk, SchemaSet
from jmswrap.errors import ContractError

XS = f"{{{xml.XSD}}}"
PARTICLES = ("sequence", "choice", "all", "group", "element", "any")
"""What may stand in a content model."""

_KINDS = {
    f"{XS}element": "element",
    f"{XS}complexType": "type",
    f"{XS}simpleType": "type",
    f"{XS}group": "group",
    f"{XS}attributeGroup": "attributeGroup",
    f"{XS}attribute": "attribute",
}


@dataclass(frozen=True, slots=True)
class Component:
    """A schema component and the chunk whose rules it follows."""

    node: etree._Element
    chunk: Chunk

    def child(self, *names: str) -> "Component | None":
        """Return the first child with one of these local names."""
        wanted = {XS + n for n in names}
        found = next((c for c in self.node if c.tag in wanted), None)
        return None if found is None else Component(found, self.chunk)

    def children(self) -> Iterator["Component"]:
        """Return the children that are of XSD, annotations apart."""
        for node in self.node.iterchildren(f"{XS}*"):
            if node.tag != f"{XS}annotation":
                yield Component(node, self.chunk)

    @property
    def kind(self) -> str:
        """The local name of its XSD element."""
        return str(self.node.tag).rpartition("}")[2]

    @property
    def place(self) -> str:
        """Where it stands, for a sentence."""
        return f"{self.chunk.source.path}:{line_of(self.node)}"

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute of its XSD element."""
        return self.node.get(name, default)

    def flag(self, name: str) -> bool:
        """Whether an attribute of its XSD element is true."""
        return self.get(name).strip() in ("true", "1")

    @property
    def own_name(self) -> str:
        """The full name of the element or attribute that is declared here, by its form."""
        form = self.get("form") or self.chunk.schema.get(f"{self.kind}FormDefault", "unqualified")
        local = self.get("name")
        return f"{{{self.chunk.namespace}}}{local}" if form == "qualified" and self.chunk.namespace else local

    def qualified(self, name: str) -> str:
        """Return a QName used by this component as ``{namespace}local``."""
        prefix, _, local = name.strip().rpartition(":")
        namespace = xml.XML_NAMESPACE if prefix == "xml" else self.node.nsmap.get(prefix or None)
        if namespace is None and not prefix and not self.chunk.schema.get("targetNamespace"):
            namespace = self.chunk.namespace
        return f"{{{namespace}}}{local}" if namespace else local


class Components:
    """Lookup of every global component, of derived types and of substitution groups."""

    def __init__(self, schemas: SchemaSet) -> None:
        self._found: dict[tuple[str, str], Component] = {}
        self._originals: dict[tuple[str, str], Component] = {}
        self._derived: dict[str, list[str]] = {}
        self._members: dict[str, list[str]] = {}
        named = [n for n in schemas.namespaces if n not in ("", xml.XML_NAMESPACE)]
        self.prefixes = {n: f"ns{i}" for i, n in enumerate(named, 1)}
        for chunk in sorted(schemas.chunks, key=lambda c: not c.redefined):
            for node in chunk.schema:
                if node.tag == REDEFINE:
                    self._redefine(Component(node, chunk))
                else:
                    self._enter(Component(node, chunk))
        self._index()

    def _enter(self, component: Component) -> None:
        kind = _KINDS.get(str(component.node.tag))
        if kind:
            self._found.setdefault((kind, _global_name(component)), component)

    def _redefine(self, redefinition: Component) -> None:
        for component in redefinition.children():
            kind = _KINDS.get(str(component.node.tag))
            if kind:
                key = (kind, _global_name(component))
                if key in self._found:
                    self._originals[key] = self._found[key]
                self._found[key] = component

    def _index(self) -> None:
        for (kind, name), component in self._found.items():
            derivation = _derivation(component) if kind == "type" else None
            if derivation is not None:
                self._derived.setdefault(derivation.qualified(derivation.get("base")), []).append(name)
            if kind == "element" and component.get("substitutionGroup"):
                head = component.qualified(component.get("substitutionGroup"))
                self._members.setdefault(head, []).append(name)

    def find(self, kind: str, name: str) -> Component | None:
        """Return the global component of a kind (element, type, group …) by its full name."""
        return self._found.get((kind, name))

    def needed(self, kind: str, name: str, user: Component) -> Component:
        """Return a global component that another one refers to; ``ContractError`` when there is none."""
        found = self._found.get((kind, name))
        if found is not None and found.node in (user.node, *user.node.iterancestors()):
            # Inside xs:redefine a component refers to what it was before by its own name.
            found = self._originals.get((kind, name), found)
        if found is None:
            raise ContractError(f"{user.place} refers to {kind} {name}, which is nowhere; add its schema.")
        return found

    def concrete_types(self, name: str) -> list[str]:
        """Return the types derived from one, near ones first, that are not abstract."""
        return [n for n in self._reach(name, self._derived) if not self._found["type", n].flag("abstract")]

    def concrete_members(self, name: str) -> list[str]:
        """Return the members of an element's substitution group that are not abstract."""
        return [n for n in self._reach(name, self._members) if not self._found["element", n].flag("abstract")]

    def elements(self) -> list[str]:
        """Return the names of all global elements."""
        return [name for kind, name in self._found if kind == "element"]

    def _reach(self, name: str, edges: dict[str, list[str]]) -> list[str]:
        found: dict[str, None] = {}
        waiting = list(edges.get(name, []))
        while waiting:
            current = waiting.pop(0)
            if current not in found:
                found[current] = None
                waiting += edges.get(current, [])
        return list(found)


def _global_name(component: Component) -> str:
    namespace = component.chunk.namespace
    return f"{{{namespace}}}{component.get('name')}" if namespace else component.get("name")


def _derivation(component: Component) -> Component | None:
    content = component.child("complexContent", "simpleContent")
    return None if content is None else content.child("extension", "restriction")
