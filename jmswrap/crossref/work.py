"""What one step of one message does to cross-references: a transaction of its own.

Writes are visible to the step at once, and to others when it ends well. What a step wrote is
noted by message, step and number of the call: done again (a retry, a worker that died), the step
gets the answers it got and writes nothing.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from jmswrap import clock
from jmswrap.crossref.tables import DATA, DELETED, DONE
from jmswrap.errors import CrossReferenceError


@dataclass(frozen=True, slots=True)
class _Asked:
    """One call of a populate function."""

    table: str
    reference: str
    known: str
    column: str
    value: str
    mode: str

    @property
    def question(self) -> tuple[str, ...]:
        """What tells whether it was asked before. Not the value: a step that is done again makes a new GUID."""
        return self.table, self.reference, self.known, self.column, self.mode

    def __str__(self) -> str:
        return f"{self.mode} of {self.column} {self.value!r} for {self.reference} {self.known!r} in {self.table}"


@dataclass(slots=True)
class Work:
    """The references as one step sees them. Methods raise CrossReferenceError for what cannot be done."""

    message_id: str
    """Empty: nothing is noted (and whoever opened this rolls back)."""
    step: str
    columns: Callable[[str], tuple[str, ...]]
    """The columns of a table by its name. Raises CrossReferenceError."""
    reading: Callable[[], Connection]
    """A connection to read with: that of the transaction, once it has begun."""
    writing: Callable[[], Connection]
    """The transaction's connection; begins it when it has not."""
    calls: int = 0

    def lookup(self, table: str, column: str, value: str, wanted: str) -> list[str]:
        """Return the values of a column in the row where another has the value."""
        self._look(table, column, wanted)
        _not_empty(table, column, value)
        row = self._row(self.reading(), table, column, value)
        return [] if row is None else self._values(self.reading(), table, row, wanted)

    def populated(self, table: str, column: str, value: str) -> list[tuple[str, str]]:
        """Return every (column, value) of the row where a column has the value."""
        self._look(table, column)
        _not_empty(table, column, value)
        row = self._row(self.reading(), table, column, value)
        if row is None:
            return []
        found = dict(self._all(self.reading(), table, row))
        return [(name, found[name]) for name in self.columns(table) if name in found]

    def populate(self, table: str, reference: str, known: str, column: str, value: str, mode: str) -> str:
        """Write a value beside a known one, as `xref:populateXRefRow` says; returns it."""
        asked = _Asked(table, reference, known, column, value, mode)
        return self._noted(asked.question, lambda: self._put(asked))

    def populate_or_look_up(self, table: str, reference: str, known: str, column: str, value: str, mode: str) -> str:
        """Do the same, but return the value that is there already."""
        asked = _Asked(table, reference, known, column, value, mode)

        def put() -> str:
            _, there = self._state(asked)
            return there[0] if there else self._put(asked)

        return self._noted((*asked.question, "or"), put)

    def populate_many(self, table: str, reference: str, known: str, column: str, value: str, mode: str) -> str:
        """Write one of several values of a column, as `xref:populateXRefRow1M` says; returns it."""
        asked = _Asked(table, reference, known, column, value, mode)

        def put() -> str:
            _need(mode in ("ADD", "LINK"), f"{asked}: a column of several values knows the modes ADD and LINK")
            return self._put(asked, many=True)

        # The value belongs to what was asked: one step may write several.
        return self._noted((*asked.question, value), put)

    def delete(self, table: str, column: str, value: str) -> None:
        """Move a value to what was deleted; the last one left in its row goes with it."""

        def remove() -> str:
            self._look(table, column)
            _not_empty(table, column, value)
            self._remove(table, column, value)
            return ""

        self._noted((table, column, value, "delete"), remove)

    def _noted(self, asked: tuple[str, ...], do: Callable[[], str]) -> str:
        self.calls += 1
        if not self.message_id:
            return do()
        connection, question = self.writing(), json.dumps(asked, ensure_ascii=False)
        mine = (DONE.c.message_id == self.message_id) & (DONE.c.step == self.step) & (DONE.c.call == self.calls)
        found = connection.execute(select(DONE.c.asked, DONE.c.answer).where(mine)).first()
        if found is not None and found.asked == question:
            return str(found.answer)
        answer = do()
        connection.execute(delete(DONE).where(mine))
        connection.execute(
            insert(DONE).values(
                message_id=self.message_id, step=self.step, call=self.calls, asked=question, answer=answer,
                done_ms=clock.wall_ms(),
            )
        )  # fmt: skip
        return answer

    def _put(self, asked: _Asked, many: bool = False) -> str:
        row, there = self._state(asked)
        mode = asked.mode
        if mode == "ANY":
            mode = "ADD" if row is None else "LINK"
        if mode == "ADD":
            _need(row is None, f"{asked}: {asked.reference} {asked.known!r} is there already; use LINK or UPDATE")
            self._add(asked)
        elif row is None:
            _need(mode not in ("LINK", "UPDATE"), f"{asked}: {asked.reference} {asked.known!r} is not there; use ADD")
            raise CrossReferenceError(f"{asked}: the modes are ADD, LINK and UPDATE, in capitals")
        elif mode == "LINK":
            _need(many or not there, f"{asked}: {asked.column} has {', '.join(there)} already; use UPDATE")
            self._link(asked, row)
        else:
            _need(mode == "UPDATE", f"{asked}: the modes are ADD, LINK and UPDATE, in capitals")
            _need(len(there) == 1, f"{asked}: {asked.column} has {len(there) or 'no'} values; an update needs one")
            self._replace(asked, row, there[0])
        return asked.value

    def _state(self, asked: _Asked) -> tuple[str | None, list[str]]:
        """Return the row of the known value, and what its column holds already."""
        self._look(asked.table, asked.reference, asked.column)
        _not_empty(asked.table, asked.reference, asked.known)
        _not_empty(asked.table, asked.column, asked.value)
        connection = self.writing()
        row = self._row(connection, asked.table, asked.reference, asked.known)
        return row, [] if row is None else self._values(connection, asked.table, row, asked.column)

    def _add(self, asked: _Asked) -> None:
        self._unused(asked)
        row = uuid.uuid4().hex.upper()
        self._insert(asked.table, asked.reference, row, asked.known)
        if asked.reference != asked.column:
            self._insert(asked.table, asked.column, row, asked.value)

    def _link(self, asked: _Asked, row: str) -> None:
        self._unused(asked)
        self._insert(asked.table, asked.column, row, asked.value)

    def _replace(self, asked: _Asked, row: str, before: str) -> None:
        if asked.value != before:
            self._unused(asked)
            here = (_in(asked.table), DATA.c.xref_column_name == asked.column, DATA.c.row_number == row)
            changed = update(DATA).where(*here).values(value=asked.value, last_modified=clock.wall_ms())
            self.writing().execute(changed)

    def _remove(self, table: str, column: str, value: str) -> None:
        connection = self.writing()
        row = self._row(connection, table, column, value)
        _need(row is not None, f"markForDelete in {table}: {column} {value!r} is not there")
        everything = self._all(connection, table, str(row))
        gone = everything if len(everything) <= 2 else [(column, value)]
        for name, one in gone:
            connection.execute(
                insert(DELETED).values(
                    xref_table_name=table, xref_column_name=name, value=one, row_number=row,
                    last_modified=clock.wall_ms(),
                )
            )  # fmt: skip
            connection.execute(delete(DATA).where(_in(table), DATA.c.xref_column_name == name, DATA.c.value == one))

    def _unused(self, asked: _Asked) -> None:
        taken = self._row(self.writing(), asked.table, asked.column, asked.value)
        _need(taken is None, f"{asked}: {asked.column} {asked.value!r} stands in another row already")

    def _insert(self, table: str, column: str, row: str, value: str) -> None:
        now = clock.wall_ms()
        written = {
            "xref_table_name": table,
            "xref_column_name": column,
            "row_number": row,
            "value": value,
            "is_deleted": "N",
            "last_modified": now,
            "last_accessed": now,
        }
        self.writing().execute(insert(DATA).values(written))

    def _row(self, connection: Connection, table: str, column: str, value: str) -> str | None:
        wanted = select(DATA.c.row_number).where(_in(table), DATA.c.xref_column_name == column, DATA.c.value == value)
        found = connection.execute(wanted).first()
        return None if found is None else str(found.row_number)

    def _values(self, connection: Connection, table: str, row: str, column: str) -> list[str]:
        return [value for name, value in self._all(connection, table, row) if name == column]

    def _all(self, connection: Connection, table: str, row: str) -> list[tuple[str, str]]:
        wanted = select(DATA.c.xref_column_name, DATA.c.value).where(_in(table), DATA.c.row_number == row)
        return [(str(name), str(value)) for name, value in connection.execute(wanted.order_by(DATA.c.value))]

    def _look(self, table: str, *columns: str) -> None:
        known = self.columns(table)
        for column in columns:
            _need(column in known, f"cross-reference table {table} has no column {column!r}; it has {', '.join(known)}")


def _in(table: str) -> Any:
    return DATA.c.xref_table_name == table


def _not_empty(table: str, column: str, value: str) -> None:
    _need(bool(value), f"cross-reference table {table}: the value for {column} is empty")


def _need(true: bool, otherwise: str) -> None:
    if not true:
        raise CrossReferenceError(otherwise)
