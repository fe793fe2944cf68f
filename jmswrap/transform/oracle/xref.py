"""The ``xref:`` functions, on whatever keeps the references.

A table is named by itself or by the address of its ``.xref`` file. Modes are upper case; ``ANY``, which
stylesheets in the wild use, is taken as ADD for a new row and LINK for one that is there.
"""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, Protocol

from lxml import etree

from jmswrap.errors import CrossReferenceError
from jmswrap.transform.oracle.namespaces import XREF
from jmswrap.transform.values import text, truth
from jmswrap.transform.xslt import Extensions


class References(Protocol):
    """What keeps cross-references, as one step of one message sees it. Raises CrossReferenceError."""

    def lookup(self, table: str, column: str, value: str, wanted: str) -> list[str]:
        """Return the values of a column in the row where another has the value."""

    def populated(self, table: str, column: str, value: str) -> list[tuple[str, str]]:
        """Return every (column, value) of that row."""

    def populate(self, table: str, reference: str, known: str, column: str, value: str, mode: str) -> str:
        """Write a value beside a known one; returns it."""

    def populate_or_look_up(self, table: str, reference: str, known: str, column: str, value: str, mode: str) -> str:
        """Write a value, or return the one that is there."""

    def populate_many(self, table: str, reference: str, known: str, column: str, value: str, mode: str) -> str:
        """Write one of several values of a column; returns it."""

    def delete(self, table: str, column: str, value: str) -> None:
        """Mark a value as deleted."""


def functions(current: Callable[[], References | None]) -> Extensions:
    """Return the functions; ``current`` gives the step's own references when one is called."""

    def references() -> References:
        found = current()
        if found is None:
            raise CrossReferenceError("no cross-references are configured; declare their tables in `cross_references`")
        return found

    def look_up(_: Any, table: Any, column: Any, value: Any, wanted: Any, needed: Any = False) -> str:
        found = references().lookup(_table(table), text(column), text(value), text(wanted))
        if len(found) > 1:
            raise CrossReferenceError(f"{_what(table, column, value)} has {len(found)} values of {text(wanted)}")
        if not found and truth(needed):
            raise CrossReferenceError(f"{_what(table, column, value)} has no {text(wanted)}")
        return found[0] if found else ""

    def look_up_many(_: Any, table: Any, column: Any, value: Any, wanted: Any, needed: Any = False) -> list[Any]:
        found = references().lookup(_table(table), text(column), text(value), text(wanted))
        if not found and truth(needed):
            raise CrossReferenceError(f"{_what(table, column, value)} has no {text(wanted)}")
        return [_element("value", one) for one in found]

    def populated_columns(_: Any, table: Any, column: Any, value: Any, needed: Any = False) -> list[Any]:
        found = references().populated(_table(table), text(column), text(value))
        if not found and truth(needed):
            raise CrossReferenceError(f"{_what(table, column, value)} is not there")
        # Stylesheets of the vendor's count its children: `…/column`.
        columns = etree.Element("columns")
        columns.extend(_element("column", one, name=name) for name, one in found)
        return [columns]

    def delete(_: Any, table: Any, column: Any, value: Any) -> bool:
        references().delete(_table(table), text(column), text(value))
        return True

    return {
        (XREF, "lookupXRef"): look_up,
        (XREF, "lookupXRef1M"): look_up_many,
        (XREF, "lookupPopulatedColumns"): populated_columns,
        (XREF, "markForDelete"): delete,
        (XREF, "populateXRefRow"): lambda _, *given: references().populate(*_six(given)),
        (XREF, "populateLookupXRefRow"): lambda _, *given: references().populate_or_look_up(*_six(given)),
        (XREF, "populateXRefRow1M"): lambda _, *given: references().populate_many(*_six(given)),
    }


def _six(given: tuple[Any, ...]) -> tuple[str, str, str, str, str, str]:
    if len(given) != 6:
        wanted = "table, column, value, column, value, mode"
        raise CrossReferenceError(f"an xref:populate… function takes six arguments ({wanted}), not {len(given)}")
    table, reference, known, column, value, mode = given
    return _table(table), text(reference), text(known), text(column), text(value), text(mode)


def _table(address: Any) -> str:
    return PurePosixPath(text(address)).name.removesuffix(".xref")


def _what(table: Any, column: Any, value: Any) -> str:
    return f"cross-reference table {_table(table)}: {text(column)} {text(value)!r}"


def _element(tag: str, content: str, **attributes: str) -> etree._Element:
    made = etree.Element(tag, attributes)
    made.text = content
    return made
