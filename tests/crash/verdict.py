"""The two ledgers and the store's totals decide: what was acknowledged, what was applied, what is exact.

What has left the store for the history is judged by its record there.
"""

import sys
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from jmswrap.history.history import History
from jmswrap.message import Record
from jmswrap.states import State
from jmswrap.store.store import Store
from jmswrap.testing.ledger import Entry, entries
from tests.crash import orders

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row came to."""

    acknowledged: int
    applied: int
    """Orders that the partner applied, each counted once."""
    dead: int
    in_doubt: int
    """How often an order became in doubt, until a person resolved it or its worker came back with the answer."""
    duplicates: int
    """Orders applied once too often, each time counted."""
    unmarked: int
    """Orders applied more often than their record says that they were sent."""
    lost: tuple[str, ...]
    """Acknowledged orders that are nowhere."""
    disordered: tuple[str, ...]
    """Keys whose orders were applied in another order than they were sent."""
    inexact: tuple[str, ...]
    """Control totals that do not add up."""
    vanished: tuple[str, ...]
    """Acknowledged orders that neither the store nor the history knows any more."""


def judge(store: Store, acknowledged: Collection[str], ledger: Path, history: History | None = None) -> Verdict:
    """Compare the clients' ledger, the partner's, the store and the history, if there is one."""
    applied = entries(ledger)
    times = Counter(entry.values["number"] for entry in applied)
    dead = {record.message.source_id for record in store.messages(orders.QUEUE, State.DEAD, limit=100_000)}
    records = {number: _record(store, history, number) for number in acknowledged}
    return Verdict(
        acknowledged=len(acknowledged),
        applied=len(times),
        dead=len(dead),
        in_doubt=_moves(store)["IN_FLIGHT>IN_DOUBT"],
        duplicates=sum(times.values()) - len(times),
        unmarked=sum(_sent(records.get(number) or _record(store, history, number)) < times[number] for number in times),
        lost=tuple(sorted(set(acknowledged) - set(times) - dead)),
        disordered=tuple(_disordered(applied)),
        inexact=tuple(_inexact(store, len(acknowledged))),
        vanished=tuple(sorted(number for number, record in records.items() if record is None)),
    )


def _record(store: Store, history: History | None, number: str) -> Record | None:
    kept = history.message(orders.message_id(number)) if history is not None else None
    return store.record(orders.message_id(number)) or (kept.record if kept else None)


def _sent(record: Record | None) -> int:
    # A record that is nowhere is told by itself.
    return record.deliveries + record.perhaps_sent if record else sys.maxsize


def _disordered(applied: list[Entry]) -> list[str]:
    places: dict[str, list[int]] = {}
    for entry in applied:
        places.setdefault(entry.values["key"], []).append(int(entry.values["place"]))
    return [key for key, found in places.items() if any(before > after for before, after in pairwise(found))]


def _moves(store: Store) -> "Counter[str]":
    """Return the control totals of today, and of yesterday for a row that midnight met."""
    days = {time.strftime("%Y%m%d", time.gmtime(time.time() - ago)) for ago in (0, DAY_SECONDS)}
    moves: Counter[str] = Counter()
    for day in days:
        moves.update(store.totals(orders.QUEUE, day))
    return moves


def _inexact(store: Store, acknowledged: int) -> list[str]:
    """Hold every state's comings and goings against the records there are."""
    moves = _moves(store)
    counted = {queue.name: queue.counts for queue in store.queues()}.get(orders.QUEUE, {})
    records = Counter(one.state for one in store.messages(orders.QUEUE, None, limit=100_000))
    problems = []
    for state in State:
        come = sum(count for move, count in moves.items() if move.endswith(f">{state}"))
        gone = sum(count for move, count in moves.items() if move.startswith(f"{state}>"))
        found = {come - gone, counted.get(state, 0), records[state]}
        if len(found) > 1:
            problems.append(
                f"{state}: {come} came, {gone} went, {counted.get(state, 0)} counted, {records[state]} found"
            )
    accepted = sum(count for move, count in moves.items() if move.startswith("->"))
    if accepted != acknowledged:
        problems.append(f"{accepted} accepted, {acknowledged} acknowledged")
    return problems
