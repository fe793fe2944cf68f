"""Functions on documents and on the instance: ``ora:`` and ``orcl:``.

What a BPEL engine calls its instance is a message here: the instance id is the message's, the
execution context id its correlation id. Faults have a text and a name only where a step works on
a refusal.
"""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from jmswrap import xml
from jmswrap.errors import TransformError
from jmswrap.transform.current import Current
from jmswrap.transform.dialect import GIVEN
from jmswrap.transform.oracle.namespaces import ORA, ORAEXT
from jmswrap.transform.oracle.strings import escaped_xml
from jmswrap.transform.resources import Resources
from jmswrap.transform.values import text
from jmswrap.transform.xslt import Extensions, Transform

CALL_IT = "call the stylesheet in another one, with ora:doXSLTransformForDoc(address, document, name, document)"


def functions(
    resources: Resources,
    preferences: Mapping[str, str],
    stylesheet: Path,
    current: Current,
    compiled: Callable[[Path], Transform],
) -> Extensions:
    """Return the functions for one stylesheet."""
    others: dict[Path, Transform] = {}

    def processed(_: Any, address: Any, document: Any, *rest: Any) -> list[etree._Element]:
        path = resources.find(text(address), stylesheet, ".xsl")
        if path not in others:
            others[path] = compiled(path)
        named = _named(rest)
        given = {name: text(value) for name, value in named.items() if name not in others[path].documents}
        before, current.documents = current.documents, {name: _document(named[name]) for name in named}
        try:
            made = others[path](xml.standalone(_element(document)), {**current.parameters, **given})
        finally:
            current.documents = before
        return [etree.fromstring(made, xml.parser())]

    def further(_: Any, name: Any) -> list[etree._Element]:
        found = current.documents.get(text(name))
        if found is None:
            raise TransformError(f"the parameter {text(name)} is a further document, and none is given: {CALL_IT}")
        return [found]

    def preference(_: Any, name: Any) -> str:
        return preferences.get(text(name), "")

    return {
        (ORA, "processXSLT"): processed,
        (ORA, "doXSLTransformForDoc"): processed,
        (GIVEN, "given"): further,
        (GIVEN, "joined"): _joined,
        (ORA, "getContentAsString"): _written,
        (ORAEXT, "get-content-as-string"): _written,
        (ORA, "parseEscapedXML"): _parsed,
        (ORAEXT, "parseEscapedXML"): _parsed,
        (ORA, "getPreference"): preference,
        (ORA, "getCompositeInstanceId"): lambda _: current.parameter("JMSMessageID"),
        (ORA, "getInstanceId"): lambda _: current.parameter("JMSMessageID"),
        (ORA, "getECID"): lambda _: current.parameter("JMSCorrelationID") or current.parameter("JMSMessageID"),
        (ORA, "getFaultAsString"): lambda _: current.parameter("faultText"),
        (ORA, "getFaultName"): lambda _: current.parameter("faultCode"),
    }


def _joined(_: Any, value: Any) -> Any:
    return " ".join(text(node) for node in value) if isinstance(value, list) else value


def _written(_: Any, node: Any) -> str:
    return xml.standalone(_element(node)).decode()


def _parsed(_: Any, value: Any) -> list[etree._Element]:
    return [escaped_xml(text(value))]


def _named(rest: tuple[Any, ...]) -> dict[str, Any]:
    """Read parameters: names and values by turns, or one node with name and value in every item."""
    if len(rest) == 1 and isinstance(rest[0], list) and rest[0]:
        items = rest[0][0].iterfind(".//{*}item")
        return {item.findtext("{*}name", ""): _content(item.find("{*}value")) for item in items}
    if len(rest) % 2:
        raise TransformError("ora:doXSLTransformForDoc: a parameter has a name and no value; give them in pairs")
    return {text(rest[at]): rest[at + 1] for at in range(0, len(rest), 2)}


def _content(value: etree._Element | None) -> Any:
    return "" if value is None else list(value) or value.text or ""


def _document(value: Any) -> etree._Element:
    """Return an element that holds what is given, as a document holds its root."""
    held = etree.Element("document")
    nodes = value if isinstance(value, list) else [value]
    held.extend(copy.deepcopy(node) for node in nodes if isinstance(node, etree._Element))
    held.text = None if len(held) else text(value)
    return held


def _element(nodes: Any) -> etree._Element:
    first = nodes[0] if isinstance(nodes, list) and nodes else None
    if not isinstance(first, etree._Element):
        raise TransformError("ora: a document is needed here, and the node-set given is empty")
    return first
