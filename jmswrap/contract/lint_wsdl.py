"""The rules of ``jmswrap lint`` on a WSDL's messages, bindings and services."""

from collections.abc import Iterator

from lxml import etree

from jmswrap import xml
from jmswrap.contract import policies
from jmswrap.contract.lint_nouns import MINDED, NOTE, REFUSED, Rule
from jmswrap.contract.lint_subject import SOAPS, Bound, Subject

_W = f"{{{xml.WSDL}}}"
_MIME = "{http://schemas.xmlsoap.org/wsdl/mime/}"
_HTTP = "{http://schemas.xmlsoap.org/wsdl/http/}binding"
_ORDER = {f"{_W}{n}": i for i, n in enumerate(("import", "types", "message", "portType", "binding", "service"))}
_Found = Iterator[tuple[str, str]]


def _rpc(subject: Subject) -> _Found:
    for bound in subject.bound():
        if bound.style == "rpc":
            yield bound.place(), f"operation {bound.name} is of style rpc"


def _bodies(bound: Bound) -> list[etree._Element]:
    return [body for side in bound.sides() for body in side.iter(f"{{{bound.soap}}}body")]


def _encoded(subject: Subject) -> _Found:
    for bound in subject.bound():
        for body in _bodies(bound):
            if body.get("use") == "encoded":
                yield bound.place(body), f"operation {bound.name} has an encoded body"


def _header_use(subject: Subject) -> _Found:
    for bound in subject.bound():
        for side in bound.sides():
            uses = {b.get("use", "literal") for b in side.iter(f"{{{bound.soap}}}body")}
            for header in side.iter(f"{{{bound.soap}}}header"):
                if uses and header.get("use", "literal") not in uses:
                    yield bound.place(header), f"a header of operation {bound.name} has another use than the body"


def _only_soap12(subject: Subject) -> _Found:
    for service in dict.fromkeys(p.service for p in subject.contract.ports):
        ports = [p for p in subject.contract.ports if p.service == service]
        if all(p.soap_version == "1.2" for p in ports):
            yield str(ports[0].place), f"service {service} is offered by SOAP 1.2 only"


def _attachments(subject: Subject) -> _Found:
    for bound in subject.bound():
        first = next(bound.element.iter(f"{_MIME}multipartRelated", f"{_MIME}content"), None)
        if first is not None:
            yield bound.place(first), f"operation {bound.name} carries attachments (mime)"


def _problems(subject: Subject, word: str) -> _Found:
    for port in subject.contract.ports:
        for operation in port.operations.values():
            if word in operation.problem:
                place, _, said = operation.problem.partition(": ")
                yield place, said.rstrip(".")


def _backward(subject: Subject) -> _Found:
    yield from _problems(subject, "the partner would call")


def _wrong_parts(subject: Subject) -> _Found:
    yield from _problems(subject, "correct the part")


def _several_parts(subject: Subject) -> _Found:
    for port in subject.contract.ports:
        for operation in port.operations.values():
            for body in (operation.request, operation.reply):
                if body is not None and body.form == "parts" and len(body.parts) > 1:
                    yield str(operation.place), f"operation {operation.name} has {len(body.parts)} body parts"


def _same_request(subject: Subject) -> _Found:
    for port in subject.contract.ports:
        for operation in port.operations.values():
            if "takes the same element" in operation.problem:
                yield str(operation.place), f"operation {operation.name} has the request element of another operation"


def _case(subject: Subject) -> _Found:
    for port_type in subject.definitions.all("portType"):
        known: dict[str, str] = {}
        for element in port_type.element.findall(f"{_W}operation"):
            name = element.get("name", "")
            other = known.setdefault(name.casefold(), name)
            if other != name:
                yield str(port_type.source.place(element)), f"operations {other} and {name} differ only by case"


def _overloaded(subject: Subject) -> _Found:
    for port_type in subject.definitions.all("portType"):
        known: set[str] = set()
        for element in port_type.element.findall(f"{_W}operation"):
            name = element.get("name", "")
            if name in known:
                yield str(port_type.source.place(element)), f"operation {name} is overloaded"
            known.add(name)


def _order(subject: Subject) -> _Found:
    for source in subject.wsdls:
        last, behind = -1, ""
        for element in source.root.iterchildren(*_ORDER):
            rank = _ORDER[str(element.tag)]
            name = etree.QName(element).localname
            if rank < last:
                yield str(source.place(element)), f"{name} stands after {behind}"
                break
            last, behind = rank, name


def _http_bindings(subject: Subject) -> _Found:
    for binding in subject.definitions.all("binding"):
        if binding.element.find(_HTTP) is not None:
            yield str(binding.place), f"binding {binding.name} is for plain HTTP"


