"""Whether a stylesheet may call what it calls, and with as many arguments, said before it runs."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from jmswrap.transform.calls import Called
from jmswrap.transform.dialect import CORE, FUNCTIONS
from jmswrap.transform.oracle.namespaces import ORA, ORAEXT, VENDOR, XP20

_OF_DATABASES = frozenset(("lookup-table", "query-database", "sequence-next-val"))
_ASK = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:p={namespace}>'
    '<xsl:template match="/"><r><xsl:value-of select="function-available(\'p:{name}\')"/></r></xsl:template>'
    "</xsl:stylesheet>"
)


def unfit(called: Called, known: Mapping[tuple[str, str], Callable[..., Any]]) -> str:
    """Return what is wrong with a call, in one sentence; empty when nothing is."""
    function = known.get((called.namespace, called.name))
    said = called.name if called.prefix.startswith("jmswrap-") else f"{called.prefix}:{called.name}".strip(":")
    if function is not None:
        return _miscounted(said, function, len(called.arguments))
    if not called.prefix:
        if called.name == "document" and called.literal(0) is not None:
            return f"document('{called.literal(0)}') opens nothing here: keep what it says in a value map"
        return "" if called.name in CORE else f"{said}() is no function of XPath 1.0, and none that jmswrap adds"
    if called.namespace in (XP20, ORAEXT) and called.name in _OF_DATABASES:
        what = "a value map or a cross-reference in its place, or make it in a Python step (`extensions`)"
        return f"{said} asks a database, and stylesheets reach none: use {what}"
    if called.namespace.startswith(VENDOR) or called.namespace in (ORA, *FUNCTIONS):
        instead = "take it out, or do its work in a Python step (`extensions`)"
        return f"{said} of {called.namespace} is no function that jmswrap has: {instead}"
    if called.namespace and not _available(called.namespace, called.name):
        return f"{said} of {called.namespace} is no function that stylesheets have here: take it out"
    return ""


def _miscounted(said: str, function: Callable[..., Any], count: int) -> str:
    try:
        inspect.signature(function).bind(None, *range(count))
    except TypeError:
        fewest, most = _counts(function)
        wanted = f"{fewest}" if most == fewest else f"at least {fewest}" if most is None else f"{fewest} to {most}"
        return f"{said} is given {count} argument{'s' * (count != 1)}, and takes {wanted}"
    return ""


def _counts(function: Callable[..., Any]) -> tuple[int, int | None]:
    """Return how many arguments a function takes at least and at most, besides lxml's context."""
    taken = list(inspect.signature(function).parameters.values())[1:]
    fixed = [one for one in taken if one.kind is not inspect.Parameter.VAR_POSITIONAL]
    fewest = sum(one.default is inspect.Parameter.empty for one in fixed)
    return fewest, len(fixed) if len(fixed) == len(taken) else None


def _available(namespace: str, name: str) -> bool:
    """Ask libxslt, which has those of EXSLT."""
    sheet: Any = etree.XSLT(etree.fromstring(_ASK.format(namespace=quoteattr(namespace), name=name)))
    return str(sheet(etree.Element("a")).getroot().text) == "true"
