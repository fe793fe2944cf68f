"""Compare two versions of an element: what a request may no longer be, what a reply may no longer have."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from lxml import etree

from jmswrap.contract.attributes import AttributeUse
from jmswrap.contract.shape import ANY, UNBOUNDED, Shape, Shapes, Simple, Slot

_WIDER = {
    "byte": ("short", "int", "long", "integer", "decimal", "string"),
    "short": ("int", "long", "integer", "decimal", "string"),
    "int": ("long", "integer", "decimal", "string"),
    "long": ("integer", "decimal", "string"),
    "unsignedByte": ("unsignedShort", "unsignedInt", "unsignedLong", "nonNegativeInteger", "integer", "string"),
    "unsignedShort": ("unsignedInt", "unsignedLong", "nonNegativeInteger", "integer", "decimal", "string"),
    "unsignedInt": ("unsignedLong", "nonNegativeInteger", "integer", "decimal", "string"),
    "positiveInteger": ("nonNegativeInteger", "integer", "decimal", "string"),
    "nonNegativeInteger": ("integer", "decimal", "string"),
    "integer": ("decimal", "string"),
    "float": ("double", "string"),
    "token": ("normalizedString", "string"),
    "normalizedString": ("string",),
}
"""Built-in types that take every value of another; anything goes into ``string``."""
_UPPER = ("maxLength", "maxInclusive", "maxExclusive", "totalDigits", "fractionDigits")
_LOWER = ("minLength", "minInclusive", "minExclusive")


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which two contracts differ."""

    breaking: bool
    subject: str
    """The operation or port it concerns."""
    sentence: str

    def __str__(self) -> str:
        return f"{'breaking' if self.breaking else 'not breaking'}: {self.subject}: {self.sentence}."


class Comparing:
    """Compares the types of two versions."""

    def __init__(self, before: Shapes, after: Shapes) -> None:
        self._before = before
        self._after = after

    def requests(self, element: str, subject: str) -> Iterator[Difference]:
        """Yield what a request by the old version may break on, and what it may have besides."""
        return self._element(element, subject, asked=True)

    def replies(self, element: str, subject: str) -> Iterator[Difference]:
        """Yield what a reply may lack now, and what it may have besides."""
        return self._element(element, subject, asked=False)

    def _element(self, element: str, subject: str, asked: bool) -> Iterator[Difference]:
        old, new = self._before.of_element(element), self._after.of_element(element)
        if old is not None and new is not None:
            yield from _Walk(self._before, self._after, subject, asked).shapes(old, new, _local(element))


