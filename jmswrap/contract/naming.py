"""Name the derived elements of a contract so that they meet no schema of its own.

A derived element has the wrapper's name on the wire where its namespace has no schema;
otherwise it stands in a namespace beside it. The same bundle gives the same names.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from jmswrap.contract.nouns import Body, Operation, Port
from jmswrap.contract.schemaset import SchemaSet


def with_derived_names(ports: Sequence[Port], wsdl: Path) -> tuple[Port, ...]:
    """Return the ports with names for the elements that are derived for them."""
    if not any(o.request or o.reply for p in ports for o in p.operations.values()):
        return tuple(ports)
    namer = _Namer(frozenset(SchemaSet(wsdl).namespaces))
    named = [replace(p, operations={n: namer.request(o) for n, o in p.operations.items()}) for p in ports]
    return tuple(replace(p, operations={n: namer.reply(o) for n, o in p.operations.items()}) for p in named)


class _Namer:
    def __init__(self, taken: frozenset[str]) -> None:
        self._taken = taken
        self._given: dict[str, Body] = {}

    def request(self, operation: Operation) -> Operation:
        if operation.request is None:
            return operation
        body = self._named(operation.request)
        return replace(operation, element=body.element, request=body)

    def reply(self, operation: Operation) -> Operation:
        if operation.reply is None:
            return operation
        body = self._named(operation.reply)
        return replace(operation, reply_element=body.element, reply=body)

    def _named(self, body: Body) -> Body:
        namespace, _, local = body.element.rpartition("}")
        home = self._free(namespace[1:])
        name, number = f"{{{home}}}{local}", 2
        # One body of several ports is one element; another body of the same name is another.
        while self._given.setdefault(name, body) != body:
            name, number = f"{{{home}}}{local}{number}", number + 1
        return replace(body, element=name)

    def _free(self, namespace: str) -> str:
        candidate = namespace or "urn:jmswrap:wrapped"
        while candidate in self._taken:
            candidate += ":wrapped" if candidate.startswith("urn:") else "/wrapped"
        return candidate