def _transport(subject: Subject) -> _Found:
    for binding in subject.definitions.all("binding"):
        for soap in SOAPS:
            said = binding.element.find(f"{{{soap}}}binding")
            if said is not None and said.get("transport", xml.SOAP_HTTP).rstrip("/").lower()[-4:] != "http":
                yield str(binding.place), f"binding {binding.name} has the transport {said.get('transport')}"


def _headers(subject: Subject) -> _Found:
    for bound in subject.bound():
        for header in bound.element.iter(f"{{{bound.soap}}}header"):
            found = subject.definitions.find("message", bound.binding, header, header.get("message", ""))
            parts = [] if found is None else found[1].element.findall(f"{_W}part")
            if not any(p.get("name") == header.get("part") for p in parts):
                said = f"message={header.get('message')} part={header.get('part')}"
                yield bound.place(header), f"the header {said} of operation {bound.name} is defined nowhere"


def _actions(subject: Subject) -> _Found:
    for bound in subject.bound():
        own = bound.element.find(f"{{{bound.soap}}}operation")
        if own is None or own.get("soapAction") is None:
            yield bound.place(), f"operation {bound.name} gives no soapAction"


def _addresses(subject: Subject) -> _Found:
    for port in subject.contract.ports:
        host = port.address.partition("://")[2].partition("/")[0].partition(":")[0]
        if port.address.startswith("http://") and not host.endswith((".invalid", "localhost")) and host != "127.0.0.1":
            yield str(port.place), f"port {port.name} is at {port.address}"


def _policies(subject: Subject) -> _Found:
    for source in subject.wsdls:
        for namespace in policies.NAMESPACES:
            for policy in source.root.iter(f"{{{namespace}}}Policy"):
                if next(policy.iterancestors(policy.tag), None) is not None:
                    continue
                named = [etree.QName(e).localname for e in policy.iter("*") if etree.QName(e).namespace != namespace]
                yield str(source.place(policy)), f"a policy asks for {', '.join(dict.fromkeys(named)) or 'nothing'}"


def _wsdl_imports_schema(subject: Subject) -> _Found:
    for source in subject.schemas.imported_as_wsdl:
        yield str(source.place(source.root)), f"{source.path.name} is a schema that a wsdl:import names"


RULES = (
    Rule("rpc-style", REFUSED, "Oracle Integration", "inbound services must be of style document", _rpc),
    Rule("encoded-use", REFUSED, "JAX-WS, .NET, WS-I R2706", "only literal bodies are read", _encoded),
    Rule("header-use", REFUSED, ".NET", "a header must be encoded as the body is", _header_use),
    Rule("soap-1.2-only", REFUSED, "Oracle Integration", "offer it by SOAP 1.1 too", _only_soap12),
    Rule(
        "attachments",
        REFUSED,
        "Oracle Integration",
        "put the content in the body, as MTOM where it is large",
        _attachments,
    ),
    Rule("backward", REFUSED, "every tool, WS-I R2303", "only one-way and request-response can be called", _backward),
    Rule("wrong-parts", REFUSED, "every tool, WS-I R2203, R2204", "its body has no form on the wire", _wrong_parts),
    Rule("several-parts", REFUSED, "Oracle Integration, .NET, WS-I R2201", "one body part is read", _several_parts),
    Rule("same-request", REFUSED, "JAX-WS, WS-I R2710", "a request does not tell which is meant", _same_request),
    Rule("case-only", REFUSED, "Oracle Integration", "give one another name", _case),
    Rule("overloaded", REFUSED, ".NET, JAX-WS, WS-I R2304", "give each a name of its own", _overloaded),
    Rule("order", REFUSED, "SAP", "the order is import, types, message, portType, binding, service", _order),
    Rule("http-binding", REFUSED, ".NET", "leave plain HTTP bindings out", _http_bindings),
    Rule("transport", REFUSED, "every tool, WS-I R2702", "only SOAP over HTTP is called", _transport),
    Rule("dangling-header", REFUSED, "zeep, JAX-WS", "define the message or leave the header out", _headers),
    Rule("wsdl-imports-schema", REFUSED, ".NET, WS-I R2001", "import schemas in types", _wsdl_imports_schema),
    Rule("soap-action", MINDED, "Oracle SOA, .NET, WS-I R2744", "give one, even an empty one", _actions),
    Rule("http-address", MINDED, "tools behind a TLS proxy", "publish the https address that callers use", _addresses),
    Rule("policy", NOTE, "JAX-WS, WCF, Oracle SOA", "callers must do it, or the policy must go", _policies),
)
