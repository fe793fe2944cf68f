"""Inline schemas as text that stands in another WSDL: in order of dependency, prefixes intact.

Text, because lxml drops a prefix that only attribute values use when it moves an element
below one that knows the namespace by another prefix.
"""

import re
from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.contract.documents import DEFINITIONS, IMPORT, local, schema_references
from jmswrap.contract.schemaset import Chunk, SchemaSet, referred_namespaces

_BARE_USE = re.compile(r"""<[A-Za-z_][\w.\-]*[\s/>]|(?:type|base|ref|itemType|substitutionGroup)=["'][^:"']+["']""")
_DECLARATION = re.compile(r"""\sxmlns:([\w.\-]+)=("[^"]*"|'[^']*')""")


def inline_texts(schemas: SchemaSet) -> list[str]:
    """Return the inline schemas of a contract, each after those it refers to."""
    wsdls = {c.source.path for c in schemas.chunks if c.source.root.tag == DEFINITIONS}
    chunks = [c for c in schemas.chunks if c.inline]
    return list(dict.fromkeys(_text(c, wsdls) for c in _ordered(chunks)))


def _ordered(chunks: list[Chunk]) -> list[Chunk]:
    done: dict[int, Chunk] = {}
    entered: set[int] = set()

    def place(chunk: Chunk) -> None:
        if id(chunk.schema) in entered:
            return
        entered.add(id(chunk.schema))
        needed = referred_namespaces(chunk.schema) | {e.get("namespace", "") for e in chunk.schema.findall(IMPORT)}
        for other in chunks:
            if other.namespace in needed and other.namespace != chunk.namespace:
                place(other)
        done[id(chunk.schema)] = chunk

    for chunk in chunks:
        place(chunk)
    return list(done.values())


def _text(chunk: Chunk, wsdls: set[Path]) -> str:
    schema = etree.fromstring(xml.standalone(chunk.schema), xml.parser())
    for reference in schema_references(schema):
        if local(chunk.source.path, reference.location) in wsdls:
            # What stood in another WSDL stands beside this schema now.
            del reference.element.attrib[reference.attribute]
    return _pruned(etree.tostring(schema, encoding="unicode"))


def _pruned(text: str) -> str:
    """Return the text without the declarations of its first tag that nothing in it uses.

    An unused declaration is not harmless: gSOAP turns to SOAP 1.2 at the sight of one.
    """
    end = _end_of_tag(text)
    start, rest = text[:end], text[end:]
    bare = _DECLARATION.sub("", start) + rest

    def kept(found: re.Match[str]) -> str:
        used = re.search(rf"(?<![\w.\-]){re.escape(found.group(1))}:(?!//)", bare)
        return found.group(0) if used else ""

    return _default_pruned(_DECLARATION.sub(kept, start), rest)


def _default_pruned(start: str, rest: str) -> str:
    """Drop WSDL's namespace as the default one, which a prefixed schema only inherits by accident."""
    used = _BARE_USE.search(start + rest)
    return (start if used else start.replace(f' xmlns="{xml.WSDL}"', "", 1)) + rest


def _end_of_tag(text: str) -> int:
    quote = ""
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == ">":
            return index
    return len(text)
