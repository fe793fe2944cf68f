"""Make values of simple types: built-in ones, restrictions by facets, lists and unions."""

import random
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from jmswrap.contract.builtin_types import ANY_SIMPLE, FIXED_VALUES, INTEGER_BOUNDS, TEXTS
from jmswrap.contract.components import XS, Component, Components
from jmswrap.contract.pattern import UnknownPatternError, matching
from jmswrap.errors import ContractError

_TRIES = 200
_NUMBERS = frozenset({"decimal", "float", "double", *INTEGER_BOUNDS})
_BINARY = {"hexBinary": ("41", 2), "base64Binary": ("QUJD", 3)}


@dataclass(frozen=True, slots=True)
class Facets:
    """What restrictions, from the built-in type down, say of a value."""

    patterns: tuple[str, ...] = ()
    """Those of the last restriction that has any; one of them must match."""
    enumeration: tuple[str, ...] = ()
    limits: dict[str, str] = field(default_factory=dict)
    """length, minLength, maxLength, the four bounds, totalDigits, fractionDigits."""

    def number(self, name: str) -> int | None:
        """Return a facet that counts something."""
        value = self.limits.get(name, "").strip()
        return int(value) if value.isdigit() else None

    def bound(self, *names: str) -> str | None:
        """Return the first of these bounds that is given."""
        return next((self.limits[n] for n in names if n in self.limits), None)


