"""Make a text that an XSD pattern matches (XML Schema part 2, appendix F).

A small grammar of its own: XSD's regular expressions differ from Python's (anchored,
``\\i`` and ``\\c``, class subtraction, no back-references).
"""

import random
import string
from dataclasses import dataclass

_PRINTABLE = frozenset(string.ascii_letters + string.digits + string.punctuation + " ")
_LETTERS = frozenset(string.ascii_letters)
_DIGITS = frozenset(string.digits)
_WORD = _LETTERS | _DIGITS
_SPACES = frozenset(" ")
_ESCAPES = {
    "d": _DIGITS,
    "w": _WORD,
    "s": _SPACES,
    "i": _LETTERS | {"_"},
    "c": _WORD | frozenset("_-."),
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_CATEGORIES = {
    "L": _LETTERS,
    "Lu": frozenset(string.ascii_uppercase),
    "Ll": frozenset(string.ascii_lowercase),
    "N": _DIGITS,
    "Nd": _DIGITS,
    "P": frozenset(string.punctuation) - frozenset("$+<=>^`|~"),
    "S": frozenset("$+<=>^`|~"),
    "Z": _SPACES,
    "Zs": _SPACES,
    "IsBasicLatin": _PRINTABLE,
}
_NICE = _LETTERS | _DIGITS
_MOST_REPEATS = 3


class UnknownPatternError(ValueError):
    """A pattern that is no XSD regular expression, or that matches nothing we can write."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """An atom and how often it may stand: characters to choose from, or a group."""

    characters: frozenset[str]
    group: "tuple[tuple[_Piece, ...], ...] | None"
    least: int
    most: int | None


_Branches = tuple[tuple[_Piece, ...], ...]


def matching(pattern: str, chance: random.Random, longer: bool = False) -> str:
    """Return a text that the pattern matches; ``longer`` repeats what may be repeated more often."""
    parser = _Parser(pattern)
    branches = parser.branches()
    if parser.at < len(pattern):
        raise UnknownPatternError(f"the pattern {pattern} cannot be read from character {parser.at + 1}")
    return _written(branches, chance, longer)


def _written(branches: _Branches, chance: random.Random, longer: bool) -> str:
    out = []
    for piece in chance.choice(branches):
        most = piece.most if piece.most is not None else piece.least + (40 if longer else _MOST_REPEATS)
        most = most if longer else min(most, piece.least + _MOST_REPEATS)
        for _ in range(chance.randint(piece.least, most)):
            out.append(_one(piece, chance, longer))
    return "".join(out)


def _one(piece: _Piece, chance: random.Random, longer: bool) -> str:
    if piece.group is not None:
        return _written(piece.group, chance, longer)
    choices = sorted(piece.characters & _NICE) or sorted(piece.characters)
    if not choices:
        raise UnknownPatternError("the pattern has a character class with nothing in it that can be written")
    return chance.choice(choices)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        character = self.peek()
        if not character:
            raise UnknownPatternError(f"the pattern {self.text} ends too early")
        self.at += 1
        return character

    def branches(self) -> _Branches:
        found = [self.branch()]
        while self.peek() == "|":
            self.take()
            found.append(self.branch())
        return tuple(found)

    def branch(self) -> tuple[_Piece, ...]:
        pieces = []
        while self.peek() not in ("", "|", ")"):
            pieces.append(self.piece())
        return tuple(pieces)

    def piece(self) -> _Piece:
        characters, group = self.atom()
        least, most = self.quantity()
        return _Piece(characters, group, least, most)

    def atom(self) -> tuple[frozenset[str], _Branches | None]:
        character = self.take()
        if character == "(":
            if self.text.startswith("?:", self.at):
                self.at += 2
            group = self.branches()
            if self.take() != ")":
                raise UnknownPatternError(f"the pattern {self.text} has an open group")
            return frozenset(), group
        if character == "[":
            return self.character_class(), None
        if character == "\\":
            return self.escape(), None
        if character == ".":
            return _PRINTABLE, None
        # ^ and $ are ordinary characters in XSD, but whoever writes them means Python's.
        if (character == "^" and self.at == 1) or (character == "$" and self.at == len(self.text)):
            return frozenset(), ((),)
        return frozenset(character), None

    def quantity(self) -> tuple[int, int | None]:
        simple = {"?": (0, 1), "*": (0, None), "+": (1, None)}
        if self.peek() in simple and self.peek():
            return simple[self.take()]
        if self.peek() != "{":
            return 1, 1
        end = self.text.find("}", self.at)
        least, comma, most = self.text[self.at + 1 : end].partition(",")
        if end < 0 or not least.strip().isdigit() or (most.strip() and not most.strip().isdigit()):
            raise UnknownPatternError(f"the pattern {self.text} has a quantity that cannot be read")
        self.at = end + 1
        if not comma:
            return int(least), int(least)
        return int(least), int(most) if most.strip() else None

    def escape(self) -> frozenset[str]:
        character = self.take()
        if character in _CONTROLS:
            return frozenset(_CONTROLS[character])
        if character in _ESCAPES:
            return _ESCAPES[character]
        if character.lower() in _ESCAPES:
            return _PRINTABLE - _ESCAPES[character.lower()]
        if character in "pP":
            end = self.text.find("}", self.at)
            name = self.text[self.at + 1 : end]
            self.at = end + 1
            known = _CATEGORIES.get(name, _CATEGORIES.get(name[:1], _LETTERS))
            return known if character == "p" else _PRINTABLE - known
        return frozenset(character)

    def character_class(self) -> frozenset[str]:
        negated = self.peek() == "^"
        if negated:
            self.take()
        found: frozenset[str] = frozenset()
        removed: frozenset[str] = frozenset()
        first = True
        while self.peek() != "]" or first:
            if self.text.startswith("-[", self.at) and not first:
                self.at += 2
                removed = self.character_class()
                continue
            found |= self.range()
            first = False
        self.take()
        return ((_PRINTABLE - found) if negated else found) - removed

    def range(self) -> frozenset[str]:
        start = self.one_of()
        after = self.text[self.at + 1 : self.at + 2]
        if self.peek() != "-" or after in ("]", "[", "") or len(start) != 1:
            return start
        self.take()
        end = self.one_of()
        low, high = ord(min(start)), ord(min(end))
        # A huge range of characters needs only a few of them to choose from.
        return frozenset(chr(code) for code in range(low, min(high, low + 512) + 1))

    def one_of(self) -> frozenset[str]:
        character = self.take()
        return self.escape() if character == "\\" else frozenset(character)
