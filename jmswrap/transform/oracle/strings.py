"""Functions on text: ``xp20:``, ``oraext:``/``orcl:`` and Java's ``String``."""

import math
import re
import uuid
from collections.abc import Callable
from typing import Any

from lxml import etree

from jmswrap import xml
from jmswrap.errors import TransformError
from jmswrap.transform.oracle.namespaces import BUS_UUID, ORAEXT, STRING, XP20
from jmswrap.transform.values import number, text
from jmswrap.transform.xslt import Extensions

_GROUP = re.compile(r"\\(.)|\$(\d)")
_PLACE = re.compile(r"''|'([^']*)'?|\{(\d+)\}")


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
        "string-join": _delimited,
        "create-nodeset-from-delimited-string": _nodes,
        "format-string": _formatted,
        "replace": _replace_all,
        "exists": lambda _, nodes: bool(nodes) if isinstance(nodes, list) else True,
        "abs": lambda _, value: abs(number(value)),
        "square-root": lambda _, value: math.sqrt(max(number(value), 0.0)) if number(value) >= 0 else math.nan,
        "max-value-among-nodeset": lambda _, nodes: max(map(number, nodes), default=math.nan),
        "min-value-among-nodeset": lambda _, nodes: min(map(number, nodes), default=math.nan),
        "generate-guid": lambda _: uuid.uuid4().hex.upper(),
    }
    # The vendor moved functions between these two classes from version to version: either namespace has them.
    both = {(namespace, name): function for namespace in (XP20, ORAEXT) for name, function in plain.items()}
    return both | {
        (STRING, "replaceAll"): _replace_all,
        (STRING, "length"): lambda _, value: float(len(text(value))),
        (BUS_UUID, "uuid"): lambda _: str(uuid.uuid4()),
    }


def _compared(one: str, other: str) -> float:
    return float((one > other) - (one < other))


def _delimited(_: Any, nodes: Any, delimiter: Any) -> str:
    return text(delimiter).join(text(node) for node in (nodes if isinstance(nodes, list) else [nodes]))


def _nodes(_: Any, name: Any, value: Any, delimiter: Any) -> list[etree._Element]:
    tag = text(name)
    if ":" in tag.rpartition("}")[2]:
        raise TransformError(
            f"create-nodeset-from-delimited-string: write {tag!r} as {{namespace}}name; the prefix is not known here"
        )
    try:
        made = [etree.Element(tag) for _ in range(len(_split(value, delimiter)))]
    except ValueError:
        raise TransformError(f"create-nodeset-from-delimited-string: {tag!r} is no name of an element") from None
    for node, part in zip(made, _split(value, delimiter), strict=True):
        node.text = part
    return made


def _split(value: Any, delimiter: Any) -> list[str]:
    return [part for part in text(value).split(text(delimiter) or None) if part]


def _formatted(_: Any, pattern: Any, *given: Any) -> str:
    """Java's ``MessageFormat``: ``{0}`` is the first argument, what stands in single quotes is as it is."""

    def part(match: re.Match[str]) -> str:
        if match.group(2) is None:
            return match.group(1) or ("'" if match.group(0) == "''" else "")
        at = int(match.group(2))
        return text(given[at]) if at < len(given) else match.group(0)

    return _PLACE.sub(part, text(pattern))


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
        return etree.fromstring(value.encode(), xml.parser())
    except etree.XMLSyntaxError as error:
        raise TransformError(f"parseEscapedXML: the text is not an XML document: {error}") from error
