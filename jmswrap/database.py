"""Databases by address: SQLite in a file, PostgreSQL by URL.

SQLite is kept in WAL mode with a sync at every commit, so that what is committed is on disk.
PostgreSQL needs the driver of ``jmswrap[postgres]``. Whoever keeps something in a database has
its own tables; this is the one place where an address becomes an engine.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import QueuePool

from jmswrap.config.addresses import POSTGRES, missing_driver
from jmswrap.errors import ConfigError

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
BUSY_SECONDS = 5
"""How long SQLite waits for another writer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a database is."""

    file: Path | None
    """SQLite's file; None: PostgreSQL."""
    url: str = ""
    """PostgreSQL's address."""

    @property
    def name(self) -> str:
        """What a person may read: no password."""
        return str(self.file) if self.file else make_url(self.url).render_as_string(hide_password=True)


def place(setting: str, url: str, folder: Path, default: Path) -> Place:
    """Return the place that the value of a setting means; paths are relative to ``folder``, empty is ``default``.

    Raises ConfigError when it names a database whose driver is not installed.
    """
    if POSTGRES.match(url):
        if problem := missing_driver(setting, url):
            raise ConfigError(problem)
        return Place(None, POSTGRES.sub("postgresql+psycopg://", url))
    return Place(folder / url.removeprefix("sqlite:///") if url else default)


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


def _connector(file: Path) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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