class _Walk:
    """One comparison; remembers which pairs of types it has met, because types contain themselves."""

    def __init__(self, before: Shapes, after: Shapes, subject: str, asked: bool) -> None:
        self._before = before
        self._after = after
        self._subject = subject
        self._asked = asked
        # The nodes themselves: lxml makes another object for a node whose last one nobody holds.
        self._met: set[tuple[etree._Element, etree._Element]] = set()

    def _said(self, breaking: bool, path: str, sentence: str) -> Difference:
        return Difference(breaking, self._subject, f"in the {'request' if self._asked else 'reply'}, {path} {sentence}")

    def shapes(self, old: Shape, new: Shape, path: str) -> Iterator[Difference]:
        if (old.simple is None) != (new.simple is None):
            yield self._said(True, path, "changed between text and elements")
            return
        if old.simple is not None and new.simple is not None:
            yield from self._simple(old.simple, new.simple, path)
        yield from self._children(old, new, path)
        yield from self._attributes(old, new, path)

    def _children(self, old: Shape, new: Shape, path: str) -> Iterator[Difference]:
        for name, slot in old.children.items():
            below = f"{path}/{_local(name)}"
            if name in new.children:
                yield from self._slots(slot, new.children[name], below)
            else:
                yield self._said(not (self._asked and ANY in new.children), below, "is gone")
        for name, slot in new.children.items():
            if name not in old.children:
                required = self._asked and slot.least > 0
                yield self._said(required, f"{path}/{_local(name)}", "is new and required" if required else "is new")
        common = [n for n in old.children if n in new.children]
        if self._asked and common != [n for n in new.children if n in old.children]:
            yield self._said(True, path, "has its elements in another order")

    def _slots(self, old: Slot, new: Slot, path: str) -> Iterator[Difference]:
        if old.least != new.least:
            harder = new.least > old.least
            said = f"must stand {new.least} times now, not {old.least}" if harder else f"may stand {new.least} times"
            said = "is required now" if (old.least, new.least) == (0, 1) else said
            said = "is optional now" if (old.least, new.least) == (1, 0) else said
            yield self._said(harder is self._asked, path, said)
        if old.most != new.most:
            fewer = new.most < old.most
            most = "any number of times" if new.most >= UNBOUNDED else f"at most {new.most} times"
            yield self._said(fewer if self._asked else False, path, f"may stand {most} now")
        if old.declaration.flag("nillable") != new.declaration.flag("nillable"):
            lost = not new.declaration.flag("nillable")
            yield self._said(lost is self._asked, path, "may be nil no more" if lost else "may be nil now")
        pair = (old.declaration.node, new.declaration.node)
        if pair not in self._met and old.declaration.kind == new.declaration.kind == "element":
            self._met.add(pair)
            yield from self.shapes(self._before.of(old.declaration), self._after.of(new.declaration), path)

    def _attributes(self, old: Shape, new: Shape, path: str) -> Iterator[Difference]:
        for name, use in old.attributes.items():
            if name not in new.attributes:
                yield self._said(True, f"{path}/@{_local(name)}", "is gone")
            else:
                yield from self._attribute(use, new.attributes[name], f"{path}/@{_local(name)}")
        for name, use in new.attributes.items():
            if name not in old.attributes:
                required = use.required and self._asked
                yield self._said(required, f"{path}/@{_local(name)}", "is new and required" if required else "is new")

    def _attribute(self, old: AttributeUse, new: AttributeUse, path: str) -> Iterator[Difference]:
        if old.required != new.required:
            said = "is required now" if new.required else "is optional now"
            yield self._said(new.required is self._asked, path, said)
        before, after = self._before.of(old.declaration).simple, self._after.of(new.declaration).simple
        if before is not None and after is not None:
            yield from self._simple(before, after, path)

    def _simple(self, old: Simple, new: Simple, path: str) -> Iterator[Difference]:
        if old.base != new.base:
            wide, narrow = (new.base, old.base) if self._asked else (old.base, new.base)
            safe = wide in ("string", "anyType", "anySimpleType") or wide in _WIDER.get(narrow, ())
            yield self._said(not safe, path, f"is of type {new.base} now, not {old.base}")
            return
        yield from self._values(old, new, path)
        if old.patterns != new.patterns:
            lifted = not new.patterns
            said = "has no pattern any more" if lifted else f"must match {' or '.join(new.patterns)} now"
            yield self._said(self._asked and not lifted, path, said)
        for name in sorted({*old.limits, *new.limits}):
            if old.limits.get(name) != new.limits.get(name):
                narrower = _narrower(name, old.limits.get(name), new.limits.get(name))
                said = f"has {name} {new.limits.get(name, 'no more')} now, not {old.limits.get(name, 'none')}"
                yield self._said(narrower and self._asked, path, said)

    def _values(self, old: Simple, new: Simple, path: str) -> Iterator[Difference]:
        if not old.enumeration and new.enumeration:
            yield self._said(self._asked, path, f"must be one of {', '.join(new.enumeration[:8])} now")
            return
        if old.enumeration and not new.enumeration:
            yield self._said(False, path, "may have any value now")
            return
        for value in old.enumeration:
            if value not in new.enumeration:
                yield self._said(self._asked, path, f"may no more be {value}")
        for value in new.enumeration:
            if value not in old.enumeration:
                yield self._said(False, path, f"may be {value} now")


def _narrower(name: str, old: str | None, new: str | None) -> bool:
    """Whether a facet lets fewer values pass than before."""
    if new is None:
        return False
    if old is None:
        return name != "whiteSpace"
    try:
        before, after = Decimal(old), Decimal(new)
    except InvalidOperation:
        return True
    if name in _UPPER:
        return after < before
    return after > before if name in _LOWER else True


def _local(name: str) -> str:
    return "any other element" if name == ANY else name.rpartition("}")[2]
