"""A history in a file, and one on a real PostgreSQL where its programs are installed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from postgres import schema

from jmswrap.database import Place
from jmswrap.history.history import History
from jmswrap.history.nouns import Kept
from jmswrap.history.opening import place
from jmswrap.message import Attempt, Message, Record
from jmswrap.states import State

Make = Callable[..., Kept]


@pytest.fixture
def make() -> Make:
    """Make a kept message; what is not given is ordinary."""

    def made(name: str = "m1", accepted_ms: int = 1_000, changed_ms: int = 2_000, **given: Any) -> Kept:
        state = given.pop("state", State.DELIVERED)
        body, erased_ms = given.pop("body", b"<a/>"), given.pop("erased_ms", 0)
        attempts = given.pop("attempts", (Attempt(1, changed_ms, 12, "w1", "crm.Create", "DELIVERED", "Taken.", 200),))
        message = Message(id=name, body=b"", **{"queue": "q", "route": "r", **given})
        record = Record(message, state, accepted_ms, changed_ms, deliveries=1, attempts=len(attempts))
        return Kept(record, attempts, body, erased_ms)

    return made


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    return place("", tmp_path, tmp_path / "data")


@pytest.fixture(params=["sqlite", "postgresql"])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    """An empty history, of each kind."""
    if request.param == "sqlite":
        where = place("", tmp_path, tmp_path / "data")
    else:
        url = request.getfixturevalue("postgres_url")
        where = place(f"{url}?options=-csearch_path%3D{schema(url)}", tmp_path, tmp_path)
    opened = History(where, "test")
    yield opened
    opened.close()
