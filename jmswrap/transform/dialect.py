"""What the vendor's processor takes in stylesheets of XSLT 1.0, and XPath 1.0 does not know.

``*:name`` is a name in any namespace; functions of XPath 2.0 are called without a prefix or as ``fn:``;
``$name/…`` steps into a variable that has content, and on a parameter stands for a further document that
whoever calls the stylesheet gives it.
Such expressions are written in the words of XPath 1.0 before libxslt sees them.
"""

import itertools
from collections.abc import Mapping
from typing import Any

from lxml import etree

from jmswrap.transform.expressions import XSL, Token, change, expressions, tokens
from jmswrap.transform.oracle.namespaces import ORA, ORAEXT, XP20

GIVEN = "urn:jmswrap:transform"
"""The namespace of ``given``, which answers with a document that the caller gave, by its parameter's name."""

EXSLT = "http://exslt.org/common"

FUNCTIONS = frozenset(("http://www.w3.org/2005/xpath-functions", "http://www.w3.org/2004/07/xpath-functions"))
"""What ``fn:`` stands for."""

CORE = frozenset(
    [
        "last",
        "position",
        "count",
        "id",
        "local-name",
        "namespace-uri",
        "name",
        "string",
        "concat",
        "starts-with",
        "contains",
        "substring-before",
        "substring-after",
        "substring",
        "string-length",
        "normalize-space",
        "translate",
        "boolean",
        "not",
        "true",
        "false",
        "lang",
        "number",
        "sum",
        "floor",
        "ceiling",
        "round",
        "document",
        "key",
        "format-number",
        "current",
        "unparsed-entity-uri",
        "generate-id",
        "system-property",
        "element-available",
        "function-available",
    ]
)
"""The functions of XPath 1.0 and XSLT 1.0."""

LATER = frozenset(
    [
        "abs",
        "compare",
        "current-date",
        "current-dateTime",
        "current-time",
        "ends-with",
        "exists",
        "format-dateTime",
        "lower-case",
        "matches",
        "replace",
        "string-join",
        "upper-case",
    ]
)
"""The functions of XPath 2.0 that are offered in 1.0, too: the vendor's of the same names, or as they are."""


_DOCUMENTS = {"/": "/*", ".": "(self::node()[parent::node()]|self::node()[not(parent::node())]/*)"}
"""How an argument names the document: its root is meant, because lxml hands no document over."""
_OF_DOCUMENTS = frozenset(("processXSLT", "doXSLTransformForDoc", "getContentAsString", "get-content-as-string"))
_OVER_NODES = (f"{XSL}for-each", f"{XSL}apply-templates")


def adapted(root: etree._Element) -> etree._Element:
    """Return the stylesheet in the words of XPath 1.0: itself, or a root that takes its place."""
    second, held = documents(root), trees(root) | _passed(root)
    wanted = {"jmswrap-given": GIVEN} if second else {}
    if any(_needs_later(element) for element in root.iter(etree.Element)):
        wanted["jmswrap-xp20"] = XP20
    if held:
        wanted["jmswrap-exslt"] = EXSLT
    root = declaring(root, wanted)
    for name in second:
        parameter = next(one for one in root.iterchildren(f"{XSL}param") if one.get("name") == name)
        parameter.set("select", f"jmswrap-given:given('{name}')")
    for element in root.iter(etree.Element):
        known = element.nsmap
        change(element, lambda text, known=known: _changed(text, known, held))  # type: ignore[misc]
        if element.tag == f"{XSL}copy-of" and element.get("select", "").strip()[1:] in second:
            element.set("select", f"{element.get('select')}/node()")
        if element.tag in _OVER_NODES and element.get("select", "").strip() in held:
            element.set("select", f"jmswrap-exslt:node-set({element.get('select')})")
    return root


def trees(root: etree._Element) -> frozenset[str]:
    """Return the variables that have content, ``$name``: 1.0 lets nobody step into them, the vendor does."""
    found = (one for one in root.iter(f"{XSL}variable", f"{XSL}param") if len(one))
    return frozenset(f"${one.get('name', '')}" for one in found)


def _passed(root: etree._Element) -> frozenset[str]:
    """Return the parameters of templates that are stepped into: who calls may pass content."""
    stepped = {
        name for element in root.iter(etree.Element) for text in expressions(element) for name in _stepped_into(text)
    }
    passed = {str(one.get("name", "")) for one in root.iterfind(f"{XSL}template/{XSL}param")}
    return frozenset(f"${name}" for name in stepped & passed)


