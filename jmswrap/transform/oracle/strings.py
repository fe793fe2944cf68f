"""Functions on text: ``xp20:``, ``oraext:``/``orcl:`` and Java's ``String``."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from lxml import etree

from jmswrap.errors import TransformError
from jmswrap.transform.oracle.namespaces import ORAEXT, STRING, XP20
from jmswrap.transform.values import text
from jmswrap.transform.xslt import Extensions

_GROUP = re.compile(r"\\(.)|\$(\d)")


def functions() -> Extensions:
    """Return the functions."""
    plain: dict[str, Callable[..., Any]] = {
        "upper-case": lambda _, value: text(value).upper(),
        "lower-case": lambda _, value: text(value).lower(),
        "ends-with": lambda _, value, end: text(value).endswith(text(end)),
        "matches": lambda _, value, pattern: _compiled(text(pattern)).search(text(value)) is not None,
        "compare": lambda _, one, other: _compared(text(one), text(other)),
        "compare-ignore-case": lambda _, one, other: _compared(text(one).lower(), text(other).lower()),
        "left-trim": lambda _, value: text(value).lstrip(),
        "right-trim": lambda _, value: text(value).rstrip(),
        "index-within-string": lambda _, value, part: float(text(value).find(text(part))),
        "last-index-within-string": lambda _, value, part: float(text(value).rfind(text(part))),
        "create-delimited-string": _delimited,
        "generate-guid": lambda _: uuid.uuid4().hex.upper(),
    }
    # The vendor moved functions between these two classes from version to version: either namespace has them.
    both = {(namespace, name): function for namespace in (XP20, ORAEXT) for name, function in plain.items()}
    return both | {(STRING, "replaceAll"): _replace_all, (STRING, "length"): lambda _, value: float(len(text(value)))}


def _compared(one: str, other: str) -> float:
    return float((one > other) - (one < other))


def _delimited(_: Any, nodes: Any, delimiter: Any) -> str:
    return text(delimiter).join(text(node) for node in (nodes if isinstance(nodes, list) else [nodes]))


def _replace_all(_: Any, value: Any, pattern: Any, replacement: Any) -> str:
    """Java's ``String.replaceAll``: ``$1`` is a group, a backslash takes the next character as it is."""
    into = text(replacement)

    def replaced(match: re.Match[str]) -> str:
        return _GROUP.sub(lambda part: part.group(1) or match.group(int(part.group(2))) or "", into)

    try:
        return _compiled(text(pattern)).sub(replaced, text(value))
    except IndexError:
        raise TransformError(f"str:replaceAll: {into!r} names a group that {text(pattern)!r} does not have") from None


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise TransformError(f"the regular expression {pattern!r} cannot be read: {error}") from error


def escaped_xml(value: str) -> etree._Element:
    """Return the document that a text holds."""
    try:
        return etree.fromstring(value.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise TransformError(f"parseEscapedXML: the text is not an XML document: {error}") from error
