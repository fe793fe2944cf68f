"""The files of a local contract: parsed safely, with what they import and include.

Nothing here opens an address: a reference to one is either a well-known schema that
jmswrap ships, or is left to the caller to complain about.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree

from jmswrap import xml
from jmswrap.contract.nouns import Place
from jmswrap.errors import ContractError

DEFINITIONS = f"{{{xml.WSDL}}}definitions"
WSDL_IMPORT = f"{{{xml.WSDL}}}import"
SCHEMA = f"{{{xml.XSD}}}schema"
IMPORT = f"{{{xml.XSD}}}import"
INCLUDE = f"{{{xml.XSD}}}include"
REDEFINE = f"{{{xml.XSD}}}redefine"
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+)?html[\s/>]", re.IGNORECASE)
_TEXT = re.compile(rb"\w")
_TEXT_SHOWN = 60
CALLS_ONLY = ".calls.wsdl"
"""Ends the name of a contract for calls alone."""
MOST_FILES = 1000
"""No contract has more files than this; an endless chain of includes does."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in a document that names another document."""

    element: etree._Element
    attribute: str
    location: str

    @property
    def namespace(self) -> str:
        """The namespace an import says it brings."""
        return self.element.get("namespace", "")


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file."""

    path: Path
    root: etree._Element

    def place(self, element: etree._Element) -> Place:
        """Return where an element of this file stands."""
        return Place(self.path, line_of(element))


def line_of(element: etree._Element) -> int:
    """Return the line an element begins on, 0 when it was not parsed from a text."""
    line: Any = element.sourceline
    return int(line or 0)


def path_of(element: etree._Element) -> str:
    """Return where an element stands, in local names for a person: ``/Envelope/Body/Place/item[2]``."""
    steps = []
    each: etree._Element | None = element
    while each is not None:
        parent = each.getparent()
        number = sum(1 for _ in each.itersiblings(each.tag, preceding=True)) + 1
        is_one_of_many = number > 1 or next(each.itersiblings(each.tag), None) is not None
        local = etree.QName(each).localname
        steps.append(f"{local}[{number}]" if parent is not None and is_one_of_many else local)
        each = parent
    return "/" + "/".join(reversed(steps))


def parse(content: bytes, name: str) -> etree._Element:
    """Return the root of a WSDL or schema document; ``name`` is what errors call it."""
    try:
        root = xml.parsed(content, xml.parser())
    except etree.XMLSyntaxError as error:
        if _PAGE.match(content):
            raise ContractError(_page(name)) from error
        if _TEXT.match(content):
            said = content[:_TEXT_SHOWN].decode("utf-8", "replace").split("\n")[0].strip()
            raise ContractError(f"{name} is no XML, it says `{said}`; give the WSDL itself, often at ?wsdl.") from error
        sentence = f"{name}:{error.lineno or 0} is not well-formed XML ({error.msg}); correct the file."
        raise ContractError(sentence) from error
    if _PAGE.match(content):
        raise ContractError(_page(name))
    if xml.has_doctype(root):
        raise ContractError(f"{name} has a DOCTYPE, which jmswrap never reads; remove it and what it declares.")
    if root.tag not in (DEFINITIONS, SCHEMA):
        raise ContractError(f"{name} begins with <{root.tag}>; a WSDL 1.1 definitions or an XSD schema is needed.")
    return root


def _page(name: str) -> str:
    """Return what to say of a Web page: a log-in form, or the page that links to the WSDL."""
    return f"{name} is an HTML page, not a WSDL; open it in a browser and save the WSDL itself, often at ?wsdl."


def load(path: Path) -> Source:
    """Return a file of a contract, parsed."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path} cannot be read ({error.strerror}); check the path.") from error
    return Source(path, parse(content, str(path)))


def inline_schemas(root: etree._Element) -> list[etree._Element]:
    """Return the schemas of a document: itself, or those in a WSDL's types."""
    return [root] if root.tag == SCHEMA else root.findall(f"{{{xml.WSDL}}}types/{SCHEMA}")


def references(root: etree._Element) -> Iterator[Reference]:
    """Return every reference to another document, in document order."""
    if root.tag == DEFINITIONS:
        for element in root.findall(WSDL_IMPORT):
            if location := element.get("location", "").strip():
                yield Reference(element, "location", location)
    for schema in inline_schemas(root):
        yield from schema_references(schema)


def schema_references(schema: etree._Element) -> Iterator[Reference]:
    """Return the imports, includes and redefinitions of a schema that have a location.

    The schema of schemas is not among them: everybody has it, and nobody needs it to read others.
    """
    for element in schema.iterchildren(IMPORT, INCLUDE, REDEFINE):
        location = element.get("schemaLocation", "").strip()
        if location and element.get("namespace") != xml.XSD:
            yield Reference(element, "schemaLocation", location)


def local(base: Path, location: str) -> Path | None:
    """Return the file that a location in ``base`` means; none when it is an address."""
    parts = urlsplit(location.strip().replace("\\", "/"))
    return None if parts.scheme else Path(base.parent, unquote(parts.path)).resolve()


def with_types(wsdl: Path) -> Path:
    """Return the partner's own WSDL in place of one for calls alone, which lies beside it (``calling.py``)."""
    stem = wsdl.name.removesuffix(CALLS_ONLY) if wsdl.name.endswith(CALLS_ONLY) else ""
    while stem:
        own = wsdl.with_name(f"{stem}.wsdl")
        if own.is_file():
            return own
        stem = stem.rpartition(".")[0]  # one of several has its service's name there
    return wsdl


def wsdl_sources(wsdl: Path) -> list[Source]:
    """Return a WSDL and every document it imports by wsdl:import, the root first.

    Some name a schema there, as the standard's own examples did.
    """
    found: dict[Path, Source] = {}
    waiting = [wsdl.resolve()]
    while waiting:
        path = waiting.pop(0)
        if path in found:
            continue
        if len(found) >= MOST_FILES:
            raise ContractError(f"{wsdl} imports more than {MOST_FILES} files; it looks endless, so it is not read.")
        source = load(path)
        found[path] = source
        waiting += _imported(source) if source.root.tag == DEFINITIONS else []
    first = next(iter(found.values()))
    if first.root.tag != DEFINITIONS:
        raise ContractError(f"{wsdl} is a schema, not a WSDL; give the WSDL 1.1 file that describes the service.")
    return list(found.values())


def _imported(source: Source) -> list[Path]:
    paths = []
    for element in source.root.findall(WSDL_IMPORT):
        location = element.get("location", "").strip()
        path = local(source.path, location) if location else None
        if location and path is None:
            place = source.place(element)
            raise ContractError(f"{place} imports {location}, which is no local file; pin the contract first.")
        if path is not None:
            paths.append(path)
    return paths


def qualified(element: etree._Element, name: str, source: Source) -> str:
    """Return a QName written in a document as ``{namespace}local``."""
    prefix, _, rest = name.strip().rpartition(":")
    namespace = element.nsmap.get(prefix or None)
    if prefix and namespace is None:
        raise ContractError(f"{source.place(element)} uses the prefix {prefix}:, which is not declared; declare it.")
    return f"{{{namespace}}}{rest}" if namespace else rest
