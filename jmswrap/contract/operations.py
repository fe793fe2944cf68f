"""Read one operation of a SOAP binding: its body, headers, style, and what stands in its way."""

from dataclasses import dataclass

from lxml import etree

from jmswrap import xml
from jmswrap.contract.definitions import Definition, Definitions
from jmswrap.contract.documents import qualified
from jmswrap.contract.nouns import DOCUMENT, ENCODED, LITERAL, RPC, HeaderPart, Operation
from jmswrap.errors import ContractError

_MIME = "http://schemas.xmlsoap.org/wsdl/mime/"


@dataclass(frozen=True, slots=True)
class _Side:
    """One direction of an operation: the binding's element and the message."""

    binding: etree._Element | None
    message: Definition
    message_name: str


@dataclass(frozen=True, slots=True)
class _Body:
    element: str = ""
    use: str = LITERAL
    problem: str = ""
    part: str = ""


class _Reader:
    def __init__(self, definitions: Definitions, binding: Definition, port_type: Definition, namespace: str) -> None:
        self.definitions = definitions
        self.binding = binding
        self.port_type = port_type
        self.soap = namespace
        self.warnings: list[str] = []

    def side(self, direction: str, bound: etree._Element, abstract: etree._Element) -> _Side | None:
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
        if side is None or side.binding is None:
            return ()
        parts = [self.header(e) for e in side.binding.iter(f"{{{self.soap}}}header")]
        return tuple(dict.fromkeys(p for p in parts if p is not None))

    def header(self, element: etree._Element) -> HeaderPart | None:
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

    def body(self, side: _Side, headers: tuple[HeaderPart, ...], style: str, label: str) -> _Body:
        soap_body = None if side.binding is None else next(side.binding.iter(f"{{{self.soap}}}body"), None)
        use = LITERAL if soap_body is None else soap_body.get("use", LITERAL)
        place = side.message.place if soap_body is None else self.binding.source.place(soap_body)
        if use == ENCODED or style != DOCUMENT:
            why = "soap:body use=encoded" if use == ENCODED else f"soap:binding style={style}"
            return _Body("", use, f"{place}: {label} is {style}/{use} ({why}); only document/literal works.")
        attached = [] if side.binding is None else list(side.binding.iter(f"{{{_MIME}}}content"))
        if attached:
            where = self.binding.source.place(attached[0])
            return _Body("", use, f"{where}: {label} carries attachments (mime:content), which jmswrap cannot queue.")
        return self._literal(side, soap_body, headers, label)

    def _literal(
        self, side: _Side, soap_body: etree._Element | None, headers: tuple[HeaderPart, ...], label: str
    ) -> _Body:
        parts = side.message.element.findall(f"{{{xml.WSDL}}}part")
        if soap_body is not None and soap_body.get("parts") is not None:
            named = (soap_body.get("parts") or "").split()
            parts = [p for p in parts if p.get("name") in named]
        else:
            taken = {h.part for h in headers if h.message == side.message_name}
            parts = [p for p in parts if p.get("name") not in taken]
        if len(parts) != 1:
            counted = f"{len(parts)} body parts in message {side.message.name}"
            return _Body(problem=f"{side.message.place}: {label} has {counted}; exactly one works.")
        if not parts[0].get("element"):
            place = side.message.source.place(parts[0])
            return _Body(problem=f"{place}: {label} has part {parts[0].get('name')} with a type instead of an element.")
        name = qualified(parts[0], parts[0].get("element", ""), side.message.source)
        return _Body(name, part=parts[0].get("name", ""))

    def fault(self, element: etree._Element) -> str:
        """Return the detail element of a declared fault; empty when its message has no part with an element."""
        found = self.definitions.find("message", self.port_type, element, element.get("message", ""))
        part = None if found is None else found[1].element.find(f"{{{xml.WSDL}}}part[@element]")
        if found is None or part is None:
            place = self.port_type.source.place(element)
            said = f"fault {element.get('name')} has no message with an element, so its detail is not known."
            self.warnings.append(f"{place}: {said}")
            return ""
        return qualified(part, part.get("element", ""), found[1].source)


def read_operation(
    definitions: Definitions,
    binding: Definition,
    port_type: Definition,
    element: etree._Element,
    namespace: str,
    warnings: list[str],
) -> Operation:
    """Return what a binding and its port type say of one operation."""
    reader = _Reader(definitions, binding, port_type, namespace)
    abstract = _abstract(binding, port_type, element)
    soap_operation = element.find(f"{{{namespace}}}operation")
    style = _style(binding, soap_operation, namespace)
    name = element.get("name", "")
    request = reader.side("input", element, abstract)
    reply = reader.side("output", element, abstract)
    place = binding.source.place(element)
    headers = reader.headers(request)
    label = f"operation {name}"
    if request is None:
        body = _Body(problem=f"{place}: {label} has no input (a notification), so there is nothing to send.")
    else:
        body = reader.body(request, headers, style, label)
    answered = _Body() if reply is None else reader.body(reply, reader.headers(reply), style, label)
    faults = [reader.fault(e) for e in abstract.findall(f"{{{xml.WSDL}}}fault")]
    warnings += reader.warnings
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
        problem=body.problem,
        documentation=" ".join(documentation.split()),
    )


def _style(binding: Definition, soap_operation: etree._Element | None, namespace: str) -> str:
    own = None if soap_operation is None else soap_operation.get("style")
    soap_binding = binding.element.find(f"{{{namespace}}}binding")
    said = own or (None if soap_binding is None else soap_binding.get("style"))
    return said if said == RPC else DOCUMENT


def _abstract(binding: Definition, port_type: Definition, element: etree._Element) -> etree._Element:
    """Return the port type's operation; overloaded ones differ by the name of their input."""
    name = element.get("name", "")
    same = [e for e in port_type.element.findall(f"{{{xml.WSDL}}}operation") if e.get("name") == name]
    if not same:
        place = binding.source.place(element)
        raise ContractError(f"{place}: operation {name} is bound, but port type {port_type.name} does not have it.")
    bound = element.find(f"{{{xml.WSDL}}}input")
    wanted = None if bound is None else bound.get("name")
    return next((e for e in same if wanted and _input_name(e) == wanted), same[0])


def _input_name(operation: etree._Element) -> str | None:
    said = operation.find(f"{{{xml.WSDL}}}input")
    return None if said is None else said.get("name")


def _part(message: Definition, name: str) -> etree._Element | None:
    return next((p for p in message.element.findall(f"{{{xml.WSDL}}}part") if p.get("name") == name), None)
