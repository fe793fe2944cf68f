"""Control totals per queue and day: what came is what went and what is here, or a sentence says where not.

    brought forward + accepted = delivered + expired + cancelled + dead + in doubt + still here

Each day is held against what the next one began with, the last day against what is there now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jmswrap.states import FINAL, HERE, State
from jmswrap.store.nouns import Book, Books
from jmswrap.store.store import Store

DAYS_KEPT = 401
"""The store keeps a day's totals for 400 days."""

_OUTSIDE = "-"


@dataclass(frozen=True, slots=True)
class DayTotals:
    """A queue's day."""

    day: str
    """``2026-03-31``, UTC."""
    queue: str
    brought_forward: int
    """Messages that were here when the day began, the dead and those in doubt among them."""
    accepted: int
    delivered: int
    expired: int
    cancelled: int
    dead: int
    """At the end of the day, as the two that follow."""
    in_doubt: int
    here: int
    duplicates: int
    problem: str
    """Where it does not balance; empty when it does."""


def totals(store: Store, day: str = "", queue: str = "") -> list[DayTotals]:
    """Return the days of the queues, of one day (``2026-03-31``) or queue only; the first day first."""
    today = datetime.fromtimestamp(store.now_ms() / 1000, UTC).date()
    days = [f"{today - timedelta(days=ago):%Y%m%d}" for ago in range(DAYS_KEPT, -2, -1)]
    names = [summary.name for summary in store.queues() if queue in ("", summary.name)]
    found = [one for name in names for one in judged(name, store.books(name, days))]
    return sorted((one for one in found if day in ("", one.day)), key=lambda one: (one.day, one.queue))


def judged(queue: str, books: Books) -> list[DayTotals]:
    """Carry a queue's days forward and hold each against what came after it."""
    found = []
    carried: Mapping[State, int] = dict.fromkeys(State, 0)
    for at, book in enumerate(books.days):
        began = book.began if book.began is not None else carried
        ended = {state: began[state] + _net(book, state) for state in State}
        after = books.days[at + 1].began if at + 1 < len(books.days) else books.now
        found.append(_day(queue, book, began, ended, _problem(ended, after)))
        carried = after if after is not None else ended
    return found


def _day(queue: str, book: Book, began: Mapping[State, int], ended: Mapping[State, int], problem: str) -> DayTotals:
    came = {state: sum(n for move, n in book.moves.items() if move.endswith(f">{state}")) for state in FINAL}
    return DayTotals(
        day=f"{book.day[:4]}-{book.day[4:6]}-{book.day[6:]}",
        queue=queue,
        brought_forward=sum(began[state] for state in HERE),
        accepted=sum(n for move, n in book.moves.items() if move.startswith(f"{_OUTSIDE}>")),
        delivered=came[State.DELIVERED],
        expired=came[State.EXPIRED],
        cancelled=came[State.CANCELLED],
        dead=ended[State.DEAD],
        in_doubt=ended[State.IN_DOUBT],
        here=sum(ended[state] for state in HERE - {State.DEAD, State.IN_DOUBT}),
        duplicates=book.moves.get("duplicate", 0),
        problem=problem,
    )


def _net(book: Book, state: State) -> int:
    came = sum(n for move, n in book.moves.items() if move.endswith(f">{state}"))
    return came - sum(n for move, n in book.moves.items() if move.startswith(f"{state}>"))


def _problem(ended: Mapping[State, int], after: Mapping[State, int] | None) -> str:
    wrong = [state for state in State if ended[state] < 0 or (after is not None and ended[state] != after[state])]
    if not wrong:
        return ""
    said = ", ".join(f"{state} should be {ended[state]} and is {(after or ended)[state]}" for state in wrong)
    return f"the moves and what is there differ: {said}; compare with the last backup and the partners' own counts"
