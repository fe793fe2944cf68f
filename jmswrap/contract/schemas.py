"""Validate documents against a contract's own schemas, by libxml2.

A ``Schemas`` may be used by several threads. What it raises is a sentence with the line
in the document as it was sent.
"""

import re
import threading
from pathlib import Path

from lxml import etree

from jmswrap.contract.compiling import compiled, error_entries
from jmswrap.contract.documents import line_of, path_of
from jmswrap.contract.streaming import first_fault
from jmswrap.contract.wrappers import schema_set
from jmswrap.errors import InvalidDocument

_NAME = re.compile(r"\{([^}\s']*)\}([^\W\d][\w.\-]*)")
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (.*) \)\.")
_ANY = re.compile(r"##\w+(?:\{[^}]*\}\*)?|\{[^}]*\}\*")
_LONGEST = 500


class Schemas:
    """The compiled schemas of one contract."""

    def __init__(self, schema: etree.XMLSchema, elements: frozenset[str], warnings: tuple[str, ...] = ()) -> None:
        self.warnings = warnings
        self._schema = schema
        self._elements = elements
        # An XMLSchema keeps one error log: two threads validating at once would mix theirs.
        self._lock = threading.Lock()

    @classmethod
    def of(cls, wsdl: Path) -> "Schemas":
        """Compile the schemas of a local WSDL; ``ContractError`` when libxml2 cannot."""
        schemas = schema_set(wsdl)
        schema, warnings = compiled(schemas)
        return cls(schema, schemas.elements, warnings)

    @property
    def elements(self) -> frozenset[str]:
        """The names of all global elements."""
        return self._elements

    def describes(self, name: str) -> bool:
        """Whether ``{namespace}local`` is a global element of the schemas."""
        return name in self._elements

    def validate(self, element: etree._Element, expected: str, many: bool = False) -> None:
        """Check an element and what is in it; raise ``InvalidDocument`` for the first fault.

        The element may stand inside a larger document, such as an envelope. ``many`` says
        that it holds many elements: then the time stays in proportion, other threads are
        not kept waiting, and an xs:ID that stands twice is let pass (``streaming.py``).
        """
        if element.tag != expected:
            raise InvalidDocument(
                f"The body is {_spoken(str(element.tag))}, but {_spoken(expected)} is expected; send that element.",
                line_of(element),
                str(element.tag),
                path_of(element),
            )
        if many:
            fault = first_fault(self._schema, element)
            if fault is not None:
                raise _invalid(fault.message, line_of(fault.element), element, path_of(fault.element))
            return
        with self._lock:
            if self._schema.validate(element):
                return
            entry = next(iter(error_entries(self._schema.error_log)), None)
        if entry is None:
            raise InvalidDocument("The body does not fit the schema; correct it.", line_of(element), str(element.tag))
        raise _invalid(entry.message, entry.line, element, _path(entry.path, element))

    def unexpected(self, element: etree._Element) -> tuple[str, ...]:
        """Return the names of the elements that stand where the schemas expect none."""
        with self._lock:
            if self._schema.validate(element):
                return ()
            entries = error_entries(self._schema.error_log)
        told = [entry.message for entry in entries if "This element is not expected" in entry.message]
        return tuple(_element_at_fault(message, str(element.tag)) for message in told)


def _invalid(message: str, line: int, element: etree._Element, path: str) -> InvalidDocument:
    return InvalidDocument(plain_sentence(message), line, _element_at_fault(message, str(element.tag)), path)


def _path(told: str | None, element: etree._Element) -> str:
    """Return where the fault is; libxml2 tells it from the validated element on, with stars for default namespaces."""
    _, _, below = (told or "").lstrip("/").partition("/")
    prefixes = {prefix: uri for each in element.iter("*") for prefix, uri in each.nsmap.items() if prefix}
    try:
        found = element.xpath(below, namespaces=prefixes) if below else [element]
    except etree.XPathError:
        return ""
    return path_of(found[0]) if isinstance(found, list) and found and isinstance(found[0], etree._Element) else ""


def _element_at_fault(message: str, default: str) -> str:
    found = re.match(r"Element '([^']+)'", message)
    return found.group(1) if found else default


def _spoken(name: str) -> str:
    namespace, _, local = name.rpartition("}")
    return f"{local} of namespace {namespace[1:]}" if namespace else f"{local} without a namespace"


def plain_sentence(message: str) -> str:
    """Return libxml2's message as a sentence, with namespaces only where they matter.

    They matter when the offending name is also an expected one: then it is the
    namespace that is wrong.
    """
    message = " ".join(message.split())
    offender = _element_at_fault(message, "")
    wanted = _EXPECTED.search(message)
    names = [w.strip() for w in wanted.group(1).split(",")] if wanted else []
    if offender.rpartition("}")[2] in {w.rpartition("}")[2] for w in names}:
        plain = message.replace(f"'{offender}'", _spoken(offender), 1)
        names = [_spoken(w) for w in names]
    else:
        plain = _NAME.sub(r"\2", message)
        names = [_ANY.sub("any other element", _NAME.sub(r"\2", w)) for w in names]
    plain = re.sub(r"^Element '?([^']+?)'?: This element is not expected\.", r"Element \1 is not expected here.", plain)
    plain = re.sub(r"^Element '([^']+)'(?:, attribute '([^']+)')?:(?: \[facet '[^']+'\])?", _subject, plain)
    plain = re.sub(r"is not an element of the set \{(.*)\}\.$", r"is not one of \1.", plain)
    if wanted:
        plain = f"{plain.partition('. Expected is')[0].partition('(s)')[0]}; expected is {' or '.join(names)}."
    plain = plain.replace("'", '"')
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def _subject(found: re.Match[str]) -> str:
    return f"Element {found.group(1)}{f', attribute {found.group(2)}' if found.group(2) else ''}:"
