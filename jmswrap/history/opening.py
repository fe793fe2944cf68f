"""Opens the history: where it is, and its tables."""

from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select, text

from jmswrap import database
from jmswrap.database import Place
from jmswrap.errors import HistoryDown
from jmswrap.history.tables import ABOUT, INDEXES, METADATA, SCHEMA

FILE = "history.sqlite"
_ADVISORY_LOCK = 0x6A6D7377
"""Held in PostgreSQL while the tables are made, so that two processes do not make them at once."""


def place(url: str, folder: Path, data: Path) -> Place:
    """Return the place that ``history.url`` means. Raises ConfigError."""
    return database.place("history.url", url, folder, data / FILE)


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
