"""A contract for calls alone, for partners whose schemas zeep cannot read.

zeep 4.3 knows no xs:redefine, loses the names of nested chameleons and of types in no
namespace, and then refuses the whole WSDL. Bodies go through it as they are, so all it
needs is the operations and the names of their elements: this is a WSDL with just that.
The front, its validation and its samples keep the partner's own schemas.
"""

import warnings
from collections.abc import Collection
from pathlib import Path
from xml.sax.saxutils import quoteattr

import zeep
import zeep.exceptions
from lxml import etree

from jmswrap import xml
from jmswrap.contract.nouns import Operation, Port

_REFUSALS = (
    zeep.exceptions.Error,
    etree.LxmlError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What zeep 4.3.3 raises at a WSDL it cannot read: nearly anything."""


class _FilesOnly(zeep.Transport):
    encoding: Path
    """The copy of the schema that zeep asks for by its address even where the import names a file."""

    def load(self, url: str) -> bytes:
        """Return a file; an address is refused."""
        if url == xml.SOAP_ENCODING and self.encoding.is_file():
            return self.encoding.read_bytes()
        if "://" in url:
            raise OSError(f"{url} is not in the bundle")
        return Path(url).read_bytes()


def zeep_refusal(wsdl: Path, needed: Collection[str] = ()) -> str:
    """Return why zeep cannot read a local WSDL, or an operation of it that is needed; empty when it can."""
    transport = _FilesOnly()  # type: ignore[no-untyped-call]
    transport.encoding = wsdl.parent / "soap-encoding.xsd"
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            client = zeep.Client(str(wsdl.resolve()), transport=transport)  # type: ignore[no-untyped-call]
    except _REFUSALS as error:
        return " ".join(f"{type(error).__name__}: {error}".split())
    finally:
        transport.session.close()
    bindings = [b for definition in client.wsdl._definitions.values() for b in definition.bindings.values()]
    dropped = sorted(set(needed) - {name for binding in bindings for name in binding._operations})
    # zeep only warns of an operation whose reply, say, has a part that no schema declares, and forgets it.
    said = "; ".join(" ".join(str(warning.message).split()) for warning in heard[:1])
    return f"it drops operation {dropped[0]}: {said}" if dropped else ""


def calling_wsdl(namespace: str, port: Port) -> str:
    """Return the text of a WSDL that holds one port's operations and elements by name only."""
    return _Writer(namespace, port).text()


class _Writer:
    def __init__(self, namespace: str, port: Port) -> None:
        self.namespace = namespace
        self.port = port
        self.soap = "soap12" if port.soap_version == "1.2" else "soap"
        names = [n for o in port.usable for n in (o.element, o.reply_element, *o.headers) if n]
        self.elements: dict[str, dict[str, None]] = {}
        for name in names:
            self.elements.setdefault(name.rpartition("}")[0][1:], {})[name.rpartition("}")[2]] = None
        self.prefixes = {n: f"ns{i}" for i, n in enumerate((n for n in self.elements if n), 1)}

    def text(self) -> str:
        soap = xml.WSDL_SOAP_12 if self.soap == "soap12" else xml.WSDL_SOAP_11
        declared = "".join(f"\n    xmlns:{p}={quoteattr(n)}" for n, p in self.prefixes.items())
        parts = [
            *(self.messages(o) for o in self.port.usable),
            f"  <wsdl:portType name={quoteattr(self.port.port_type)}>",
            *(self.abstract(o) for o in self.port.usable),
            "  </wsdl:portType>",
            f'  <wsdl:binding name="Binding" type={quoteattr(f"tns:{self.port.port_type}")}>',
            f'    <{self.soap}:binding style="document" transport="{xml.SOAP_HTTP}"/>',
            *(self.bound(o) for o in self.port.usable),
            "  </wsdl:binding>",
            f"  <wsdl:service name={quoteattr(self.port.service)}>",
            f'    <wsdl:port name={quoteattr(self.port.name)} binding="tns:Binding">',
            f"      <{self.soap}:address location={quoteattr(self.port.address)}/>",
            "    </wsdl:port>\n  </wsdl:service>\n</wsdl:definitions>\n",
        ]
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<wsdl:definitions targetNamespace={quoteattr(self.namespace)}\n'
            f'    xmlns:wsdl="{xml.WSDL}" xmlns:{self.soap}="{soap}" xmlns:xs="{xml.XSD}"\n'
            f"    xmlns:tns={quoteattr(self.namespace)}{declared}>\n"
            "  <wsdl:documentation>Made by jmswrap for its calls: operations and the names of their elements, "
            "without the types.</wsdl:documentation>\n"
            f"  <wsdl:types>\n{self.schemas()}\n  </wsdl:types>\n" + "\n".join(parts)
        )

    def schemas(self) -> str:
        return "\n".join(
            "    <xs:schema"
            + (f" targetNamespace={quoteattr(namespace)}" if namespace else "")
            + ">"
            + "".join(f"\n      <xs:element name={quoteattr(n)}/>" for n in names)
            + "\n    </xs:schema>"
            for namespace, names in self.elements.items()
        )

    def part(self, name: str, element: str) -> str:
        namespace, _, local = element.rpartition("}")
        qname = f"{self.prefixes[namespace[1:]]}:{local}" if namespace else local
        return f"<wsdl:part name={quoteattr(name)} element={quoteattr(qname)}/>"

    def messages(self, operation: Operation) -> str:
        parts = {"In": [self.part("body", operation.element)]}
        if operation.reply_element:
            parts["Out"] = [self.part("body", operation.reply_element)]
        elif not operation.one_way:
            parts["Out"] = []
        if operation.headers:
            parts["Headers"] = [self.part(f"header{i}", h) for i, h in enumerate(operation.headers, 1)]
        return "\n".join(
            f"  <wsdl:message name={quoteattr(operation.name + kind)}>{''.join(inner)}</wsdl:message>"
            for kind, inner in parts.items()
        )

    def abstract(self, operation: Operation) -> str:
        answer = "" if operation.one_way else f"<wsdl:output message={quoteattr(f'tns:{operation.name}Out')}/>"
        return (
            f"    <wsdl:operation name={quoteattr(operation.name)}>"
            f"<wsdl:input message={quoteattr(f'tns:{operation.name}In')}/>{answer}</wsdl:operation>"
        )

    def bound(self, operation: Operation) -> str:
        body = f'<{self.soap}:body use="literal"/>'
        message = quoteattr(f"tns:{operation.name}Headers")
        headers = "".join(
            f'<{self.soap}:header message={message} part="header{i}" use="literal"/>'
            for i, _ in enumerate(operation.headers, 1)
        )
        answer = "" if operation.one_way else f"<wsdl:output>{body}</wsdl:output>"
        return (
            f"    <wsdl:operation name={quoteattr(operation.name)}>"
            f"<{self.soap}:operation soapAction={quoteattr(operation.soap_action)}/>"
            f"<wsdl:input>{headers}{body}</wsdl:input>{answer}</wsdl:operation>"
        )
