"""What tools, and the kit's scripts that drive them, cannot do: each looked into, each said in a sentence."""

import re

from tests.interop.playing import Cell

_LIMITS: tuple[tuple[str, str, str], ...] = (
    (
        "mono",
        "Types 'string1' and 'string' both use the XML type name",
        "Mono's `wsdl` makes a class of a header element that is a plain string, and its serializer then refuses it: "
        "the partner declares such a header.",
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
