"""Which functions a stylesheet calls, read from its expressions without running it.

Only what stands there as a literal is known: ``'Kind.dvm'`` is, ``$map`` is not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from jmswrap.transform.expressions import expressions

_TOKEN = re.compile(
    r"""("[^"]*"|'[^']*')|(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)\s*\(|([(),\[\]])|([^"'(),\[\]]\s*)"""
)
_NO_FUNCTIONS = frozenset(("and", "or", "div", "mod", "text", "node", "comment", "processing-instruction"))
"""What may stand before a bracket and is none: operators and kinds of nodes."""
_TRUE = re.compile(r"true\s*\(\s*\)\Z")


@dataclass(frozen=True, slots=True)
class Called:
    """One call of a function."""

    namespace: str
    name: str
    prefix: str
    """Empty for XPath's own functions."""
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
        for expression in expressions(element):
            if "(" in expression:
                yield from _in(expression, element)


@dataclass(slots=True)
class _Open:
    """A bracket that is not closed yet; with a name it is a call's."""

    prefix: str
    name: str
    arguments: list[str]
    """The text of each argument so far."""


def _in(expression: str, element: etree._Element) -> Iterator[Called]:
    stack: list[_Open] = []
    for token in _TOKEN.finditer(expression):
        _, prefix, name, mark, _ = token.groups()
        if name:
            _add(stack, token.group(0))
            called = "" if not prefix and name in _NO_FUNCTIONS else name
            stack.append(_Open(prefix or "", called, [""]))
        elif mark in ("(", "["):
            _add(stack, mark)
            stack.append(_Open("", "", [""]))
        elif mark in (")", "]") and stack:
            done = stack.pop()
            _add(stack, "".join(done.arguments) + mark)
            if done.name and mark == ")":
                yield _called(done, element)
        elif mark == "," and stack and stack[-1].name:
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
    namespace = element.nsmap.get(done.prefix, "") if done.prefix else ""
    line: Any = element.sourceline
    return Called(namespace, done.name, done.prefix, tuple(map(_literal, given)), line, true)


def _literal(argument: str) -> str | None:
    quoted = len(argument) > 1 and argument[0] == argument[-1] and argument[0] in "\"'"
    return argument[1:-1] if quoted and argument[0] not in argument[1:-1] else None
