"""What tools, and the kit's scripts that drive them, cannot do: each looked into, each said in a sentence."""

import re

from tests.interop.playing import Cell

_UNQUALIFIED = r"Element \w+ without a namespace is not expected here"
_REFERRED = (
    "writes an element that is referred to (`ref`) without its namespace where the schema's local elements have none; "
    "the schema is the partner's, unchanged."
)
_OPEN = (
    "Imported; the request must hold something that the contract leaves open (`xs:any`), which the JSON of the kit's "
    "scripts cannot say."
)
_LIMITS: tuple[tuple[str, str, str], ...] = (
    (
        "mono",
        r"Types '(\w+?)\d*' and '\1\d*' both use the XML type name",
        "Mono's `wsdl` makes a second class of a type that stands in a header (a plain string, or one that bodies have "
        "as well), and its serializer then refuses both: the partner declares such a header.",
    ),
    (
        "mono",
        r"is already present in the current scope",
        "Imported; Mono's serializer refuses a type of the partner's in which one element may stand in two places.",
    ),
    (
        "mono",
        r"Client \| The Body is empty",
        "Imported; where a request has one member, repeated, .NET makes the parameter an array of it, which the kit's "
        "script does not fill.",
    ),
    (
        "jaxws",
        r"it's java reserved word",
        "JAX-WS RI leaves out an operation whose name is a word of Java (`Do`), until a binding file names it anew.",
    ),
    (
        "jaxws",
        r"methods with same signature getEndpointReference",
        "Imported; the partner has an operation `GetEndpointReference`, which is a method that every JAX-WS proxy has: "
        "a binding file must name it anew.",
    ),
    (
        "jaxws",
        r"NoSuchMethodException: javax\.activation\.DataHandler|W3CEndpointReference with modifiers",
        "Imported; the request holds bytes of a declared media type, or a WS-Addressing reference: JAX-WS has classes "
        "of its own for these (`DataHandler`, `W3CEndpointReference`), which the kit's script cannot make.",
    ),
    (
        "node",
        r"fn is not a function",
        "Imported; where a service is called like its operation, node soap has that name for the service "
        "(`client.Service.Port.operation` works); the kit's script asks for the operation only.",
    ),
    (
        "node",
        r"Element Address of namespace \S+/b-2 is not expected",
        "node soap writes the members of a type of another namespace (here of WS-Addressing) in that of the element.",
    ),
    ("php", _UNQUALIFIED, "PHP " + _REFERRED),
    ("gsoap", _UNQUALIFIED, "gSOAP " + _REFERRED),
    ("php", r"object has no 'any' property", _OPEN),
    ("zeep", r"Signature: `_value_1: ANY`", _OPEN),
    ("gsoap", r"Signature: `_value_1: ANY`", _OPEN),
    ("mono", r"InvalidCastException: Specified cast is not valid", _OPEN),
    (
        "soaplite",
        r"Unresolved \(wrong\?\) href",
        "SOAP::Lite takes the links in a WSDL's documentation (`<a href>`) for references of SOAP's encoding.",
    ),
    (
        "lint",
        r"has no corresponding namespace declaration in scope",
        "The script loses prefixes that only single elements declare when it takes the schemas out of the WSDL; the "
        "other three validators agree.",
    ),
    (
        "lint",
        r"XMLSchemaParseError: unknown type",
        "xmlschema reads a WSDL's schemas one after the other, and two of the partner's need each other; the other "
        "three validators agree.",
    ),
    (
        "gsoap",
        r"no stub for \w+",
        "gSOAP takes one-way operations and makes a `soap_send_…` function for them; the kit's script calls "
        "`soap_call_…` only.",
    ),
    (
        "soaplite",
        "No operation of .* takes|the body is|no namespace",
        "SOAP::Lite reads no types: it names the body after the operation, in the WSDL's namespace, which is another "
        "element here.",
    ),
    (
        "soaplite",
        r"is required but missing|FAULT soap:Client",
        "SOAP::Lite reads no types: what it sends is by hand, and says neither `xsi:type` nor attributes of the body.",
    ),
    (
        "suds",
        r"unexpected keyword argument '_",
        "suds has no way to set an attribute of the body element.",
    ),
    (
        "mono",
        "Invalid or missing value of the choice identifier|Invalid IL code",
        "Imported; .NET writes a choice as `Item` with `ItemElementName`: the kit's script does not fill in the name, "
        "or Mono's serializer for it is not sound.",
    ),
    (
        "lint",
        r"must be existent if the importing schema has no target namespace|invalid syntax was found within element",
        "The script does not take a schema without a target namespace that imports others, or IBM API Connect's "
        "importer does not take a type of the partner's.",
    ),
    (
        "lint",
        r"missing soap:binding element for WsdlBinding",
        "xmlschema knows SOAP 1.1 bindings only, and these WSDLs offer SOAP 1.2 as well; the other three validators "
        "agree.",
    ),
)
"""Toolchain, pattern in what it said, sentence."""

_DERIVED = (
    "Imported; not called, because the request needs types derived from the declared ones (`xsi:type`), which the JSON "
    "of the kit's scripts cannot say."
)


def limit_of(cell: Cell) -> str:
    """Return the sentence for a cell that did not pass, or nothing when it is not a known limit."""
    if cell.imported and cell.calls and cell.derived:
        return _DERIVED
    text = f"{cell.trouble}\n{cell.text}"
    return next((said for tool, seen, said in _LIMITS if cell.tool == tool and re.search(seen, text)), "")