class Values:
    """Chooses values by chance; the same seed chooses the same."""

    def __init__(self, components: Components, chance: random.Random) -> None:
        self._components = components
        self._chance = chance
        self._ids = 0

    def named(self, name: str, user: Component) -> str:
        """Return a value of a simple type by its full name."""
        if name.startswith(XS):
            return self._builtin(name.removeprefix(XS), Facets())
        return self.of(self._components.needed("type", name, user))

    def of(self, simple_type: Component, facets: Facets | None = None) -> str:
        """Return a value of a simple type; ``facets`` restrict it further."""
        facets = facets or Facets()
        content = simple_type.child("restriction", "list", "union")
        if content is None:
            raise ContractError(f"{simple_type.place}: the simple type says nothing; give it a restriction.")
        if content.kind == "restriction":
            return self.restricted(content, facets)
        if facets.enumeration:
            return self._chance.choice(facets.enumeration)
        return self._list(content, facets) if content.kind == "list" else self._union(content, facets)

    def derived(self, derivation: Component) -> str:
        """Return a value of the extension or restriction that a simpleContent holds."""
        return self.restricted(derivation, Facets())

    def restricted(self, restriction: Component, facets: Facets) -> str:
        """Return a value of a restriction's base within its facets and those given."""
        joined = _joined(restriction, facets)
        inner = restriction.child("simpleType")
        if inner is not None:
            return self.of(inner, joined)
        name = restriction.qualified(restriction.get("base"))
        if name.startswith(XS):
            return self._builtin(name.removeprefix(XS), joined)
        base = self._components.needed("type", name, restriction)
        return self.of(base, joined) if base.kind == "simpleType" else self._of_complex(base, joined)

    def _of_complex(self, base: Component, facets: Facets) -> str:
        content = base.child("simpleContent")
        derivation = None if content is None else content.child("extension", "restriction")
        if derivation is None:
            raise ContractError(f"{base.place}: a simple value is wanted of a type with element content.")
        return self.restricted(derivation, facets)

    def _list(self, content: Component, facets: Facets) -> str:
        count = facets.number("length") or max(1, facets.number("minLength") or 1)
        item = content.child("simpleType")
        items = [
            self.of(item) if item is not None else self.named(content.qualified(content.get("itemType")), content)
            for _ in range(count)
        ]
        return " ".join(items)

    def _union(self, content: Component, facets: Facets) -> str:
        members = [content.qualified(n) for n in content.get("memberTypes").split()]
        if members:
            return self._member(self._chance.choice(members), content, facets)
        inline = [c for c in content.children() if c.kind == "simpleType"]
        return self.of(self._chance.choice(inline), facets)

    def _member(self, name: str, content: Component, facets: Facets) -> str:
        if name.startswith(XS):
            return self._builtin(name.removeprefix(XS), facets)
        return self.of(self._components.needed("type", name, content), facets)

    def _builtin(self, name: str, facets: Facets) -> str:
        if facets.enumeration:
            return self._chance.choice(facets.enumeration)
        if facets.patterns:
            return self._by_pattern(name, facets)
        if name in _NUMBERS:
            return self._number(name, facets)
        if name == "ID":
            self._ids += 1
            return f"id-{self._ids}"
        if name in _BINARY:
            unit, size = _BINARY[name]
            length = _length(facets, 1 if name == "hexBinary" else 3)
            return unit * length if name == "hexBinary" else _base64(length, size)
        if name in FIXED_VALUES:
            return facets.bound("minInclusive", "maxInclusive") or FIXED_VALUES[name]
        return self._text(TEXTS.get(name, TEXTS[ANY_SIMPLE]), facets)

    def _by_pattern(self, name: str, facets: Facets) -> str:
        last = ""
        for attempt in range(_TRIES):
            pattern = self._chance.choice(facets.patterns)
            try:
                last = matching(pattern, self._chance, longer=attempt > _TRIES // 4)
            except UnknownPatternError as error:
                raise ContractError(f"No value can be made for {error}; correct the pattern.") from error
            if _fits(last, name, facets):
                return last
        return last

    def _number(self, name: str, facets: Facets) -> str:
        low, high = _range(name, facets)
        digits = facets.number("totalDigits")
        places = facets.number("fractionDigits") or 0
        if digits is not None:
            most = Decimal(10) ** max(digits - places, 1) - 1
            low, high = max(low, -most), min(high, most)
        start = low if low > 0 else (Decimal(1) if high >= 1 else min(high, Decimal(0)))
        whole = start.to_integral_value(rounding="ROUND_CEILING")
        if whole <= high:
            return str(self._chance.randint(int(whole), int(min(high, whole + 98))))
        finest = Decimal(1).scaleb(-(places or 2))
        return f"{min(high, max(low, ((low + high) / 2).quantize(finest))):f}"

    def _text(self, text: str, facets: Facets) -> str:
        length = facets.number("length")
        least = length if length is not None else facets.number("minLength") or 0
        most = length if length is not None else facets.number("maxLength")
        if len(text) < least:
            text = (text * (least // max(len(text), 1) + 1))[:least]
        return text if most is None else text[:most]


def _joined(restriction: Component, given: Facets) -> Facets:
    """Add a restriction's own facets to those of types derived from it, which are narrower."""
    own = Facets(
        tuple(c.get("value") for c in restriction.children() if c.kind == "pattern"),
        tuple(c.get("value") for c in restriction.children() if c.kind == "enumeration"),
        {c.kind: c.get("value") for c in restriction.children() if c.get("value")},
    )
    return replace(
        given,
        patterns=given.patterns or own.patterns,
        enumeration=given.enumeration or own.enumeration,
        limits={**own.limits, **given.limits},
    )


def _length(facets: Facets, usual: int) -> int:
    exact = facets.number("length")
    if exact is not None:
        return exact
    most = facets.number("maxLength")
    wanted = max(usual, facets.number("minLength") or 0)
    return wanted if most is None else min(wanted, most)


def _base64(length: int, unit: int) -> str:
    whole, rest = divmod(length, unit)
    return "QUJD" * whole + {0: "", 1: "QQ==", 2: "QUI="}[rest]


def _range(name: str, facets: Facets) -> tuple[Decimal, Decimal]:
    low, high = (Decimal(b) for b in INTEGER_BOUNDS.get(name, ("-1000000000", "1000000000")))
    step = Decimal(1) if name in INTEGER_BOUNDS else Decimal("0.01")
    for facet, change in (("minInclusive", Decimal(0)), ("minExclusive", step)):
        if facet in facets.limits:
            low = max(low, _decimal(facets.limits[facet], low) + change)
    for facet, change in (("maxInclusive", Decimal(0)), ("maxExclusive", step)):
        if facet in facets.limits:
            high = min(high, _decimal(facets.limits[facet], high) - change)
    return low, high


def _decimal(text: str, otherwise: Decimal) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return otherwise
    return value if value.is_finite() else otherwise


def _fits(value: str, name: str, facets: Facets) -> bool:
    if name in _NUMBERS:
        try:
            number = Decimal(value)
        except InvalidOperation:
            return False
        low, high = _range(name, facets)
        return low <= number <= high
    least = facets.number("length") or facets.number("minLength") or 0
    most = facets.number("length") or facets.number("maxLength")
    return least <= len(value) and (most is None or len(value) <= most) and value == value.strip()
