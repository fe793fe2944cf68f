"""A copy of a database in a file while it is written to. PostgreSQL has tools of its own."""

import sqlite3
from contextlib import closing
from pathlib import Path

from jmswrap.database import BUSY_SECONDS, Place
from jmswrap.errors import HistoryDown


def copy(place: Place, to: Path) -> bool:
    """Copy an SQLite database, as of one moment, into one file; False when there is none to copy."""
    if place.file is None or not place.file.exists():
        return False
    try:
        with closing(sqlite3.connect(place.file, timeout=BUSY_SECONDS)) as here, closing(sqlite3.connect(to)) as there:
            here.backup(there)
            # Without this the copy would be three files.
            there.execute("PRAGMA journal_mode=DELETE")
    except (sqlite3.Error, OSError) as error:
        raise HistoryDown(
            f"The database {place.name} cannot be copied to {to}: make room, or mend it ({error})."
        ) from error
    return True
