"""All rows, the short list, and playing them one after the other."""

from collections.abc import Callable, Iterable, Sequence

from tests.crash import gateway_rows, history_rows, partner_rows, store_rows, worker_rows
from tests.crash.row import Result, Row, play
from tests.crash.stage import Size

FULL = Size()
SHORT = Size(keys=8, each=10, away_seconds=2, patience_seconds=120, cared_for_seconds=20)
"""For the tests, which run on any machine and beside others: cared for well before a lease of 30 s is over."""

ROWS: tuple[Row, ...] = (
    *gateway_rows.ROWS,
    *worker_rows.ROWS,
    *store_rows.ROWS,
    *history_rows.ROWS,
    *partner_rows.ROWS,
)

SHORT_ROWS: tuple[str, ...] = (
    "gateway: after the write, before the reply: kill -9 (park)",
    "worker: mid-call: kill -9 (redeliver)",
    "worker: marked sending: kill -9 (park)",
    "worker: claimed, `rq worker` only: the child it forked: kill -9 (redeliver)",
    "worker: marked sending: SIGSTOP 5 s, lease 2 s (redeliver)",
    "store: at work: kill -9, started again (park)",
    "store: RQ's keys deleted, `rq worker` only: five times in 1 s, foreign and pickled jobs before and after (park)",
    "partner: drops the connection mid-reply: every 4th call (redeliver)",
)
"""The most telling ones, for the tests."""


def chosen(words: Iterable[str], short: bool) -> list[Row]:
    """Return the rows whose names have one of the words; all, or the short list, without any."""
    rows = [row for row in ROWS if not short or row.name in SHORT_ROWS]
    wanted = list(words)
    return [row for row in rows if not wanted or any(word in row.name for word in wanted)]


def play_all(rows: Sequence[Row], size: Size, told: Callable[[Result], None]) -> list[Result]:
    """Play rows one after the other; ``told`` hears of each result at once."""
    results = []
    for row in rows:
        results.append(play(row, size))
        told(results[-1])
    return results
