"""Opens the history; the one place where an address becomes a database.

SQLite is kept in WAL mode with a sync at every commit: a message leaves Redis only when
it is on disk here. PostgreSQL needs the driver of ``jmswrap[postgres]``.
"""

import importlib.util
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url, select, text
from sqlalchemy.pool import QueuePool

from jmswrap.errors import ConfigError, HistoryDown
from jmswrap.history.tables import ABOUT, INDEXES, METADATA, SCHEMA

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
BUSY_SECONDS = 5
"""How long SQLite waits for another writer."""

FILE = "history.sqlite"
_POSTGRES = re.compile(r"^postgres(ql)?(\+psycopg)?://")
_ADVISORY_LOCK = 0x6A6D7377
"""Held in PostgreSQL while the tables are made, so that two processes do not make them at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a history is."""

    file: Path | None
    """SQLite's file; None: PostgreSQL."""
    url: str = ""
    """PostgreSQL's address."""

    @property
    def name(self) -> str:
        """What a person may read: no password."""
        return str(self.file) if self.file else make_url(self.url).render_as_string(hide_password=True)


def place(url: str, folder: Path, data: Path) -> Place:
    """Return the place that ``history.url`` means; paths are relative to ``folder``.

    Raises ConfigError when it names a database whose driver is not installed.
    """
    if _POSTGRES.match(url):
        if problem := missing_driver(url):
            raise ConfigError(problem)
        return Place(None, _POSTGRES.sub("postgresql+psycopg://", url))
    return Place(folder / url.removeprefix("sqlite:///") if url else data / FILE)


def missing_driver(url: str) -> str:
    """Return what is missing to use an address; empty when nothing is."""
    if _POSTGRES.match(url) and importlib.util.find_spec("psycopg") is None:
        return "`history.url` is PostgreSQL, whose driver is not installed: pip install 'jmswrap[postgres]'"
    return ""


def is_file(url: str) -> bool:
    """Tell whether an address means SQLite, which serves one machine only."""
    return url != "none" and not _POSTGRES.match(url)


def engine(where: Place) -> Engine:
    """Return an engine; it connects when it is first used."""
    if where.file is None:
        return _postgres(where.url)
    made = create_engine("sqlite://", creator=_connector(where.file), poolclass=QueuePool, pool_size=1, max_overflow=4)
    event.listen(made, "begin", _begin)
    return made


def _postgres(address: str) -> Engine:
    url = make_url(address)
    # What the address itself asks for (a search_path, say) stays; what it says last counts.
    asked = url.query.get("options", "")
    limit = f"-c statement_timeout={STATEMENT_SECONDS * 1000}"
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=1,
        max_overflow=4,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": STATEMENT_SECONDS * 1000,
            "options": f"{limit} {asked if isinstance(asked, str) else ' '.join(asked)}".strip(),
            # A database made under the C locale would otherwise answer in bytes.
            "client_encoding": "utf8",
            "application_name": "jmswrap",
        },
    )


def prepare(opened: Engine, integration: str) -> None:
    """Make the tables unless they are there; HistoryDown when they are another's or a later version's."""
    with opened.begin() as connection:
        if opened.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        METADATA.create_all(connection)
        for index in INDEXES:
            index.create(connection, checkfirst=True)
        _about(connection, integration)


def _about(connection: Connection, integration: str) -> None:
    about = {row.name: row.value for row in connection.execute(select(ABOUT))}
    if not about:
        connection.execute(
            insert(ABOUT),
            [{"name": "schema", "value": str(SCHEMA)}, {"name": "integration", "value": integration}],
        )
        return
    if about.get("integration") != integration:
        raise HistoryDown(
            f"The history belongs to integration {about.get('integration')}, not to {integration}: "
            "give each a file or database of its own in history.url."
        )
    if int(about.get("schema", 0)) > SCHEMA:
        raise HistoryDown(
            f"The history's tables are of version {about['schema']}, this jmswrap knows {SCHEMA}: update jmswrap here."
        )


def _connector(file: Path) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        file.parent.mkdir(parents=True, exist_ok=True)
        opened = sqlite3.connect(
            f"file:{quote(str(file.absolute()))}?mode=rwc",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            opened.execute("PRAGMA journal_mode=WAL")
            opened.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error:
            opened.close()
            raise
        return opened

    return connect


def _begin(connection: Connection) -> None:
    # Every transaction that begins by reading and then writes would otherwise fail when another writes meanwhile.
    immediate = connection.get_execution_options().get("reads") is not True
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
