"""Open a content model that libxml2 refuses as ambiguous (XSD: unique particle attribution).

Real schemas have such models, and other tools let them pass. In the compiled copy the
model becomes "any number of these elements in any order": each element is still checked,
their order and number are not.
"""

from collections.abc import Iterator

from lxml import etree

from jmswrap import xml
from jmswrap.contract.documents import line_of

_XS = f"{{{xml.XSD}}}"
_MODELS = (f"{_XS}sequence", f"{_XS}choice", f"{_XS}all")
_OCCURS = ("minOccurs", "maxOccurs")


def loosened(schema: bytes, line: int) -> bytes | None:
    """Return the schema with the complex type on a line opened; none when there is no model there."""
    root = etree.fromstring(schema, xml.parser())
    for complex_type in root.iter(f"{_XS}complexType"):
        if line_of(complex_type) == line:
            derived = complex_type.find(f"{_XS}complexContent/*")
            holder = complex_type if derived is None else derived
            model = next((e for e in holder if e.tag in _MODELS), None)
            if model is not None:
                _open(model, root)
                return etree.tostring(root, encoding="utf-8")
    return None


def _open(model: etree._Element, root: etree._Element) -> None:
    """Change the model in place: lxml loses prefixes that only values use when it moves elements."""
    leaves = list(_leaves(model))
    kept = _without_members(leaves, root)
    for leaf in leaves:
        _set_occurs(leaf, None, None)
        parent = leaf.getparent()
        if leaf not in kept and parent is not None:
            parent.remove(leaf)
    for inner in [e for e in model.iter(*_MODELS) if _belongs(e, model)]:
        inner.tag = f"{_XS}choice"
        _set_occurs(inner, None, None)
    _set_occurs(model, "0", "unbounded")


def _set_occurs(element: etree._Element, least: str | None, most: str | None) -> None:
    for name, value in zip(_OCCURS, (least, most), strict=True):
        if value is not None:
            element.set(name, value)
        elif name in element.attrib:
            del element.attrib[name]


def _belongs(inner: etree._Element, model: etree._Element) -> bool:
    """Whether a model is part of this one, not of a type declared within one of its elements."""
    return all(e.tag in _MODELS for e in inner.iterancestors() if model in e.iterancestors())


def _leaves(model: etree._Element) -> Iterator[etree._Element]:
    for child in model.iterchildren(f"{_XS}*"):
        if child.tag in _MODELS:
            yield from _leaves(child)
        elif child.tag != f"{_XS}annotation":
            yield child


def _without_members(leaves: list[etree._Element], root: etree._Element) -> list[etree._Element]:
    """Return the first leaf of each name, without members of a substitution group whose head is there."""
    found: dict[str, etree._Element] = {}
    for leaf in leaves:
        found.setdefault(_leaf_name(leaf), leaf)
    named = {_local(leaf.get("ref")) for leaf in found.values()} - {""}
    heads = {e.get("name", ""): _local(e.get("substitutionGroup")) for e in root.iterchildren(f"{_XS}element")}
    return [leaf for leaf in found.values() if heads.get(_local(leaf.get("ref"))) not in named]


def _leaf_name(leaf: etree._Element) -> str:
    name = leaf.get("name") or _local(leaf.get("ref"))
    return f"{leaf.tag} {name}"


def _local(name: str | None) -> str:
    return (name or "").rpartition(":")[2]
