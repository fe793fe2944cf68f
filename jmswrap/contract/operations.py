"""Read the operations of a SOAP binding: the body, headers, style, and what stands in its way."""

import re
from dataclasses import dataclass

from lxml import etree

from jmswrap import xml
from jmswrap.contract.bodies import BodyRead, body_parts, read_body
from jmswrap.contract.definitions import Definition, Definitions
from jmswrap.contract.documents import qualified
from jmswrap.contract.nouns import DOCUMENT, RPC, HeaderPart, Operation, Place
from jmswrap.errors import ContractError

_MIME = "http://schemas.xmlsoap.org/wsdl/mime/"

# A name becomes part of settings, paths and samples' files: one from elsewhere must not lead out of them.
_NAME = re.compile(r"[\w.:·-]+")


@dataclass(frozen=True, slots=True)
class _Side:
    """One direction of an operation: the binding's element and the message."""

    binding: etree._Element | None
    message: Definition
    message_name: str


class OperationReader:
    """Reads the operations of one binding; ``warnings`` collects what is odd about them."""

    def __init__(
        self,
        definitions: Definitions,
        binding: Definition,
        port_type: Definition,
        namespace: str,
        warnings: list[str],
    ) -> None:
        self.definitions = definitions
        self.binding = binding
        self.port_type = port_type
        self.soap = namespace
        self.warnings = warnings
        soap_binding = binding.element.find(f"{{{namespace}}}binding")
        self.default_style = None if soap_binding is None else soap_binding.get("style")
        # Some contracts have thousands of operations: each is looked up, not looked for.
        self.abstract: dict[str, list[etree._Element]] = {}
        for operation in port_type.element.findall(f"{{{xml.WSDL}}}operation"):
            self.abstract.setdefault(operation.get("name", ""), []).append(operation)

    def read(self, element: etree._Element) -> Operation:
        """Return what the binding and its port type say of one operation."""
        abstract = self.abstract_of(element)
        soap_operation = element.find(f"{{{self.soap}}}operation")
        style = self.style(soap_operation)
        name = element.get("name", "")
        request = self.side("input", element, abstract)
        reply = self.side("output", element, abstract)
        place = self.binding.source.place(element)
        headers = self.headers(request)
        body = _asked(self, request, headers, style, name, _backward(abstract), place)
        answered = BodyRead() if reply is None else self.body(reply, self.headers(reply), style, name, True)
        faults = [self.fault(e, style) for e in abstract.findall(f"{{{xml.WSDL}}}fault")]
        documentation = abstract.findtext(f"{{{xml.WSDL}}}documentation") or ""
        return Operation(
            name=name,
            element=body.element,
            reply_element=answered.element,
            soap_action="" if soap_operation is None else soap_operation.get("soapAction", ""),
            style=style,
            use=body.use,
            one_way=reply is None,
            header_parts=headers,
            message="" if request is None else request.message_name,
            part=body.part,
            faults=tuple(dict.fromkeys(f for f in faults if f)),
            place=place,
            problem=_misnamed(name, place) or body.problem,
            documentation=" ".join(documentation.split()),
            request=body.derived,
            reply=answered.derived,
            silent=reply is not None and answered == BodyRead(),
        )

    def style(self, soap_operation: etree._Element | None) -> str:
        """Return an operation's style, its binding's where it says none."""
        own = None if soap_operation is None else soap_operation.get("style")
        return RPC if (own or self.default_style) == RPC else DOCUMENT

    def abstract_of(self, element: etree._Element) -> etree._Element:
        """Return the port type's operation; overloaded ones differ by the name of their input."""
        name = element.get("name", "")
        same = self.abstract.get(name, [])
        if not same:
            place = self.binding.source.place(element)
            said = f"operation {name} is bound, but port type {self.port_type.name} does not have it"
            raise ContractError(f"{place}: {said}.")
        bound = element.find(f"{{{xml.WSDL}}}input")
        wanted = None if bound is None else bound.get("name")
        return next((e for e in same if wanted and _input_name(e) == wanted), same[0])

    def side(self, direction: str, bound: etree._Element, abstract: etree._Element) -> _Side | None:
        """Return the request or the reply; none where the operation has none."""
        said = abstract.find(f"{{{xml.WSDL}}}{direction}")
        if said is None:
            return None
        found = self.definitions.find("message", self.port_type, said, said.get("message", ""))
        if found is None:
            place = self.port_type.source.place(said)
            raise ContractError(
                f"{place}: operation {abstract.get('name')} names message {said.get('message')}, which is nowhere; "
                "define it, or import the WSDL that does."
            )
        return _Side(bound.find(f"{{{xml.WSDL}}}{direction}"), found[1], found[0])

    def headers(self, side: _Side | None) -> tuple[HeaderPart, ...]:
        """Return the headers that a direction declares."""
        if side is None or side.binding is None:
            return ()
        parts = [self.header(e) for e in side.binding.iter(f"{{{self.soap}}}header")]
        return tuple(dict.fromkeys(p for p in parts if p is not None))

    def header(self, element: etree._Element) -> HeaderPart | None:
        """Return the part that a soap:header names; none, and a warning, when it names none."""
        place = self.binding.source.place(element)
        found = self.definitions.find("message", self.binding, element, element.get("message", ""))
        part = None if found is None else _part(found[1], element.get("part", ""))
        if found is None or part is None or not part.get("element"):
            what = f"soap:header message={element.get('message')} part={element.get('part')}"
            self.warnings.append(f"{place}: {what} names no part with an element, so the header is left out.")
            return None
        required = element.get(f"{{{xml.WSDL}}}required") in ("true", "1")
        name = qualified(part, part.get("element", ""), found[1].source)
        return HeaderPart(name, found[0], part.get("name", ""), required)

    def body(self, side: _Side, headers: tuple[HeaderPart, ...], style: str, name: str, reply: bool) -> BodyRead:
        """Return what is in the body of a request or a reply."""
        soap_body = None if side.binding is None else next(side.binding.iter(f"{{{self.soap}}}body"), None)
        place = side.message.place if soap_body is None else self.binding.source.place(soap_body)
        attached = [] if side.binding is None else list(side.binding.iter(f"{{{_MIME}}}content"))
        if attached:
            where = self.binding.source.place(attached[0])
            problem = f"{where}: operation {name} carries attachments (mime:content), which jmswrap cannot queue."
            return BodyRead(problem=problem)
        taken = {h.part for h in headers if h.message == side.message_name}
        parts = body_parts(side.message, soap_body, taken)
        home = self.binding.source.root.get("targetNamespace", "")
        return read_body(side.message, parts, soap_body, style, home, name, reply, place)

    def fault(self, element: etree._Element, style: str) -> str:
        """Return the detail element of a declared fault; empty when its message has no part with an element."""
        found = self.definitions.find("message", self.port_type, element, element.get("message", ""))
        part = None if found is None else found[1].element.find(f"{{{xml.WSDL}}}part[@element]")
        typed = None if found is None else found[1].element.find(f"{{{xml.WSDL}}}part[@type]")
        if style == RPC and part is None and typed is not None:
            return typed.get("name", "")  # an rpc fault's detail has its part's name, in no namespace
        if found is None or part is None:
            place = self.port_type.source.place(element)
            said = f"fault {element.get('name')} has no message with an element, so its detail is not known."
            self.warnings.append(f"{place}: {said}")
            return ""
        return qualified(part, part.get("element", ""), found[1].source)


