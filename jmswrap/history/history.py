"""The history of one integration: settled messages kept, found, trimmed, erased.

Every method is one transaction, or several that may be repeated. Raises HistoryDown, never
an exception of SQLAlchemy; after one it connects anew.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Insert, RowMapping, Select, delete, exc, func, select, text, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from jmswrap.database import Place, engine
from jmswrap.errors import Unopened
from jmswrap.history import erasing, opening, resealing, rows
from jmswrap.history.edge import down, edge
from jmswrap.history.nouns import Extent, Kept, Search
from jmswrap.history.tables import MESSAGES
from jmswrap.sealing import PLAIN, Keyring, Resealed
from jmswrap.states import State

LOOKED_UP_AT_ONCE = 500

_HEADS = tuple(column for column in MESSAGES.c if column.name != "body")
_OWN_FAULT = (exc.DataError, exc.IntegrityError, exc.NotSupportedError, ValueError, OverflowError)
"""What a row is refused for, not the database's state; the last two are drivers' own words for a value."""


class History:
    """A history database; safe for threads."""

    def __init__(self, place: Place, integration: str, ring: Keyring = PLAIN) -> None:
        self.place = place
        self._integration = integration
        self._ring = ring
        self._engine: Engine | None = None

    def keep(self, messages: Sequence[Kept]) -> dict[str, str]:
        """Write messages, all or none; returns why those that no database can hold were left out.

        A row that is there is replaced unless it is newer.
        """
        todo = [rows.row(one, self._ring) for one in messages]
        if not todo:
            return {}
        try:
            self._put(todo)
        except _OWN_FAULT:
            return self._keep_each(todo)
        return {}

    def find(self, search: Search) -> list[Kept]:
        """Return the newest messages that fit, without bodies."""
        if not self._exists():
            return []
        with self._connected(reads=True) as connection:
            return [rows.kept(found._mapping, self._ring) for found in connection.execute(_query(search))]

    def message(self, message_id: str, with_body: bool = False) -> Kept | None:
        """Return a message, the last one accepted by this id; None when there is none."""
        if not self._exists():
            return None
        columns = (*_HEADS, MESSAGES.c.body) if with_body else _HEADS
        query = select(*columns).where(MESSAGES.c.id == message_id).order_by(MESSAGES.c.accepted_ms.desc()).limit(1)
        with self._connected(reads=True) as connection:
            found = connection.execute(query).first()
        return None if found is None else rows.kept(found._mapping, self._ring)

    def settled(self, message_ids: Sequence[str]) -> dict[tuple[str, int], State]:
        """Return which of these are here, by id and time of acceptance, and how they ended."""
        found: dict[tuple[str, int], State] = {}
        if not self._exists():
            return found
        with self._connected(reads=True) as connection:
            for start in range(0, len(message_ids), LOOKED_UP_AT_ONCE):
                wanted = MESSAGES.c.id.in_(message_ids[start : start + LOOKED_UP_AT_ONCE])
                rows_found = connection.execute(
                    select(MESSAGES.c.id, MESSAGES.c.accepted_ms, MESSAGES.c.state).where(wanted)
                )
                found |= {(one.id, one.accepted_ms): State(one.state) for one in rows_found}
        return found

    def extent(self) -> Extent:
        """Return how much it holds."""
        if not self._exists():
            return Extent(0, 0)
        with self._connected(reads=True) as connection:
            count, oldest = connection.execute(select(func.count(), func.min(MESSAGES.c.accepted_ms))).one()
        return Extent(count, oldest or 0)

    def trim(self, before_ms: int, limit: int) -> int:
        """Delete messages that were settled before a time, at most ``limit``; returns how many."""
        key = (MESSAGES.c.id, MESSAGES.c.accepted_ms)
        old = select(*key).where(MESSAGES.c.changed_ms < before_ms).order_by(MESSAGES.c.changed_ms).limit(limit)
        with self._connected() as connection:
            return connection.execute(delete(MESSAGES).where(tuple_(*key).in_(old))).rowcount

    def ids(self, key: str, queue: str) -> list[str]:
        """Return the ids of the messages of a key, of one queue or of all."""
        if not self._exists():
            return []
        with self._connected(reads=True) as connection:
            return erasing.ids(connection, key, queue)

    def erase(self, key: str, queue: str, now_ms: int) -> int:
        """Blank what the messages of a key carried; returns how many."""
        if not self._exists():
            return 0
        erased = 0
        while True:
            with self._connected() as connection:
                if self._engine_name == "sqlite":
                    connection.exec_driver_sql("PRAGMA secure_delete=ON")
                step = erasing.blank(connection, key, queue, now_ms)
            erased += step
            if step < erasing.AT_ONCE:
                break
        if erased and self._engine_name == "sqlite":
            # What was blanked is still in the write-ahead log.
            with edge(self.place.name), self._opened().connect() as connection:
                connection.execution_options(reads=True).execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        return erased

    def census(self) -> Counter[str]:
        """Count messages by the keys that something of them is under; '' for what is plain. Looks at every one."""
        counted: Counter[str] = Counter()
        for page in self._pages():
            for row in page:
                counted.update(resealing.keys_of(row))
        return counted

    def reseal(self) -> Iterator[Resealed]:
        """Put everything under the key that seals now, page by page; may be begun again at any time."""
        for page in self._pages():
            resealed, closed = 0, Counter[str]()
            for row in page:
                if not resealing.keys_of(row) - {self._ring.first}:
                    continue
                try:
                    with self._connected() as connection:
                        resealed += resealing.reseal(connection, row, self._ring)
                except Unopened as error:
                    closed[error.key] += 1
            yield Resealed(len(page), resealed, closed)

    def _pages(self) -> Iterator[Sequence[RowMapping]]:
        after: tuple[str, int] = ("", -1)
        while self._exists():
            with self._connected(reads=True) as connection:
                page = resealing.page(connection, after)
            if not page:
                return
            yield page
            after = page[-1]["id"], page[-1]["accepted_ms"]

    def close(self) -> None:
        """Let go of the connections."""
        if self._engine is not None:
            self._engine.dispose()
        self._engine = None

    @property
    def _engine_name(self) -> str:
        return "postgresql" if self.place.file is None else "sqlite"

    def _exists(self) -> bool:
        """Looking never makes a file."""
        return self.place.file is None or self.place.file.exists()

    def _put(self, todo: list[dict[str, Any]]) -> None:
        try:
            with self._opened().begin() as connection:
                connection.execute(_upsert(self._engine_name), todo)
        except _OWN_FAULT:
            raise
        except (exc.SQLAlchemyError, OSError) as error:
            self.close()
            raise down(self.place.name, error) from error

    def _keep_each(self, todo: Sequence[dict[str, Any]]) -> dict[str, str]:
        refused = {}
        for one in todo:
            try:
                self._put([one])
            except _OWN_FAULT as error:
                refused[str(one["id"])] = " ".join(str(getattr(error, "orig", error)).split())[:300]
        return refused

    @contextmanager
    def _connected(self, reads: bool = False) -> Iterator[Connection]:
        try:
            with (
                edge(self.place.name),
                self._opened().execution_options(reads=reads).begin() as connection,
            ):
                yield connection
        except Exception:
            self.close()
            raise

    def _opened(self) -> Engine:
        """Return the engine; the tables are looked at when it is first used."""
        if self._engine is None:
            made = engine(self.place)
            try:
                with edge(self.place.name):
                    opening.prepare(made, self._integration)
            except BaseException:
                made.dispose()
                raise
            self._engine = made
        return self._engine


def _upsert(dialect: str) -> Insert:
    insert = postgresql.insert(MESSAGES) if dialect == "postgresql" else sqlite.insert(MESSAGES)
    given = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[MESSAGES.c.id, MESSAGES.c.accepted_ms],
        set_={column.name: given[column.name] for column in MESSAGES.c if not column.primary_key},
        where=(given.version_ms >= MESSAGES.c.version_ms) & (given.erased_ms >= MESSAGES.c.erased_ms),
    )


def _query(search: Search) -> Select[Any]:
    query = select(*_HEADS).order_by(MESSAGES.c.accepted_ms.desc(), MESSAGES.c.id).limit(search.limit)
    wanted: Mapping[str, object] = {
        "queue": search.queue,
        "route": search.route,
        "key": search.key,
        "source_id": search.source_id,
        "correlation_id": search.correlation_id,
        "state": str(search.state or ""),
    }
    for name, value in wanted.items():
        if value:
            query = query.where(MESSAGES.c[name] == value)
    for name, value in search.properties:
        # LIKE would not tell capitals from small letters in SQLite.
        without = func.replace(MESSAGES.c.properties, rows.property_json(name, value), "")
        query = query.where(without != MESSAGES.c.properties)
    return query.where(MESSAGES.c.accepted_ms >= search.since_ms) if search.since_ms else query
