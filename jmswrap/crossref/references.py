"""The cross-references of one integration: a database, opened when a step first asks it.

Raises CrossReferencesDown, never an exception of SQLAlchemy; after one it connects anew.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from sqlalchemy import Connection, Engine, delete, exc, insert, select, text, tuple_

from jmswrap import clock
from jmswrap.crossref.declared import Declared
from jmswrap.crossref.tables import ABOUT, BY_ROW, DATA, DONE, DONE_BY_TIME, METADATA, SCHEMA
from jmswrap.crossref.work import Work
from jmswrap.database import Place, engine
from jmswrap.errors import CrossReferenceError, CrossReferencesDown

T = TypeVar("T")

TRIES = 10
"""How often a step is done because another worker wrote the same meanwhile."""

_REST_SECONDS = 0.02
"""The longest rest after the first clash, more after each: those that clash together must not meet again."""

_ADVISORY_LOCK = 0x6A6D7378
_CLASHES = ("40001", "40P01")
"""PostgreSQL's codes for a transaction that another one made impossible."""


class CrossReferences:
    """A cross-reference database; safe for threads."""

    def __init__(self, place: Place, tables: Mapping[str, Declared]) -> None:
        self.place = place
        self._tables = tables
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of a table. Raises CrossReferenceError when none is declared by that name."""
        try:
            return self._tables[table].columns
        except KeyError:
            raise CrossReferenceError(
                f"there is no cross-reference table {table!r}; declare it in `cross_references.tables`"
            ) from None

    def during(self, message_id: str, step: str, do: Callable[[Work], T]) -> T:
        """Do a step's work in a transaction of its own, again when another worker's came first.

        Without a message id nothing is kept. Raises what ``do`` raises, then nothing is kept either.
        """
        for tried in range(TRIES):
            try:
                return self._once(message_id, step, do)
            except exc.SQLAlchemyError as error:
                if not _clashed(error):
                    raise self._down(error) from error
                if tried == TRIES - 1:
                    raise _crowded(self.place) from error
                time.sleep(random.uniform(0, _REST_SECONDS * (tried + 1)))  # noqa: S311 - no secret
            except OSError as error:
                raise self._down(error) from error
        raise AssertionError("the last try returned or raised")

    def trim(self, before_ms: int, limit: int) -> int:
        """Forget what steps did before then, at most ``limit`` calls, the oldest first; returns how many."""
        key = (DONE.c.message_id, DONE.c.step, DONE.c.call)
        old = select(*key).where(DONE.c.done_ms < before_ms).order_by(DONE.c.done_ms).limit(limit)
        try:
            with self._opened().begin() as connection:
                return connection.execute(delete(DONE).where(tuple_(*key).in_(old))).rowcount
        except (exc.SQLAlchemyError, OSError) as error:
            raise self._down(error) from error

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _once(self, message_id: str, step: str, do: Callable[[Work], T]) -> T:
        with _Transaction(self._opened) as transaction:
            work = Work(message_id, step, self.columns, transaction.reading, transaction.writing)
            result = do(work)
            if message_id:
                transaction.commit()
            return result

    def _opened(self) -> Engine:
        with self._opening:
            if self._engine is None:
                made = engine(self.place)
                try:
                    self._prepare(made)
                except BaseException:
                    made.dispose()
                    raise
                self._engine = made
            return self._engine

    def _prepare(self, opened: Engine) -> None:
        with opened.begin() as connection:
            if opened.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
            METADATA.create_all(connection)
            for index in (BY_ROW, DONE_BY_TIME):
                index.create(connection, checkfirst=True)
            version = connection.execute(select(ABOUT.c.value).where(ABOUT.c.name == "schema")).scalar()
            if version is None:
                connection.execute(insert(ABOUT).values(name="schema", value=str(SCHEMA)))
            elif int(version) > SCHEMA:
                raise CrossReferencesDown(
                    f"The cross-reference tables are of version {version}, this jmswrap knows {SCHEMA}: update it here."
                )
            for table in self._tables.values():
                _seed(connection, table)

    def _down(self, error: Exception) -> CrossReferencesDown:
        self.close()
        said = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
        return CrossReferencesDown(
            f"The cross-references ({self.place.name}) cannot be used: start or mend the database, "
            f"or check cross_references.url ({said})."
        )


class _Transaction:
    """Connections of one step: none until it asks, a reading one until it writes, then that of the transaction."""

    def __init__(self, opened: Callable[[], Engine]) -> None:
        self._opened = opened
        self._read: Connection | None = None
        self._write: Connection | None = None

    def __enter__(self) -> "_Transaction":
        return self

    def __exit__(self, *_: object) -> None:
        for connection in (self._read, self._write):
            if connection is not None:
                # What was not committed is rolled back.
                connection.close()

    def reading(self) -> Connection:
        if self._write is not None:
            return self._write
        if self._read is None:
            self._read = self._opened().connect().execution_options(reads=True)
        return self._read

    def writing(self) -> Connection:
        if self._write is None:
            if self._read is not None:
                self._read.close()
                self._read = None
            connection = self._opened().connect()
            serial = connection.dialect.name == "postgresql"
            self._write = connection.execution_options(isolation_level="SERIALIZABLE") if serial else connection
        return self._write

    def commit(self) -> None:
        if self._write is not None:
            self._write.commit()


def _crowded(place: Place) -> CrossReferencesDown:
    return CrossReferencesDown(
        f"The cross-references ({place.name}) were changed by others at each of {TRIES} tries; it is tried again later."
    )


def _clashed(error: exc.SQLAlchemyError) -> bool:
    cause = getattr(error, "orig", None)
    locked = isinstance(error, exc.OperationalError) and "locked" in str(cause)
    return isinstance(error, exc.IntegrityError) or getattr(cause, "sqlstate", "") in _CLASHES or locked


def _seed(connection: Connection, table: Declared) -> None:
    """Add the rows a file begins with, those of which nothing is there."""
    for number, row in enumerate(table.rows):
        there = select(DATA.c.value).where(
            DATA.c.xref_table_name == table.name,
            tuple_(DATA.c.xref_column_name, DATA.c.value).in_(list(row.items())),
        )
        if row and connection.execute(there).first() is None:
            now = clock.wall_ms()
            connection.execute(insert(DATA), [
                {"xref_table_name": table.name, "xref_column_name": column, "value": value, "is_deleted": "N",
                 "row_number": clock.derived_id(table.name, str(number), *row.values()), "last_modified": now,
                 "last_accessed": now}
                for column, value in row.items()
            ])  # fmt: skip
