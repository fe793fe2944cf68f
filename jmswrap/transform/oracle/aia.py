"""The ``aia:`` functions: what configuration files and the register of systems say."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from jmswrap.errors import TransformError
from jmswrap.transform.oracle.namespaces import AIA
from jmswrap.transform.properties import Properties
from jmswrap.transform.values import text, truth
from jmswrap.transform.xslt import Extensions

_NODE = ("ID", "Description", "IPAddress", "Application/ID", "Application/Version", "ContactName", "ContactEmail",
         "ContactPhone")  # fmt: skip
"""The children of a system's node, in the order of the vendor's header."""


def functions(properties: Properties, systems: Mapping[str, Mapping[str, str]]) -> Extensions:
    """Return the functions of one integration."""

    def system_property(_: Any, name: Any, needed: Any = False) -> str:
        return _answer(properties.system.get(text(name)), f"system property {text(name)}", needed)

    def module_property(_: Any, module: Any, name: Any, needed: Any = False) -> str:
        value = properties.modules.get(text(module), {}).get(text(name))
        return _answer(value, f"property {text(name)} of module {text(module)}", needed)

    def service_property(_: Any, service: Any, name: Any, needed: Any = False) -> str:
        value = properties.service(text(service)).get(text(name))
        return _answer(value, f"property {text(name)} of service {text(service)}", needed)

    def system_type(_: Any, system: Any) -> str:
        return _system(systems, text(system)).get("type", "")

    def sender_node(_: Any, system: Any, *_rest: Any) -> list[etree._Element]:
        return [_described(text(system), _system(systems, text(system)))]

    return {
        (AIA, "getSystemProperty"): system_property,
        (AIA, "getSystemModuleProperty"): module_property,
        (AIA, "getServiceProperty"): service_property,
        (AIA, "getSystemType"): system_type,
        (AIA, "getEBMHeaderSenderSystemNode"): sender_node,
    }


def _answer(value: str | None, what: str, needed: Any) -> str:
    if value is None and truth(needed):
        raise TransformError(f"there is no {what}; add it to a file that `transforms.properties` names")
    return value or ""


def _system(systems: Mapping[str, Mapping[str, str]], name: str) -> Mapping[str, str]:
    try:
        return systems[name]
    except KeyError:
        raise TransformError(f"there is no system {name!r}; add it to `transforms.systems`") from None


def _described(name: str, system: Mapping[str, str]) -> etree._Element:
    node = etree.Element("system")
    for path in _NODE:
        parent, _, child = path.rpartition("/")
        above = node if not parent else _child(node, parent)
        etree.SubElement(above, child).text = name if path == "ID" else system.get(path, "")
    return node


def _child(node: etree._Element, name: str) -> etree._Element:
    found = node.find(name)
    return etree.SubElement(node, name) if found is None else found
