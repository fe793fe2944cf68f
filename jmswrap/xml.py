"""XML words everybody uses: a parser that trusts nobody, names, and canonical hashes."""

import codecs
import hashlib
import re
from typing import Any

from lxml import etree

WSDL = "http://schemas.xmlsoap.org/wsdl/"
XSD = "http://www.w3.org/2001/XMLSchema"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
ENVELOPES = {"1.1": SOAP_11, "1.2": SOAP_12}
WSDL_SOAP_11 = "http://schemas.xmlsoap.org/wsdl/soap/"
WSDL_SOAP_12 = "http://schemas.xmlsoap.org/wsdl/soap12/"
SOAP_HTTP = "http://schemas.xmlsoap.org/soap/http"
WSA_10 = "http://www.w3.org/2005/08/addressing"
WSA_0408 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSA = (WSA_10, WSA_0408)
WSA_ANONYMOUS = {WSA_10: f"{WSA_10}/anonymous", WSA_0408: f"{WSA_0408}/role/anonymous"}
"""The address that means the connection on which a request came."""
WSA_NONE = f"{WSA_10}/none"
"""The address of who does not want to hear."""
XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
"""Of ``xml:lang`` and its like."""
SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
"""Of SOAP 1.1, section 5."""
XSI = "http://www.w3.org/2001/XMLSchema-instance"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSSE_SECURITY = f"{{{WSSE}}}Security"
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be"))
_PLACES = re.compile(r", line \d+, column \d+|\s*\(<string>(?:, line \d+)?\)$")


def parser(charset: str = "") -> etree.XMLParser:
    """Return a parser that resolves no entity, loads no DTD and opens no address.

    A ``charset`` goes before what a document says of itself. A parser object is not safe
    for several threads at once: make one a thread.
    """
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        encoding=charset or None,
    )


def charset_of(raw: bytes, named: str) -> str:
    """Return the charset to read a document in: a byte order mark goes before HTTP and MIME (RFC 7303 §3.3)."""
    if raw[:1] == b"\0":
        # libxml2 takes UTF-16 without a mark for the other order.
        return "utf-16be" if named.lower() == "utf-16" else named
    return next((known for mark, known in _BYTE_ORDER_MARKS if raw.startswith(mark)), named)


def complaint(error: Exception) -> str:
    """Return what a parser says is wrong, on one line and without the places, which stand elsewhere."""
    return " ".join(_PLACES.sub("", str(error)).split()).rstrip(".")


def parsed(content: bytes, reader: etree.XMLParser) -> etree._Element:
    """Return the root of a document that somebody else wrote; XMLSyntaxError when it is no XML with namespaces.

    lxml forgets what libxml2 found wrong with the namespaces when a warning came after it: names with a colon in
    them would then be in no namespace.
    """
    root = etree.fromstring(content, reader)
    wrong = next((entry for entry in reader.error_log if entry.level >= etree.ErrorLevels.ERROR), None)
    if wrong is not None:
        told = (" ".join(wrong.message.split()), wrong.type, wrong.line, wrong.column)
        raise etree.XMLSyntaxError(*told)  # type: ignore[call-arg]  # the stubs know of no arguments
    return root


def has_doctype(root: etree._Element) -> bool:
    """Tell whether a document has a DOCTYPE, which SOAP and we forbid."""
    info: Any = root.getroottree().docinfo
    return info.internalDTD is not None or bool(info.doctype)


def standalone(element: etree._Element) -> bytes:
    """Return the element as UTF-8 bytes that stand alone, declaring every namespace in scope.

    ``tostring`` writes the declarations of the ancestors too, so that names in content
    (``xsi:type="p:Person"``) keep their meaning.
    """
    return etree.tostring(element, encoding="utf-8", with_tail=False)


def undeclared(document: bytes) -> bytes:
    """Return a document without its XML declaration, which may not stand inside another one."""
    return document[document.index(b"?>") + 2 :].lstrip() if document.startswith(b"<?xml") else document


def entries(container: bytes) -> list[etree._Element]:
    """Return the elements inside a document, each declaring every namespace in scope; XMLSyntaxError.

    lxml moves an element with the namespaces of its names only: ``xsi:type="p:Person"`` would lose its ``p``.
    """
    root = etree.fromstring(container, parser())
    return [etree.fromstring(standalone(child), parser()) for child in root.iterchildren(etree.Element)]


def canonical_hash(element: etree._Element) -> str:
    """Return the SHA-256 of the element in exclusive canonical form (W3C xml-exc-c14n)."""
    return hashlib.sha256(etree.tostring(element, method="c14n", exclusive=True)).hexdigest()


def same_document(one: bytes, other: bytes) -> bool:
    """Tell whether two serialisations are one document: equal in exclusive canonical form.

    Prefixes that only values use (``xsi:type``) must be the same text to be equal. What is not
    XML, or not any more, is the same as nothing.
    """
    try:
        first, second = (etree.fromstring(document, parser()) for document in (one, other))
    except etree.XMLSyntaxError:
        return False
    return canonical_hash(first) == canonical_hash(second)
