"""Read the body of a request or a reply: one element of the schemas, or one to be derived.

document/literal with one element part is taken as it is. For rpc/literal, rpc/encoded and
document/literal with no part or several, an element is derived (``wrappers.py``), so that
every service that is published is document/literal.
"""

from dataclasses import dataclass

from lxml import etree

from jmswrap import xml
from jmswrap.contract.definitions import Definition
from jmswrap.contract.documents import qualified
from jmswrap.contract.nouns import DOCUMENT, ENCODED, LITERAL, PARTS, RPC, Body, Part, Place, free_name

_PART = "body"


@dataclass(frozen=True, slots=True)
class BodyRead:
    """What a body is, or why it cannot be taken."""

    element: str = ""
    use: str = LITERAL
    problem: str = ""
    part: str = ""
    derived: Body | None = None


def body_parts(message: Definition, soap_body: etree._Element | None, taken: set[str]) -> list[etree._Element]:
    """Return the parts of a message that stand in the body: those named, else those in no header."""
    parts = message.element.findall(f"{{{xml.WSDL}}}part")
    if soap_body is not None and soap_body.get("parts") is not None:
        named = (soap_body.get("parts") or "").split()
        return [p for p in parts if p.get("name") in named]
    return [p for p in parts if p.get("name") not in taken]


def read_body(
    message: Definition,
    parts: list[etree._Element],
    soap_body: etree._Element | None,
    style: str,
    home: str,
    name: str,
    reply: bool,
    place: Place,
) -> BodyRead:
    """Return what a body is; ``home`` is the namespace of the binding, ``name`` the operation's."""
    use = LITERAL if soap_body is None else soap_body.get("use", LITERAL)
    if use == ENCODED and style == DOCUMENT:
        said = f"operation {name} is document/encoded (soap:body use=encoded), which no profile allows"
        return BodyRead(use=use, problem=f"{place}: {said}; make it document/literal.")
    found = [_part(message, part) for part in parts]
    wants, lacks = ("type", "an element") if style == RPC else ("element", "a type")
    wrong = next((p for p in found if not getattr(p, wants)), None)
    if wrong is not None:
        where = message.source.place(parts[found.index(wrong)])
        said = f"operation {name} is {style}/{use}, and its part {wrong.name} has {lacks} instead of {_a(wants)}"
        return BodyRead(use=use, problem=f"{where}: {said}; correct the part.")
    if style == DOCUMENT and len(found) == 1:
        return BodyRead(found[0].element, use, part=found[0].name)
    local = f"{name}Response" if reply else name
    namespace = _namespace(soap_body, style, home)
    wrapper = f"{{{namespace}}}{local}" if namespace else local
    if reply and not found and style == DOCUMENT:
        return BodyRead()
    form = PARTS if style == DOCUMENT else ENCODED if use == ENCODED else RPC
    body = Body(form, wrapper, "" if form == PARTS else wrapper, tuple(found))
    return BodyRead(wrapper, use, part=_free_part(message, parts), derived=body)


def _free_part(message: Definition, parts: list[etree._Element]) -> str:
    """Return a name for the derived part that no part outside the body, in a header say, has."""
    others = [p for p in message.element.findall(f"{{{xml.WSDL}}}part") if p not in parts]
    return free_name(_PART, {p.get("name", "").casefold() for p in others})


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _namespace(soap_body: etree._Element | None, style: str, home: str) -> str:
    """Return the wrapper's namespace; where rpc gives none, the binding's, as most tools read it."""
    said = None if soap_body is None or style != RPC else soap_body.get("namespace")
    return home if said is None else said.strip()


def _part(message: Definition, part: etree._Element) -> Part:
    element, kind = (
        qualified(part, part.get(a, ""), message.source) if part.get(a) else "" for a in ("element", "type")
    )
    return Part(part.get("name", ""), element, kind)
