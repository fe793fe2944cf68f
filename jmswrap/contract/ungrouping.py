"""Put the content of a named model group where a schema refers to it, in what is published.

The contract means the same. But node-soap writes what a group holds after everything beside
it, and suds does not find a group in a schema that adopts a namespace: without references to
groups both send what the contract says.
"""

from collections.abc import Mapping
from copy import deepcopy

from lxml import etree

from jmswrap import xml
from jmswrap.contract.documents import REDEFINE, SCHEMA, inline_schemas
from jmswrap.contract.schemaset import SchemaSet

_XS = f"{{{xml.XSD}}}"
_GROUP, _SEQUENCE = f"{_XS}group", f"{_XS}sequence"
_QNAMES = ("type", "ref", "base", "itemType", "memberTypes", "substitutionGroup")

Groups = Mapping[str, tuple[etree._Element, str]]
"""Each group by its name ``{namespace}local``: its definition, and the namespace that its schema adopts, if any."""


def groups_of(schemas: SchemaSet) -> Groups:
    """Return the model groups that may stand where they are referred to: none that contains itself."""
    if any(next(chunk.schema.iterchildren(REDEFINE), None) is not None for chunk in schemas.chunks):
        return {}
    found = {
        _name(chunk.namespace, group.get("name", "")): (
            group,
            "" if chunk.schema.get("targetNamespace") else chunk.namespace,
        )
        for chunk in schemas.chunks
        for group in chunk.schema.iterchildren(_GROUP)
    }
    uses = {
        name: {_resolved(e.get("ref", ""), e, adopted) for e in group.iter(_GROUP) if e.get("ref")}
        for name, (group, adopted) in found.items()
    }
    return {name: group for name, group in found.items() if name not in _reached(name, uses)}


def _reached(name: str, uses: Mapping[str, set[str]]) -> set[str]:
    """Return the groups that a group comes to contain."""
    reached: set[str] = set()
    waiting = list(uses[name])
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting += uses.get(each, ())
    return reached


def ungroup(root: etree._Element, adopted: str, groups: Groups) -> None:
    """Replace the references to groups in a document; ``adopted`` is the namespace it takes, if any."""
    changed = True
    while changed:
        references = [e for schema in inline_schemas(root) for e in schema.iter(_GROUP) if e.get("ref")]
        # All of them: what one brings in refers to others.
        changed = sum(_replaced(reference, adopted, groups) for reference in references) > 0


def _replaced(reference: etree._Element, adopted: str, groups: Groups) -> bool:
    parent = reference.getparent()
    name = _resolved(reference.get("ref", ""), reference, adopted)
    found = groups.get(name)
    own = next(reference.iterancestors(SCHEMA)).get("targetNamespace") or adopted
    # Elements of a group are of the group's namespace, whoever refers to it.
    if found is None or parent is None or name.rpartition("}")[0][1:] != own:
        return False
    group, namespace = found
    model = next((e for e in group.iterchildren("*") if e.tag in (_SEQUENCE, f"{_XS}choice")), None)
    if model is None:
        return False
    copy = _moved(model, namespace, reference, adopted)
    if copy is None:
        return False
    for occurs in ("minOccurs", "maxOccurs"):
        if occurs in reference.attrib:
            copy.set(occurs, reference.get(occurs, ""))
    alone = model.tag == parent.tag == _SEQUENCE and not {"minOccurs", "maxOccurs"} & set(copy.attrib)
    place = parent.index(reference)
    parent.remove(reference)
    parent[place:place] = list(copy) if alone else [copy]
    return True


def _moved(model: etree._Element, namespace: str, place: etree._Element, adopted: str) -> etree._Element | None:
    """Copy a group's model to where it is referred to: its names mean there what they meant; None if they cannot."""
    copy = deepcopy(model)
    prefixes = {p: n for p, n in place.nsmap.items() if n}
    for before, element in zip(model.iter("*"), copy.iter("*"), strict=True):
        for attribute in _QNAMES:
            if attribute in element.attrib:
                names = [_resolved(name, before, namespace) for name in element.get(attribute, "").split()]
                written = [_written(name, prefixes, adopted) for name in names]
                if None in written:
                    return None
                element.set(attribute, " ".join(w for w in written if w))
    _keep_form(model, copy, place)
    return copy


def _keep_form(model: etree._Element, copy: etree._Element, place: etree._Element) -> None:
    there, here = (next(e.iterancestors(SCHEMA)).get("elementFormDefault", "unqualified") for e in (model, place))
    if there != here:
        for element in copy.iter(f"{_XS}element"):
            if element.get("name"):
                element.set("form", element.get("form", there))


def _written(name: str, prefixes: Mapping[str | None, str], adopted: str) -> str | None:
    namespace, _, local = name.rpartition("}")
    namespace = namespace[1:]
    prefix = next((p for p, n in prefixes.items() if n == namespace and p), None)
    if prefix:
        return f"{prefix}:{local}"
    default = prefixes.get(None) or adopted
    return local if namespace == default else None


def _resolved(name: str, element: etree._Element, adopted: str) -> str:
    prefix, _, local = name.strip().rpartition(":")
    return _name(element.nsmap.get(prefix or None) or ("" if prefix else adopted), local)


def _name(namespace: str, local: str) -> str:
    return f"{{{namespace}}}{local}" if namespace else local
