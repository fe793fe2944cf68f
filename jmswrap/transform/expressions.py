"""Where expressions stand in a stylesheet, and of which tokens they are made."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

XSL = "{http://www.w3.org/1999/XSL/Transform}"

_WHOLE = frozenset(("select", "test", "match", "use", "count", "from", "value", "group-by", "group-adjacent"))
"""The attributes of XSLT's elements that are an expression; the others are templates."""

_NAME = r"[^\W\d][\w.-]*"
_TOKENS = re.compile(
    rf"(?P<space>\s+)|(?P<literal>\"[^\"]*\"|'[^']*')|(?P<variable>\$\s*(?:{_NAME}:)?{_NAME})"
    rf"|(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<name>(?:{_NAME}|\*):(?:{_NAME}|\*)(?!:)|{_NAME})"
    r"|(?P<mark>::|//|!=|<=|>=|<<|>>|\.\.|.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression; all of them together are its text."""

    kind: str
    """`space`, `literal`, `variable`, `number`, `name` or `mark`."""
    text: str


def tokens(expression: str) -> list[Token]:
    """Take an expression apart."""
    return [Token(found.lastgroup or "mark", found.group(0)) for found in _TOKENS.finditer(expression)]


def expressions(element: etree._Element) -> Iterator[str]:
    """Yield the expressions in the attributes of an element."""
    for name, value in element.attrib.items():
        for begin, end in _spans(element, str(name), str(value)):
            yield str(value)[begin:end]


def change(element: etree._Element, changed: Callable[[str], str]) -> None:
    """Put other expressions in the place of those of an element."""
    for name, value in element.attrib.items():
        text = str(value)
        for begin, end in reversed(_spans(element, str(name), text)):
            text = text[:begin] + changed(text[begin:end]) + text[end:]
        if text != value:
            element.set(name, text)


def _spans(element: etree._Element, name: str, value: str) -> list[tuple[int, int]]:
    if str(element.tag).startswith(XSL) and name in _WHOLE:
        return [(0, len(value))]
    return _of_template(value)


def _of_template(value: str) -> list[tuple[int, int]]:
    """Return where the expressions of an attribute value template begin and end."""
    found, depth, quote, begun = [], 0, "", 0
    for at, letter in enumerate(value.replace("{{", "  ").replace("}}", "  ") if "{" in value else ""):
        if quote:
            quote = "" if letter == quote else quote
        elif depth and letter in "\"'":
            quote = letter
        elif letter == "{":
            depth, begun = 1, at + 1
        elif letter == "}" and depth:
            depth = 0
            found.append((begun, at))
    return found