def declaring(root: etree._Element, prefixes: Mapping[str, str]) -> etree._Element:
    """Return a root that declares these prefixes, too: lxml cannot add them to one that is there."""
    missing = {prefix: uri for prefix, uri in prefixes.items() if root.nsmap.get(prefix) != uri}
    if not missing:
        return root
    known: Any = root.nsmap
    said = {str(name): str(value) for name, value in root.attrib.items()}
    # Of the same document: it knows where it is from, and who finds what it includes.
    made = root.makeelement(root.tag, said, nsmap=known | missing)
    made.text = root.text
    made.extend(list(root))
    made.sourceline = root.sourceline
    # What the stylesheet makes shall not declare them.
    made.set("exclude-result-prefixes", " ".join((root.get("exclude-result-prefixes", ""), *missing)).strip())
    return made


def documents(root: etree._Element) -> dict[str, int]:
    """Return the parameters that stand for a further document, with the line that says so."""
    named = [str(one.get("name", "")) for one in root.iter(f"{XSL}param", f"{XSL}variable")]
    free = {
        str(one.get("name", ""))
        for one in root.iterchildren(f"{XSL}param")
        if one.get("select") is None and not len(one) and not (one.text or "").strip()
    }
    open_ = {name for name in free if named.count(name) == 1}
    found: dict[str, int] = {}
    for element in root.iter(etree.Element) if open_ else ():
        line: Any = element.sourceline
        for text in expressions(element):
            for name in _stepped_into(text) & open_:
                found.setdefault(name, line)
    return found


def _stepped_into(text: str) -> set[str]:
    """Return the variables that an expression takes for nodes: ``$name/…``."""
    if "$" not in text:
        return set()
    taken = [token for token in tokens(text) if token.kind != "space"]
    return {
        one.text[1:].strip()
        for one, following in itertools.pairwise(taken)
        if one.kind == "variable" and following.text in ("/", "//", "[")
    }


def _needs_later(element: etree._Element) -> bool:
    called = (tokens(text) for text in expressions(element) if "(" in text)
    return any(_is_later(taken, at, element.nsmap) for taken in called for at in range(len(taken)))


def _changed(text: str, known: Mapping[str | None, str], held: frozenset[str]) -> str:
    if not any(mark in text for mark in ("*:", "(", "$")):
        return text
    taken = tokens(text)
    return "".join(_word(taken, at, known, held) for at in range(len(taken)))


def _word(taken: list[Token], at: int, known: Mapping[str | None, str], held: frozenset[str]) -> str:
    word = taken[at].text
    if word in _DOCUMENTS and _is_document_argument(taken, at, known):
        return _DOCUMENTS[word]
    if word in held and _after(taken, at) in ("/", "//", "["):
        return f"jmswrap-exslt:node-set({word})"
    if taken[at].kind != "name":
        return word
    if word == "*:*":
        return "*"
    if word.startswith("*:"):
        return f"*[local-name()='{word[2:]}']"
    prefix, _, name = word.rpartition(":")
    if _is_later(taken, at, known):
        return f"jmswrap-xp20:{name}"
    if prefix and known.get(prefix) in FUNCTIONS and name in CORE and _is_called(taken, at):
        return name
    return word


def _is_later(taken: list[Token], at: int, known: Mapping[str | None, str]) -> bool:
    if taken[at].kind != "name":
        return False
    prefix, _, name = taken[at].text.rpartition(":")
    return name in LATER and (not prefix or known.get(prefix) in FUNCTIONS) and _is_called(taken, at)


def _is_document_argument(taken: list[Token], at: int, known: Mapping[str | None, str]) -> bool:
    """Tell whether a token is a whole argument of a function that takes a document."""
    before = next((token.text for token in reversed(taken[:at]) if token.kind != "space"), "")
    if before not in ("(", ",") or _after(taken, at) not in (",", ")"):
        return False
    depth = 0
    for place in range(at - 1, -1, -1):
        depth += (taken[place].text == ")") - (taken[place].text == "(")
        if depth < 0:
            name = next((token for token in reversed(taken[:place]) if token.kind != "space"), None)
            prefix, _, local = name.text.rpartition(":") if name is not None else ("", "", "")
            return local in _OF_DOCUMENTS and known.get(prefix) in (ORA, ORAEXT)
    return False


def _is_called(taken: list[Token], at: int) -> bool:
    return _after(taken, at) == "("


def _after(taken: list[Token], at: int) -> str:
    return next((token.text for token in taken[at + 1 :] if token.kind != "space"), "")