def _misnamed(name: str, place: Place) -> str:
    """Return what is wrong with a name that is no name token, which WSDL 1.1 §2.4 asks for; empty for the others."""
    if _NAME.fullmatch(name):
        return ""
    return f"{place}: operation {name!r} has a name that is none in XML; give it one of letters, digits, - _ . only."


def _backward(abstract: etree._Element) -> str:
    """Return what an operation is in which the partner speaks first; empty for the others."""
    order = [e.tag for e in abstract if e.tag in (f"{{{xml.WSDL}}}input", f"{{{xml.WSDL}}}output")]
    if order[:1] != [f"{{{xml.WSDL}}}output"]:
        return ""
    return "a notification (output only)" if len(order) == 1 else "a solicit-response (output before input)"


def _asked(
    reader: OperationReader,
    request: _Side | None,
    headers: tuple[HeaderPart, ...],
    style: str,
    name: str,
    backward: str,
    place: Place,
) -> BodyRead:
    if request is None or backward:
        kind = backward or "without input"
        said = f"operation {name} is {kind}: the partner would call, so there is nothing to send it"
        return BodyRead(problem=f"{place}: {said}; offer it to the partner as a service of its own.")
    return reader.body(request, headers, style, name, False)


def _input_name(operation: etree._Element) -> str | None:
    said = operation.find(f"{{{xml.WSDL}}}input")
    return None if said is None else said.get("name")


def _part(message: Definition, name: str) -> etree._Element | None:
    return next((p for p in message.element.findall(f"{{{xml.WSDL}}}part") if p.get("name") == name), None)
