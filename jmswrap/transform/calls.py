"""Which functions a stylesheet calls, read from its expressions without running it.

Only what stands there as a literal is known: ``'Kind.dvm'`` is, ``$map`` is not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_EXPRESSIONS = frozenset(("select", "test", "match", "use", "count", "from", "value", "group-by", "group-adjacent"))
_TOKEN = re.compile(r"""("[^"]*"|'[^']*')|([A-Za-z_][\w.-]*):([A-Za-z_][\w.-]*)\s*\(|([(),\[\]])|([^"'(),\[\]]\s*)""")
_TRUE = re.compile(r"true\s*\(\s*\)\Z")


@dataclass(frozen=True, slots=True)
class Called:
    """One call of a function that has a prefix."""

    namespace: str
    name: str
    prefix: str
    arguments: tuple[str | None, ...]
    """The literal texts; None for what is computed."""
    line: int
    true: frozenset[int] = frozenset()
    """The arguments that are ``true()``."""

    def literal(self, at: int) -> str | None:
        """Return an argument where it is there and a literal."""
        return self.arguments[at] if at < len(self.arguments) else None


def calls(root: etree._Element) -> Iterator[Called]:
    """Yield the calls in all expressions of a stylesheet."""
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            of_xsl = str(element.tag).startswith(_XSL)
            expressions = [str(value)] if of_xsl and name in _EXPRESSIONS else _of_template(str(value))
            for expression in expressions:
                if "(" in expression:
                    yield from _in(expression, element)


def _of_template(value: str) -> list[str]:
    """Return the expressions of an attribute value template."""
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
            found.append(value[begun:at])
    return found


@dataclass(slots=True)
class _Open:
    """A bracket that is not closed yet; with a prefix it is a call's."""

    prefix: str
    name: str
    arguments: list[str]
    """The text of each argument so far."""


def _in(expression: str, element: etree._Element) -> Iterator[Called]:
    stack: list[_Open] = []
    for token in _TOKEN.finditer(expression):
        _, prefix, name, mark, _ = token.groups()
        if prefix:
            _add(stack, token.group(0))
            stack.append(_Open(prefix, name, [""]))
        elif mark in ("(", "["):
            _add(stack, mark)
            stack.append(_Open("", "", [""]))
        elif mark in (")", "]") and stack:
            done = stack.pop()
            _add(stack, "".join(done.arguments) + mark)
            if done.prefix and mark == ")":
                yield _called(done, element)
        elif mark == "," and stack and stack[-1].prefix:
            stack[-1].arguments.append("")
        else:
            _add(stack, token.group(0))


def _add(stack: list[_Open], text: str) -> None:
    if stack:
        stack[-1].arguments[-1] += text


def _called(done: _Open, element: etree._Element) -> Called:
    given = [argument.strip() for argument in done.arguments]
    if given == [""]:
        given = []
    true = frozenset(at for at, argument in enumerate(given) if _TRUE.match(argument))
    namespace = element.nsmap.get(done.prefix, "")
    line: Any = element.sourceline
    return Called(namespace, done.name, done.prefix, tuple(map(_literal, given)), line, true)


def _literal(argument: str) -> str | None:
    quoted = len(argument) > 1 and argument[0] == argument[-1] and argument[0] in "\"'"
    return argument[1:-1] if quoted and argument[0] not in argument[1:-1] else None
