"""An application's books: tables in SQLite that others may read while they are written.

They are written in batches and without waiting for the disk: what a simulated application knows
need not outlive its machine.
"""

import sqlite3
from pathlib import Path
from typing import Any

COMMIT_SECONDS = 0.05
"""How often what was written is shown to others."""


class Books:
    """The tables of one application, for its one thread."""

    def __init__(self, file: Path, schema: str) -> None:
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(schema)
        self._database.row_factory = sqlite3.Row

    def write(self, statement: str, *values: Any) -> int:
        """Change something; return how many rows it touched."""
        if not self._database.in_transaction:
            self._database.execute("BEGIN")
        return self._database.execute(statement, values).rowcount

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Return what is found."""
        return self._database.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> sqlite3.Row | None:
        """Return the first that is found; None when there is none."""
        found: sqlite3.Row | None = self._database.execute(statement, values).fetchone()
        return found

    def number(self, statement: str, *values: Any) -> int:
        """Return the one number that is asked for."""
        return int(self._database.execute(statement, values).fetchone()[0] or 0)

    def commit(self) -> None:
        """Show others what was written."""
        if self._database.in_transaction:
            self._database.execute("COMMIT")

    def close(self) -> None:
        """Write the rest and close."""
        self.commit()
        self._database.close()


def reading(file: Path) -> sqlite3.Connection:
    """Return a connection that only reads an application's books."""
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database
