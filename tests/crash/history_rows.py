"""The history: settled messages cannot leave for it, and nothing else suffers."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing

from tests.crash import orders
from tests.crash.orders import Plan
from tests.crash.row import Row
from tests.crash.stage import Stage

AWAY_SECONDS = 8.0
"""Longer than SQLite waits for another writer."""

NOTICED_SECONDS = 40.0
SLOW_SECONDS = 0.25


def _locked(stage: Stage) -> None:
    """Hold the database against every other writer."""
    stage.load.wait_for(stage.size.count // 4)
    assert stage.history is not None
    _until(lambda: bool(stage.history and stage.history.extent().messages), "the first message in the history")
    database = sqlite3.connect(stage.folder / "orders" / orders.HISTORY, timeout=30, isolation_level=None)
    with closing(database):
        database.execute("BEGIN EXCLUSIVE")
        stage.striker.noted()
        _until(lambda: "history-away" in (stage.folder / "up.log").read_text(), "the archiver to notice")
        stage.load.pass_time(AWAY_SECONDS)
        if not stage.store.waiting().count:
            raise AssertionError("nothing waited for the history, so the row shows nothing")
        database.execute("ROLLBACK")
    _until(lambda: not stage.store.waiting().count, "all that is settled to leave")


def _until(true: Callable[[], bool], what: str) -> None:
    pause, deadline = threading.Event(), time.monotonic() + NOTICED_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"in vain waited for {what}")
        pause.wait(0.05)


ROWS = tuple(
    Row(
        "history",
        "its database is away",
        f"locked for some {AWAY_SECONDS:g} s",
        Plan(policy, history=True),
        meanwhile=_locked,
        pace_seconds=SLOW_SECONDS,
    )
    for policy in orders.POLICIES
)
