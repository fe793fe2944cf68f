"""What a contract says: operations, ports, the whole.

Pure nouns, made by ``reading.read``. Names of elements are always ``{namespace}local``,
or ``local`` alone for an element in no namespace.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from jmswrap.errors import ContractError

DOCUMENT = "document"
RPC = "rpc"
LITERAL = "literal"
ENCODED = "encoded"
PARTS = "parts"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a contract's files."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class HeaderPart:
    """A header block that an operation's request may carry."""

    element: str
    message: str
    """The WSDL message that declares the part; not always the request's own."""
    part: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message that stands in the body."""

    name: str
    element: str = ""
    """The element it is, or empty when it has a type."""
    type: str = ""
    """The type it has, ``{namespace}local``, or empty when it is an element."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body that is not one element of the contract's schemas, so an element is derived for it.

    The derived element, the body's *document form*, is what clients send and what is stored;
    the worker turns it into what the contract says: the *wire form*.
    """

    form: str
    """``rpc``, ``encoded`` (both: a wrapper holds the parts) or ``parts`` (the body holds them, or none)."""
    element: str
    """The derived element, ``{namespace}local``."""
    wire: str
    """The wrapper on the wire, ``{namespace}local``; empty when the body holds the parts themselves."""
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as one port offers it."""

    name: str
    element: str
    """The request's body element, derived where the contract has none; empty when jmswrap cannot take it."""
    reply_element: str
    """The reply's body element, derived where the contract has none; empty when there is none."""
    soap_action: str
    style: str
    """``document`` or ``rpc``."""
    use: str
    """``literal`` or ``encoded``."""
    one_way: bool
    header_parts: tuple[HeaderPart, ...]
    message: str
    """The request's WSDL message."""
    place: Place
    part: str = ""
    """The part of that message that is the body."""
    faults: tuple[str, ...] = ()
    """The detail elements of the faults that are declared."""
    problem: str = ""
    """One sentence on why jmswrap cannot take this operation; empty when it can."""
    documentation: str = ""
    request: Body | None = None
    """How the request's element and its body on the wire differ; none when they do not."""
    reply: Body | None = None
    """The same of the reply."""
    silent: bool = False
    """Whether there is a reply, with an empty body."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The elements that may stand in the SOAP header of a request."""
        return tuple(part.element for part in self.header_parts)


@dataclass(frozen=True, slots=True)
class Port:
    """A SOAP port: where and how a set of operations is offered."""

    service: str
    name: str
    soap_version: str
    """``1.1`` or ``1.2``."""
    address: str
    port_type: str
    """The local name of its port type."""
    operations: Mapping[str, Operation]
    place: Place
    elements: Mapping[str, Operation] = field(init=False, repr=False, compare=False)
    """The operation that takes a body element, for the operations jmswrap can take."""

    def __post_init__(self) -> None:
        takers = {o.element: o for o in self.operations.values() if o.element and not o.problem}
        object.__setattr__(self, "elements", takers)

    @property
    def usable(self) -> tuple[Operation, ...]:
        """The operations that jmswrap can take, in the contract's order."""
        return tuple(o for o in self.operations.values() if not o.problem)

    def declared(self, elements: frozenset[str]) -> "Port":
        """Return the port with a problem on each operation whose request no schema declares.

        Headers that no schema declares are dropped. Of two names that differ only by case, which
        several tools refuse, the second gets a number.
        """
        checked: dict[str, Operation] = {}
        known: set[str] = set()
        for name, operation in self.operations.items():
            problem = operation.problem
            if not problem and operation.element not in elements:
                said = f"takes {operation.element}, which no schema declares"
                problem = f"{operation.place}: operation {name} {said}; add the schema."
            headers = tuple(h for h in operation.header_parts if h.element in elements)
            name = free_name(name, known)
            known.add(name.casefold())
            checked[name] = replace(operation, name=name, header_parts=headers, problem=problem)
        return replace(self, operations=checked)


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the name, or the name with a number where it is among those taken (casefolded)."""
    candidate, number = name, 2
    while candidate.casefold() in taken:
        candidate, number = f"{name}{number}", number + 1
    return candidate


@dataclass(frozen=True, slots=True)
class Contract:
    """A WSDL as read: its ports, and what was odd about it."""

    wsdl: Path
    target_namespace: str
    ports: tuple[Port, ...]
    warnings: tuple[str, ...] = ()

    def port(self, service: str = "", name: str = "") -> Port:
        """Return the port that is named, else the first of SOAP 1.1, else the first of SOAP 1.2.

        A port with operations that jmswrap can take goes before one without. Raises
        ``ContractError`` when there is none.
        """
        found = [p for p in self.ports if service in ("", p.service) and name in ("", p.name)]
        if not found:
            raise ContractError(self._no_port(service, name))
        return min(found, key=lambda p: (not p.usable, p.soap_version))

    def _no_port(self, service: str, name: str) -> str:
        if not self.ports:
            other = next((f" ({w.rstrip('.')})" for w in self.warnings if "transport is" in w), "")
            return (
                f"{self.wsdl} has no service with a SOAP port over HTTP{other}; give the WSDL that holds the service."
            )
        wanted = " ".join(w for w in (f"service {service}" if service else "", f"port {name}" if name else "") if w)
        offered = ", ".join(f"{p.service}/{p.name}" for p in self.ports)
        return f"{self.wsdl} has no {wanted} with SOAP over HTTP; choose one of {offered}."
