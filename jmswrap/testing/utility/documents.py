"""Documents: what an application knows of an object, as nested names and texts, and as XML."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from jmswrap import xml

Document = Mapping[str, Any]
"""By the local names of elements: a text, a truth, a number, a document, or a list of these."""

Flat = Mapping[str, tuple[str, ...]]
"""The texts of a document by path; several where an element is repeated."""

_OPEN = f'<s:Envelope xmlns:s="{xml.SOAP_11}"><s:Body>'.encode()
_CLOSE = b"</s:Body></s:Envelope>"
_DETAIL = '<o:Fault xmlns:o="http://ouaf.oracle.com/">'
MEDIA_TYPE = "text/xml; charset=utf-8"


def written(element: str, document: Document) -> bytes:
    """Return a document as an element, ``{namespace}local``, its children in the document's order."""
    namespace, _, local = element[1:].rpartition("}")
    return f'<{local} xmlns="{namespace}">{"".join(_children(document))}</{local}>'.encode()


def _children(document: Document) -> Iterator[str]:
    for name, value in document.items():
        for one in value if isinstance(value, list) else (value,):
            inside = "".join(_children(one)) if isinstance(one, Mapping) else escape(text(one))
            yield f"<{name}>{inside}</{name}>"


def text(value: Any) -> str:
    """Return a value as it stands in XML."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def moment(time_ms: int) -> str:
    """Return milliseconds since 1970 as a time in XML."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(element: etree._Element) -> dict[str, Any]:
    """Return an element's children as a document; what is repeated becomes a list."""
    found: dict[str, Any] = {}
    for child in element.iterchildren(etree.Element):
        name = etree.QName(child).localname
        value: Any = read(child) if len(child) else (child.text or "").strip()
        if name in found:
            earlier = found[name] if isinstance(found[name], list) else [found[name]]
            value = [*earlier, value]
        found[name] = value
    return found


def flat(document: Document, under: str = "") -> dict[str, tuple[str, ...]]:
    """Return every text of a document by its path."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in document.items():
        for one in value if isinstance(value, list) else (value,):
            path = f"{under}{name}"
            inner = flat(one, f"{path}/") if isinstance(one, Mapping) else {path: (text(one),)}
            for key, texts in inner.items():
                found[key] = (*found.get(key, ()), *texts)
    return found


def first(document: Document, path: str) -> str:
    """Return the first text at a path; empty when there is none."""
    here: Any = document
    for name in path.split("/"):
        here = here[0] if isinstance(here, list) else here
        if not isinstance(here, Mapping) or name not in here:
            return ""
        here = here[name]
    here = here[0] if isinstance(here, list) and here else here
    return "" if isinstance(here, Mapping | list) else text(here)


def many(document: Document, name: str) -> Sequence[Any]:
    """Return all there are of an element that may be repeated."""
    value = document.get(name, [])
    return value if isinstance(value, list) else [value]


def envelope(content: bytes) -> bytes:
    """Return a SOAP 1.1 envelope around a body's content."""
    return _OPEN + content + _CLOSE


def fault(code: str, reason: str, category: int, number: int) -> bytes:
    """Return an envelope with a SOAP fault whose detail is that of an OUAF inbound web service."""
    said = escape(reason)
    message = f"<Category>{category}</Category><Number>{number}</Number><Text>{said}</Text>"
    detail = f"<ResponseStatus>F</ResponseStatus><ResponseCode>1</ResponseCode><ResponseText>{said}</ResponseText>"
    detail += f"<ServerMessage>{message}</ServerMessage>"
    whole = f"<s:Fault><faultcode>s:{code}</faultcode><faultstring>{said}</faultstring>"
    whole += f"<detail>{_DETAIL}{detail}</o:Fault></detail></s:Fault>"
    return envelope(whole.encode())


def body(envelope_bytes: bytes) -> etree._Element | None:
    """Return the first child of an envelope's body; None when it is no envelope or has none."""
    try:
        root = etree.fromstring(envelope_bytes, xml.parser())
    except etree.XMLSyntaxError:
        return None
    inside = root.find(f"{{{xml.SOAP_11}}}Body")
    return None if inside is None else next(inside.iterchildren(etree.Element), None)
