"""Functions on documents and on the instance: ``ora:`` and ``orcl:``.

What a BPEL engine calls its instance is a message here: the instance id is the message's, the
execution context id its correlation id. Faults have a text and a name only where a step works on
a refusal.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from jmswrap import xml
from jmswrap.errors import TransformError
from jmswrap.transform.current import Current
from jmswrap.transform.oracle.namespaces import ORA, ORAEXT
from jmswrap.transform.oracle.strings import escaped_xml
from jmswrap.transform.resources import Resources
from jmswrap.transform.values import text
from jmswrap.transform.xslt import Extensions, Transform


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
        given = {**current.parameters, **_named(rest)}
        return [etree.fromstring(others[path](xml.standalone(_element(document)), given), xml.parser())]

    def preference(_: Any, name: Any) -> str:
        return preferences.get(text(name), "")

    return {
        (ORA, "processXSLT"): processed,
        (ORA, "doXSLTransformForDoc"): processed,
        (ORA, "getContentAsString"): lambda _, node: xml.standalone(_element(node)).decode(),
        (ORA, "parseEscapedXML"): _parsed,
        (ORAEXT, "parseEscapedXML"): _parsed,
        (ORA, "getPreference"): preference,
        (ORA, "getCompositeInstanceId"): lambda _: current.parameter("JMSMessageID"),
        (ORA, "getInstanceId"): lambda _: current.parameter("JMSMessageID"),
        (ORA, "getECID"): lambda _: current.parameter("JMSCorrelationID") or current.parameter("JMSMessageID"),
        (ORA, "getFaultAsString"): lambda _: current.parameter("faultText"),
        (ORA, "getFaultName"): lambda _: current.parameter("faultCode"),
    }


def _parsed(_: Any, value: Any) -> list[etree._Element]:
    return [escaped_xml(text(value))]


def _named(rest: tuple[Any, ...]) -> dict[str, str]:
    """Read parameters: names and values by turns, or one node with name and value in every item."""
    if len(rest) == 1 and isinstance(rest[0], list) and rest[0]:
        items = rest[0][0].iterfind(".//{*}item")
        return {item.findtext("{*}name", ""): item.findtext("{*}value", "") for item in items}
    if len(rest) % 2:
        raise TransformError("ora:doXSLTransformForDoc: a parameter has a name and no value; give them in pairs")
    return {text(rest[at]): text(rest[at + 1]) for at in range(0, len(rest), 2)}


def _element(nodes: Any) -> etree._Element:
    first = nodes[0] if isinstance(nodes, list) and nodes else None
    if not isinstance(first, etree._Element):
        raise TransformError("ora: a document is needed here, and the node-set given is empty")
    return first
