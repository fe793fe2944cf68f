"""The SQLite file: where it is, when it is made, and what happens when it cannot be used."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jmswrap.database import Place
from jmswrap.errors import HistoryDown
from jmswrap.history.history import History
from jmswrap.history.nouns import Extent, Search
from jmswrap.history.opening import place


def test_the_default_is_a_file_in_the_stores_data_folder(tmp_path: Path) -> None:
    assert place("", tmp_path, tmp_path / "data").file == tmp_path / "data" / "history.sqlite"
    assert place("sqlite:///old/h.db", tmp_path, tmp_path).file == tmp_path / "old" / "h.db"
    assert place("sqlite:////var/h.db", tmp_path, tmp_path).file == Path("/var/h.db")


def test_a_password_is_not_part_of_the_name_that_people_read(tmp_path: Path) -> None:
    where = place("postgres://me:secret@db/x", tmp_path, tmp_path)
    assert where.name == "postgresql+psycopg://me:***@db/x"


def test_looking_makes_no_file(sqlite_place: Place) -> None:
    history = History(sqlite_place, "test")
    assert (history.find(Search()), history.message("m"), history.extent()) == ([], None, Extent(0, 0))
    assert not sqlite_place.file.parent.exists()


def test_a_folder_that_is_made_for_it_is_closed_to_other_users(sqlite_place, make) -> None:
    history = History(sqlite_place, "test")
    history.keep([make()])
    history.close()
    assert sqlite_place.file.parent.stat().st_mode & 0o077 == 0


def test_the_file_is_in_wal_mode_and_synced_at_every_commit(sqlite_place, make) -> None:
    history = History(sqlite_place, "test")
    history.keep([make()])
    with history._connected(reads=True) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    history.close()


def test_a_history_of_a_later_version_is_left_alone(sqlite_place, make) -> None:
    history = History(sqlite_place, "test")
    history.keep([make()])
    history.close()
    with closing(sqlite3.connect(sqlite_place.file)) as connection:
        connection.execute("UPDATE about SET value = '2' WHERE name = 'schema'")
        connection.commit()
    with pytest.raises(HistoryDown, match="tables are of version 2, this jmswrap knows 1: update"):
        history.find(Search())


def test_a_file_that_is_no_database_is_said_so_and_the_next_try_connects_anew(sqlite_place, make) -> None:
    sqlite_place.file.parent.mkdir()
    sqlite_place.file.write_bytes(b"not a database" * 100)
    history = History(sqlite_place, "test")
    with pytest.raises(HistoryDown, match="cannot be used: start or mend it, or check history"):
        history.keep([make()])
    sqlite_place.file.unlink()
    assert history.keep([make()]) == {}
    history.close()


def test_a_lasting_lock_of_another_program_is_an_error_not_a_loss(sqlite_place, make, monkeypatch) -> None:
    monkeypatch.setattr("jmswrap.database.BUSY_SECONDS", 0.1)
    history = History(sqlite_place, "test")
    history.keep([make("a")])
    with closing(sqlite3.connect(sqlite_place.file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(HistoryDown, match="database is locked"):
            history.keep([make("b")])
    history.keep([make("b")])
    assert history.extent().messages == 2
    history.close()


def test_no_sentence_of_ours_quotes_what_a_message_carried(sqlite_place, make) -> None:
    history = History(sqlite_place, "test")
    history.keep([make()])
    with closing(sqlite3.connect(sqlite_place.file)) as connection:
        connection.execute("DROP TABLE messages")
    with pytest.raises(HistoryDown) as caught:
        history.keep([make("b", key="secret")])
    assert "secret" not in str(caught.value)
    history.close()
