"""The matrix as a table, as JSON and as a page."""

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.crash.row import Result

HEADS = (
    "process",
    "step",
    "fault",
    "route",
    "acknowledged",
    "lost",
    "applied",
    "dead",
    "in doubt",
    "duplicates",
    "unmarked",
    "order",
    "totals",
    "cared for (s)",
    "next receipt (s)",
    "verdict",
)
_WORDS = 4


def cells(result: Result) -> list[str]:
    """Return a row as words."""
    row, verdict = result.row, result.verdict
    begin = [row.process, row.step, row.fault, row.plan.policy]
    if verdict is None:
        return [*begin, *["–"] * 11, "not here" if result.skipped else "FAILED"]
    said = "loses, as expected" if row.loses and result.passed else "passed" if result.passed else "FAILED"
    return [
        *begin,
        str(verdict.acknowledged),
        str(len(verdict.lost)),
        str(verdict.applied),
        str(verdict.dead),
        str(verdict.in_doubt),
        str(verdict.duplicates),
        str(verdict.unmarked),
        "broken" if verdict.disordered else "kept",
        "inexact" if verdict.inexact else "exact",
        _seconds(result.cared_for_seconds),
        _seconds(result.receipt_seconds),
        said,
    ]


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def table(results: Sequence[Result]) -> Table:
    """Return the table for a terminal."""
    found = Table(title="crash matrix")
    for number, head in enumerate(HEADS):
        found.add_column(head, justify="left" if number < _WORDS else "right")
    for result in results:
        style = None if result.passed else "bold red"
        found.add_row(*cells(result), style=style)
    return found


def data(results: Sequence[Result], seconds: float) -> dict[str, Any]:
    """Return what the JSON file holds."""
    rows = []
    for result in results:
        verdict = result.verdict
        rows.append(
            {
                **dict(zip(HEADS[:_WORDS], cells(result), strict=False)),
                "passed": result.passed,
                "skipped": result.skipped,
                "problems": list(result.problems),
                "verdict": None if verdict is None else {name: getattr(verdict, name) for name in verdict.__slots__},
                "cared_for_seconds": result.cared_for_seconds,
                "held": result.held,
                "next_receipt_seconds": result.receipt_seconds,
                "faults": result.faults,
                "silences": result.silences,
                "seconds": round(result.seconds, 1),
            }
        )
    return {"python": platform.python_version(), "seconds": round(seconds, 1), "rows": rows}


def write_json(results: Sequence[Result], seconds: float, file: Path) -> None:
    """Write the JSON file."""
    file.write_text(json.dumps(data(results, seconds), indent=1) + "\n", "utf-8")


def page(results: Sequence[Result], seconds: float) -> str:
    """Return the page for ``docs/``."""
    lines = [
        _HEAD.format(rows=len(results), minutes=seconds / 60),
        "| " + " | ".join(HEADS) + " |",
        "|" + "---|" * _WORDS + "--:|" * (len(HEADS) - _WORDS - 1) + "---|",
        *("| " + " | ".join(cells(result)) + " |" for result in results),
        "",
    ]
    notes = dict.fromkeys(
        f"- *{result.row.step}*: {result.row.shows or result.skipped}."
        for result in results
        if result.row.shows or result.skipped
    )
    return "\n".join([*lines, *notes, "", _FOOT])


_HEAD = """# The crash matrix

Written by `make crash-matrix`; do not edit it by hand. {rows} rows took {minutes:.1f} minutes. Each row runs the real
processes (`jmswrap up` with a gateway and workers, a Valkey with `appendfsync always`, a partner simulated from its
WSDL) and strikes one of them at the named step while clients send.
"""

_FOOT = """## How to read it

- **The strike is exact and the product knows nothing of it.** A proxy between the processes and the store sees
  which script a process runs and holds the command, or its answer, while the process is killed or stopped.
  *Mid-call* is told by the partner, when it has the request and has not answered.
- **Route.** `redeliver`: `idempotent: true`, `in_doubt: redeliver`. `park`: the default; what may have arrived
  waits for a person, whom the run plays: it looks in the partner's ledger and resolves. On such a route no order
  may be applied twice.
- **Lost** compares two ledgers: what clients have a receipt for, and what the partner applied or the error queue
  holds. A client without a receipt sends the same order again until it has one.
- **In doubt** counts how often an order became IN_DOUBT. **Duplicates** were applied more than once;
  **unmarked** are orders that were applied more often than their record counts deliveries (from the second on a
  message carries JMSRedelivered). What has left for the history is judged by its record there.
- **Order** is kept when the partner applied each key's orders in the order in which they were sent.
- **Totals** are exact when, for each state, comings less goings in the control totals, the queue's counts and the
  records themselves agree, and as many were accepted as acknowledged.
- **Cared for** is the time until all messages that the struck worker held were in flight at another worker, or
  visible as in doubt; 5 s at most. `kill -9` rows use the default lease of 30 s: `jmswrap up` sees its worker die
  and gives back what it held; where there is no parent, the store's list of connections tells. SIGSTOP rows use a
  lease of 2 s, which must run out: nobody can tell a stopped worker from a slow one.
- **Next receipt** is the time from the fault to the next receipt that any client got; near 0 where an answer was
  already on its way, or where accepting goes on.
"""
