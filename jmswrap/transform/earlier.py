"""Stylesheets that call themselves XSLT 2.0 and say nothing that 1.0 would not say alike.

The vendor's editor writes ``version="2.0"`` whatever the stylesheet uses. Such a one may run where the
vendor's functions are, when nothing in it has another meaning in 1.0. Of several nodes 2.0 writes all, 1.0
the first: ``same`` makes them alike.
"""

from typing import Any

from lxml import etree

from jmswrap.transform.calls import calls
from jmswrap.transform.dialect import CORE, FUNCTIONS, GIVEN, LATER, declaring, trees
from jmswrap.transform.expressions import XSL, Token, change, expressions, tokens
from jmswrap.transform.oracle.namespaces import ORA, VENDOR

# fmt: off
ELEMENTS = frozenset((
    "stylesheet", "transform", "import", "include", "strip-space", "preserve-space", "output", "key",
    "decimal-format", "namespace-alias", "attribute-set", "variable", "param", "template", "apply-templates",
    "apply-imports", "call-template", "with-param", "element", "attribute", "text", "processing-instruction",
    "comment", "copy", "copy-of", "value-of", "number", "for-each", "if", "choose", "when", "otherwise", "sort",
    "message", "fallback",
))
# fmt: on
"""XSLT 1.0's."""

# fmt: off
_ATTRIBUTES = frozenset((
    "as", "separator", "tunnel", "required", "group-by", "group-adjacent", "group-starting-with",
    "group-ending-with", "default-collation", "xpath-default-namespace", "collation", "type", "validation",
    "input-type-annotations", "use-character-maps", "use-when", "override", "inherit-namespaces", "copy-namespaces",
    "start-at", "expand-text", "normalization-form",
))
# fmt: on
"""Those that 1.0 does not have."""

_NO_SELECT = frozenset(f"{XSL}{name}" for name in ("attribute", "comment", "processing-instruction", "message"))
_OF_NUMBERS = frozenset(("sum", "number", "round", "floor", "ceiling"))
"""2.0 writes large numbers otherwise."""
_ARITHMETIC = frozenset(("+", "-", "*", "div", "mod"))
_OPERAND_BEFORE = frozenset((")", "]", ".", "..", "*"))
_SINGLE = frozenset((".", "..", "/", "current()"))
"""What is one node, or the document, which no function of ours can be given."""


def reason(root: etree._Element) -> str:
    """Return what in a stylesheet needs the later version, with its line; empty when nothing does."""
    for element in root.iter(etree.Element):
        why = _of_element(element) or next(filter(None, map(_of_expression, expressions(element))), "")
        if why:
            return _at(element, why)
    for called in calls(root):
        ours = called.namespace.startswith(VENDOR) or called.namespace in (ORA, *FUNCTIONS)
        if (called.prefix and not ours) or (not called.prefix and called.name not in CORE | LATER):
            return f"line {called.line}: {called.prefix}{':' * bool(called.prefix)}{called.name} is no function of 1.0"
    return ""


def same(root: etree._Element) -> etree._Element:
    """Return a stylesheet of which ``reason`` found nothing as one of 1.0."""
    root = declaring(root, {"jmswrap-given": GIVEN})
    root.set("version", "1.0")
    whole = _SINGLE | trees(root)
    for element in root.iter(etree.Element):
        if element.tag == f"{XSL}value-of" or not str(element.tag).startswith(XSL):
            change(element, lambda text: text if text.strip() in whole else f"jmswrap-given:joined({text})")
    return root


def unknown_element(root: etree._Element) -> str:
    """Return the first element of XSLT that 1.0 does not have, with its line; libxslt would leave it out."""
    for element in root.iter(f"{XSL}*"):
        name = etree.QName(element).localname
        if name not in ELEMENTS and not (name == "document" and root.get("version") == "1.1"):
            return _at(element, f"xsl:{name} is no element of XSLT 1.0")
    return ""


def _at(element: etree._Element, why: str) -> str:
    line: Any = element.sourceline
    return f"line {line}: {why}"


def _of_element(element: etree._Element) -> str:
    if not str(element.tag).startswith(XSL):
        said = (str(name).removeprefix(XSL) for name in element.attrib if str(name).startswith(XSL))
        later = next((name for name in said if name in _ATTRIBUTES), "")
        return f"xsl:{later} is of 2.0" if later else ""
    name = etree.QName(element).localname
    if name not in ELEMENTS:
        return f"xsl:{name} is of 2.0"
    attribute = next((str(one) for one in element.attrib if one in _ATTRIBUTES), "")
    if attribute or (element.tag in _NO_SELECT and element.get("select") is not None):
        return f"{attribute or 'select'} of xsl:{name} is of 2.0"
    if name == "value-of" and element.get("select") is None:
        return "xsl:value-of without select is of 2.0"
    return "exclude-result-prefixes #all is of 2.0" if "#all" in element.get("exclude-result-prefixes", "") else ""


def _of_expression(text: str) -> str:
    taken = [token for token in tokens(text) if token.kind != "space"]
    for at, token in enumerate(taken):
        around = (taken[at - 1] if at else None, taken[at + 1] if at + 1 < len(taken) else None)
        if token.text in _OF_NUMBERS and around[1] is not None and around[1].text == "(":
            return f"{token.text}() writes numbers otherwise in 1.0"
        if token.text in _ARITHMETIC and around[0] is not None and _is_operand(around[0]):
            return f"the operator {token.text} writes numbers otherwise in 1.0"
        if token.text in ("<", ">", "<=", ">=") and not any(one is not None and one.kind == "number" for one in around):
            return f"{token.text} compares texts otherwise in 1.0"
        if token.text in ("=", "!=") and (_is_truth(taken[at + 1 :]) or _is_truth(taken[:at][-3:])):
            return f"{token.text} compares with true() and false() otherwise in 1.0"
    return ""


def _is_operand(token: Token) -> bool:
    return token.kind in ("literal", "variable", "number", "name") or token.text in _OPERAND_BEFORE


def _is_truth(taken: list[Token]) -> bool:
    return [token.text for token in taken[1:3]] == ["(", ")"] and taken[0].text in ("true", "false")
