"""Derive the asynchronous WSDL of a partner's: same requests, a receipt for an answer.

The schemas, operation names, request elements, request headers and SOAP actions are the
partner's. Replies and faults are only where an operation passes straight through (``sync``);
else the answer is a receipt, or none, or a receipt with the answer in it. A second port
answers questions about messages. What was spread over several WSDLs becomes one, in the
order that all tools accept. The same bundle gives the same bytes.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

from jmswrap import xml
from jmswrap.contract import actions, answers, callbacks, receipt
from jmswrap.contract.documents import DEFINITIONS, load
from jmswrap.contract.inline import inline_texts
from jmswrap.contract.mending import content
from jmswrap.contract.nouns import Contract, HeaderPart, Operation, Port, free_name
from jmswrap.contract.outputs import Outputs
from jmswrap.contract.reading import read
from jmswrap.contract.schemaset import SchemaSet
from jmswrap.contract.wrappers import schema_set
from jmswrap.errors import ContractError

PLACEHOLDER = "http://jmswrap.invalid/services/"
"""Begins the address in the file; publishing puts the configured one in its place."""
RECEIPTS: Mapping[str, str] = MappingProxyType({"": "receipt"})
"""Every operation answers with a receipt."""


def derive(
    bundle: Path,
    folder: Path,
    name: str,
    service: str = "",
    port: str = "",
    styles: Mapping[str, str] = RECEIPTS,
    calls_back: bool = False,
) -> Path:
    """Write the asynchronous WSDL of one port and its schemas; return the WSDL's path.

    ``styles`` says what operations answer, by name (empty: all others): ``receipt``, ``empty``,
    ``sync`` or ``hybrid``. ``calls_back`` adds the port type that answers are sent to.
    Operations that jmswrap cannot take are left out; when there is no other,
    ``ContractError`` says what stands in the way and where.
    """
    contract = read(bundle)
    schemas = schema_set(bundle, contract)
    chosen = contract.port(service, port).declared(schemas.elements)
    if not chosen.usable:
        raise ContractError(_why_nothing(chosen))
    outputs = Outputs(chosen, styles, schemas.elements, calls_back)
    types = [*inline_texts(schemas), *_direct_imports(schemas), *_ours(schemas)]
    text = _Wsdl(contract, chosen, name, outputs).text(types)
    folder.mkdir(parents=True, exist_ok=True)
    for source in schemas.sources:
        if source.root.tag != DEFINITIONS:
            (folder / source.path.name).write_bytes(content(source.root))
    wsdl = folder / f"{name}.wsdl"
    wsdl.write_bytes(text.encode("utf-8"))
    return wsdl


def _why_nothing(port: Port) -> str:
    problems = [o.problem for o in port.operations.values()]
    return problems[0] if problems else f"{port.place}: port {port.name} has no operations; choose another port."


def _direct_imports(schemas: SchemaSet) -> list[str]:
    """Return import elements for schema files that a WSDL imports as if they were WSDLs."""
    return [
        f'<xs:schema xmlns:xs="{xml.XSD}"><xs:import namespace={quoteattr(s.root.get("targetNamespace", ""))} '
        f"schemaLocation={quoteattr(s.path.name)}/></xs:schema>"
        for s in schemas.imported_as_wsdl
    ]


def _ours(schemas: SchemaSet) -> list[str]:
    """Return the schemas of what jmswrap adds; those that the partner has as well, a jmswrap too, stand there."""
    ours = {receipt.NAMESPACE: receipt.SCHEMA, answers.NAMESPACE: answers.SCHEMA}
    return [text for namespace, text in ours.items() if namespace not in schemas.namespaces]


class _Wsdl:
    """The text of one derived WSDL."""

    def __init__(self, contract: Contract, port: Port, name: str, outputs: Outputs) -> None:
        self.namespace = load(port.place.file).root.get("targetNamespace", "") or f"urn:jmswrap:service:{name}"
        self.contract = contract
        self.port = port
        self.name = name
        self.operations = port.usable
        self.users: dict[tuple[str, str], list[Operation]] = {}
        self.borrowers: dict[str, list[Operation]] = {}
        for operation in self.operations:
            self.users.setdefault((operation.message, operation.element), []).append(operation)
            for message in dict.fromkeys(h.message for h in operation.header_parts):
                self.borrowers.setdefault(message, []).append(operation)
        self.outputs = outputs
        self.twin = next((p for p in contract.ports if _is_twin(p, port)), None)
        elements = [o.element for o in self.operations] + [h for o in self.operations for h in o.headers]
        elements += outputs.elements
        namespaces = dict.fromkeys(e[1:].partition("}")[0] for e in elements if e.startswith("{"))
        self.prefixes = {namespace: f"ns{number}" for number, namespace in enumerate(namespaces, 1)}
        self.messages = self.name_messages()

    def name_messages(self) -> dict[tuple[str, str], str]:
        """Name each message, by the partner's name of it and the body element it holds, if any."""
        names: dict[tuple[str, str], str] = {}
        for operation in self.operations:
            names.setdefault((operation.message, operation.element), "")
        for operation in self.operations:
            for header in operation.header_parts:
                if header.message != operation.message:
                    names.setdefault((header.message, ""), "")
        taken = {name.casefold() for name in self.outputs.names}
        for key in names:
            names[key] = free_name(key[0].rpartition("}")[2], taken)
            taken.add(names[key].casefold())
        return names

    def text(self, schemas: list[str]) -> str:
        types = "\n    ".join(schemas)
        messages = "\n".join(
            [*(self.message(*key) for key in self.messages), *self.answer_messages(), answers.messages()]
        )
        port_types = [self.port_type(), *self.callback(), answers.port_type(self.answers_type)]
        rest = "\n".join([*port_types, *self.bindings(), self.service()])
        return f"{self.head()}\n  <wsdl:types>\n    {types}\n  </wsdl:types>\n{messages}\n{rest}\n</wsdl:definitions>\n"

    def head(self) -> str:
        declared = {
            "wsdl": xml.WSDL,
            "soap": xml.WSDL_SOAP_11,
            **({"soap12": xml.WSDL_SOAP_12} if self.twin else {}),
            "tns": self.namespace,
            "jr": receipt.NAMESPACE,
            "ja": answers.NAMESPACE,
            "wsaw": actions.METADATA,
            **({"plnk": callbacks.PARTNER_LINK} if self.outputs.callbacks else {}),
            **{prefix: namespace for namespace, prefix in self.prefixes.items()},
        }
        lines = "\n    ".join(f"xmlns:{p}={quoteattr(n)}" for p, n in declared.items())
        said = (
            f"Asynchronous front of {self.port.service}, derived by jmswrap from {self.contract.wsdl.name}. "
            f"{self.outputs.said}"
        )
        links = callbacks.partner_link(self.port.port_type) if self.outputs.callbacks else ""
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<wsdl:definitions name={quoteattr(self.name)} '
            f"targetNamespace={quoteattr(self.namespace)}\n    {lines}>\n"
            f"  <wsdl:documentation>{escape(said)}</wsdl:documentation>{links}"
        )

    def qname(self, element: str) -> str:
        namespace, _, local = element.rpartition("}")
        return quoteattr(f"{self.prefixes[namespace[1:]]}:{local}" if namespace else local)

    def message(self, message: str, element: str) -> str:
        # Parts keep their names: .NET unwraps one that is called `parameters`, whether its element can be or not.
        named = {self.users[message, element][0].part: element} if element else {}
        named |= {header.part: header.element for header in self.headers_in(message, element)}
        parts = [f"<wsdl:part name={quoteattr(p)} element={self.qname(e)}/>" for p, e in named.items()]
        inner = "\n    ".join(parts)
        return f"  <wsdl:message name={quoteattr(self.messages[message, element])}>\n    {inner}\n  </wsdl:message>"

    def headers_in(self, message: str, element: str) -> list[HeaderPart]:
        """Return the header parts that a message declares, each once, in order."""
        users = self.users[message, element] if element else self.borrowers.get(message, [])
        found = {
            h.part: h
            for o in users
            for h in o.header_parts
            if h.message == message and (bool(element) == (o.message == message))
        }
        return list(found.values())

    def answer_messages(self) -> list[str]:
        return [
            f"  <wsdl:message name={quoteattr(one.message)}>\n"
            f"    <wsdl:part name={quoteattr(one.part)} element={self.answer_qname(one.element)}/>\n  </wsdl:message>"
            for one in self.outputs.messages
        ]

    def answer_qname(self, element: str) -> str:
        ours = {receipt.ACCEPT_RESPONSE: "jr:AcceptResponse", answers.HYBRID_RESPONSE: "ja:HybridResponse"}
        return quoteattr(ours[element]) if element in ours else self.qname(element)

    def callback(self) -> list[str]:
        return [callbacks.port_type(self.port.port_type, self.outputs.callbacks)] if self.outputs.callbacks else []

    @property
    def answers_type(self) -> str:
        return f"{self.port.port_type}Answers"

    def actions(self, operation: Operation, soap_action: str) -> actions.Actions:
        return actions.actions(self.namespace, self.port.port_type, operation.name, soap_action)

    def port_type(self) -> str:
        operations = "\n".join(self.abstract(o) for o in self.operations)
        return f"  <wsdl:portType name={quoteattr(self.port.port_type)}>\n{operations}\n  </wsdl:portType>"

    def abstract(self, operation: Operation) -> str:
        said = operation.documentation
        documented = f"      <wsdl:documentation>{escape(said)}</wsdl:documentation>\n" if said else ""
        request = quoteattr(f"tns:{self.messages[operation.message, operation.element]}")
        known = self.actions(operation, operation.soap_action)
        lines = [f"<wsdl:input message={request} wsaw:Action={quoteattr(known.request)}/>"]
        output = self.outputs.of(operation)
        if output is not None:
            message = quoteattr(f"tns:{output.message}")
            lines.append(f"<wsdl:output message={message} wsaw:Action={quoteattr(known.response)}/>")
        for fault in self.outputs.faults(operation):
            said = f"name={quoteattr(fault.name)} message={quoteattr(f'tns:{fault.message}')}"
            lines.append(f"<wsdl:fault {said} wsaw:Action={quoteattr(known.fault + fault.name)}/>")
        inner = "".join(f"      {line}\n" for line in lines)
        return f"    <wsdl:operation name={quoteattr(operation.name)}>\n{documented}{inner}    </wsdl:operation>"

    def bindings(self) -> list[str]:
        versions = [("soap", "11"), *([("soap12", "12")] if self.twin else [])]
        of_answers = [
            answers.binding(f"{self.answers_type}Soap{number}", self.answers_type, soap, xml.SOAP_HTTP)
            for soap, number in versions
        ]
        return [*(self.binding(*version) for version in versions), *of_answers]

    def binding(self, soap: str, version: str) -> str:
        name = quoteattr(f"{self.port.port_type}Soap{version}")
        operations = "\n".join(self.bound(o, soap) for o in self.operations)
        return (
            f"  <wsdl:binding name={name} type={quoteattr(f'tns:{self.port.port_type}')}>\n"
            f'    <{soap}:binding style="document" transport="{xml.SOAP_HTTP}"/>\n'
            f'    <wsaw:UsingAddressing wsdl:required="false"/>\n{operations}\n  </wsdl:binding>'
        )

    def bound(self, operation: Operation, soap: str) -> str:
        # One action for both versions: node-soap sends SOAP 1.1 with the action of the other.
        action = quoteattr(operation.soap_action)
        headers = "".join(f"\n        {self.header(operation, h, soap)}" for h in operation.header_parts)
        own = any(h.message == operation.message for h in operation.header_parts)
        parts = f" parts={quoteattr(operation.part)}" if own else ""
        replies = self.bound_replies(operation, soap)
        return (
            f"    <wsdl:operation name={quoteattr(operation.name)}>\n"
            f'      <{soap}:operation soapAction={action} style="document"/>\n'
            f'      <wsdl:input>{headers}\n        <{soap}:body{parts} use="literal"/>\n      </wsdl:input>\n'
            f"{replies}    </wsdl:operation>"
        )

    def bound_replies(self, operation: Operation, soap: str) -> str:
        output = ""
        if self.outputs.of(operation) is not None:
            output = f'      <wsdl:output>\n        <{soap}:body use="literal"/>\n      </wsdl:output>\n'
        faults = [quoteattr(fault.name) for fault in self.outputs.faults(operation)]
        return output + "".join(
            f'      <wsdl:fault name={name}>\n        <{soap}:fault name={name} use="literal"/>\n      </wsdl:fault>\n'
            for name in faults
        )

    def header(self, operation: Operation, header: HeaderPart, soap: str) -> str:
        key = (header.message, operation.element if header.message == operation.message else "")
        required = ' wsdl:required="true"' if header.required else ""
        message = quoteattr(f"tns:{self.messages[key]}")
        return f'<{soap}:header message={message} part={quoteattr(header.part)} use="literal"{required}/>'

    def service(self) -> str:
        versions = [("soap", "Soap11"), *([("soap12", "Soap12")] if self.twin else [])]
        ports = "\n".join(
            f"    <wsdl:port name={quoteattr(self.port.service + more + suffix)} "
            f"binding={quoteattr(f'tns:{self.port.port_type}{more}{suffix}')}>\n"
            f"      <{soap}:address location={quoteattr(PLACEHOLDER + self.name)}/>\n    </wsdl:port>"
            for more in ("", "Answers")
            for soap, suffix in versions
        )
        return f"  <wsdl:service name={quoteattr(self.port.service)}>\n{ports}\n  </wsdl:service>"


def _is_twin(other: Port, port: Port) -> bool:
    """Whether a port offers the same operations by SOAP 1.2 (the port itself may)."""
    same = other.port_type == port.port_type or other.operations.keys() >= port.operations.keys()
    return other.service == port.service and other.soap_version == "1.2" and same
