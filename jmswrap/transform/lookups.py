"""What a stylesheet looked up: each call of a function that asks or writes something outside the document."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from jmswrap.errors import JmswrapError
from jmswrap.transform.oracle.namespaces import AIA, BUS_DVM, DVM, ORA, XREF
from jmswrap.transform.values import text
from jmswrap.transform.xslt import Extensions

_PREFIXES = {DVM: "dvm", BUS_DVM: "dvm", XREF: "xref", AIA: "aia", ORA: "ora"}
_VALUES = ((DVM, "lookupValue"), (BUS_DVM, "lookupValue"))
_DEFAULT_AT = 4
"""Where `dvm:lookupValue` has its default, after address, column, value and column."""
_NO_ROW = "\0no row"


@dataclass(frozen=True, slots=True)
class LookUp:
    """One call and what came of it."""

    function: str
    """With its usual prefix: `dvm:lookupValue`."""
    arguments: tuple[str, ...]
    answer: str
    """The value; several are joined. What was wrong, when it failed."""
    outcome: str
    """`hit`, `miss`, `written` or `failed`."""


Watch = Callable[[LookUp], None]
"""Is told of every call."""


def watched(functions: Extensions, watch: Watch) -> Extensions:
    """Return the functions, of which those that look something up tell the watch."""
    return {name: _watched(name, function, watch) if _looks(name) else function for name, function in functions.items()}


def _looks(name: tuple[str, str]) -> bool:
    namespace, local = name
    return namespace in (DVM, BUS_DVM, XREF, AIA) or (namespace == ORA and local == "getPreference")


def _watched(name: tuple[str, str], function: Callable[..., Any], watch: Watch) -> Callable[..., Any]:
    shown = f"{_PREFIXES[name[0]]}:{name[1]}"

    def call(context: Any, *given: Any) -> Any:
        told = tuple(_said(one) for one in given)
        asked = given
        if name in _VALUES and len(given) > _DEFAULT_AT:
            # The default may be a value that the map has, too: another one shows which of them it was.
            asked = (*given[:_DEFAULT_AT], _NO_ROW, *given[_DEFAULT_AT + 1 :])
        try:
            answer = function(context, *asked)
        except JmswrapError as error:
            watch(LookUp(shown, told, str(error), "failed"))
            raise
        missed = answer == _NO_ROW
        answer = text(given[_DEFAULT_AT]) if missed else answer
        watch(LookUp(shown, told, _said(answer), _outcome(name[1], answer, missed)))
        return answer

    return call


def _outcome(function: str, answer: Any, missed: bool) -> str:
    if function.startswith("populate") or function == "markForDelete":
        return "written"
    found = not missed and bool(answer) and any(len(one) or one.text for one in _elements(answer))
    return "hit" if found or (isinstance(answer, str) and answer and not missed) else "miss"


def _elements(answer: Any) -> list[etree._Element]:
    return answer if isinstance(answer, list) else []


def _said(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(one, etree._Element) for one in value):
        return ", ".join(_node(one) for one in value)
    return text(value)


def _node(node: etree._Element) -> str:
    if len(node) and node.getparent() is None:
        return ", ".join(f"{child.get('name') or child.tag}={text(child)}" for child in node)
    return text(node)
