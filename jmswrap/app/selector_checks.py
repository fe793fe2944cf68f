"""Can a route find its key and id at all? The names in their XPaths against the schemas of its service."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from lxml import etree

from jmswrap.app.contracts import Contracts
from jmswrap.config.route_settings import Route
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding
from jmswrap.config.suggestions import near
from jmswrap.contract import answers, receipt
from jmswrap.contract.components import XS, Component
from jmswrap.contract.nouns import Contract
from jmswrap.contract.schemaset import Chunk
from jmswrap.contract.wrappers import schema_set
from jmswrap.errors import ContractError
from jmswrap.transform.expressions import tokens

_OPERATORS = frozenset(("and", "or", "div", "mod"))
_OURS = frozenset((receipt.NAMESPACE, answers.NAMESPACE))
"""What jmswrap adds to a contract, answers only."""


def imprudent(config: Config, contracts: Contracts) -> Iterator[Finding]:
    """Yield the keys, ids and correlations whose XPath names an element that no message of the service has."""
    known: dict[str, Mapping[str, set[str]] | None] = {}
    for name, route in config.routes.items():
        service = route.source.service or ""
        contract, paths = contracts.services.get(service), _paths(route)
        if contract is None or not paths:
            continue
        if service not in known:
            known[service] = _declared(contract)
        names = known[service]
        for key, path in paths.items() if names is not None else ():
            for written in _strangers(path, names or {}, config.namespaces):
                meant = near(written, _spellings(names or {}, config.namespaces)) or ", so nothing is found there"
                sentence = f"`{path}`: the contract of service `{service}` has no element `{written}`"
                yield ("routes", name, key), sentence + meant


def _paths(route: Route) -> dict[str, str]:
    selectors = {"key": route.key, "id": route.id, "correlation": route.correlation}
    return {key: one.xpath for key, one in selectors.items() if one is not None and one.xpath}


def _declared(contract: Contract) -> Mapping[str, set[str]] | None:
    """Return the names of all elements by namespace; None where a message may hold elements that are not declared."""
    try:
        chunks = [one for one in schema_set(contract.wsdl, contract).chunks if one.namespace not in _OURS]
    except ContractError:
        return None  # a problem of the contract, which is told as such
    names: defaultdict[str, set[str]] = defaultdict(set, {"": set()})
    for chunk in chunks:
        if any(_is_open(one, chunk) for one in chunk.schema.iter(f"{XS}any", f"{XS}element", f"{XS}extension")):
            return None
        names[chunk.namespace] |= set()  # a namespace without elements is known, too
        default = chunk.schema.get("elementFormDefault", "unqualified")
        for element in chunk.schema.iter(f"{XS}element"):
            apart = element.getparent() is not chunk.schema and element.get("form", default) != "qualified"
            names["" if apart else chunk.namespace].add(element.get("name", ""))
    wildcards = (one for chunk in chunks for one in chunk.schema.iter(f"{XS}any"))
    if any(one.get("processContents", "strict") != "strict" for one in wildcards):
        del names[""]  # unchecked elements of other namespaces may hold elements of none
    return names


def _is_open(node: etree._Element, chunk: Chunk) -> bool:
    """Tell whether elements that are not declared may stand there, of other namespaces apart."""
    if node.tag == f"{XS}any":
        return node.get("namespace") != "##other"
    component = Component(node, chunk)
    if node.tag == f"{XS}element" and not (node.get("type") or node.get("ref") or component.flag("abstract")):
        return component.child("complexType", "simpleType") is None
    return component.qualified(node.get("type", node.get("base", ""))) == f"{XS}anyType"


def _strangers(path: str, names: Mapping[str, set[str]], namespaces: Mapping[str, str]) -> Iterator[str]:
    """Yield the elements that an XPath names, as written, where the schemas of their namespace have none."""
    found = [token for token in tokens(path) if token.kind != "space"]
    marks = ["", *(token.text for token in found), ""]
    for at, token in enumerate(found, 1):
        if token.kind != "name" or "*" in token.text or marks[at + 1] in ("(", "::"):
            continue
        if marks[at - 1] == "@" or marks[at - 2 : at] == ["attribute", "::"] or token.text in _OPERATORS:
            continue
        prefix, _, local = token.text.rpartition(":")
        namespace = namespaces.get(prefix, "") if prefix else ""
        if namespace in names and local not in names[namespace]:
            yield token.text


def _spellings(names: Mapping[str, set[str]], namespaces: Mapping[str, str]) -> list[str]:
    prefixes = {"": "", **{f"{prefix}:": namespace for prefix, namespace in namespaces.items()}}
    return [f"{prefix}{local}" for prefix, namespace in prefixes.items() for local in names.get(namespace, ()) if local]
