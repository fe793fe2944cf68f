"""A row of the matrix: a fault at a named step of one process, and what became of every order."""

import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.crash.orders import Plan
from tests.crash.person import settle
from tests.crash.stage import Size, Stage, staged
from tests.crash.stores import Open, Single
from tests.crash.verdict import Verdict, judge

SETTLE_SECONDS = 120.0

Act = Callable[[Stage], None]


def nothing(_: Stage) -> None:
    """Do nothing."""


class NotHere(Exception):
    """This machine cannot play the row; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is done."""

    process: str
    step: str
    fault: str
    plan: Plan = field(default_factory=Plan)
    arm: Act = nothing
    """Before the clients begin."""
    meanwhile: Act = nothing
    """While they send."""
    struck: bool = False
    """A worker is struck: the time until its messages are cared for is measured."""
    doubts: bool = False
    """Something must become in doubt, or the strike missed its moment."""
    open_store: Open = Single
    pace_seconds: float | None = None
    """Between two orders of a client, where the fault must find the clients still sending."""
    loses: bool = False
    """It is there to show that something is lost."""
    shows: str = ""
    """One sentence for the page, where the row needs one."""

    @property
    def name(self) -> str:
        """The row's name, as it is chosen by."""
        return f"{self.process}: {self.step}: {self.fault} ({self.plan.policy})"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it."""

    row: Row
    verdict: Verdict | None
    cared_for_seconds: float | None
    """Until the struck worker's messages were in flight again or in doubt."""
    held: int
    """Messages it had when it was struck."""
    receipt_seconds: float | None
    """From the fault to the next receipt."""
    faults: int
    silences: int
    seconds: float
    problems: tuple[str, ...]
    skipped: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether every promise was kept."""
        return not self.problems


def play(row: Row, size: Size) -> Result:
    """Play one row from an empty folder; whatever goes wrong is a problem of its result."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="crash-", ignore_cleanup_errors=True) as name:
        try:
            return _played(row, size, Path(name), began)
        except NotHere as reason:
            return Result(row, None, None, 0, None, 0, 0, time.monotonic() - began, (), str(reason))
        except Exception as error:  # noqa: BLE001 -- a row that breaks is a row that fails, and the next one is played
            told = "".join(traceback.format_exception(error)[-3:])
            problem = f"{type(error).__name__}: {error}\n{told}\n{_words(Path(name))}"
            return Result(row, None, None, 0, None, 0, 0, time.monotonic() - began, (problem,))


def _played(row: Row, size: Size, folder: Path, began: float) -> Result:
    if row.pace_seconds is not None:
        size = replace(size, pace_seconds=row.pace_seconds)
    with staged(folder, row.plan, size, row.open_store) as stage:
        row.arm(stage)
        stage.load.start()
        row.meanwhile(stage)
        blow = stage.striker.wait()
        cared_for = stage.striker.cared_for(blow) if row.struck else None
        stage.striker.let_go_on()
        stage.striker.wait_over()
        stage.load.join()
        settle(stage.store, stage.bell, stage.partner.ledger, SETTLE_SECONDS)
        verdict = judge(stage.store, stage.load.acknowledged(), stage.partner.ledger, stage.history)
        later = [receipt.at - blow.at for receipt in stage.load.receipts.values() if receipt.at > blow.at]
        problems = _problems(row, size, verdict, cared_for, len(blow.held))
        return Result(
            row,
            verdict,
            cared_for,
            len(blow.held),
            min(later, default=None),
            stage.load.faults,
            stage.load.silences,
            time.monotonic() - began,
            problems,
        )


def _problems(row: Row, size: Size, verdict: Verdict, cared_for: float | None, held: int) -> tuple[str, ...]:
    found = []
    if row.loses:
        return () if verdict.lost else ("nothing was lost, so the row shows nothing",)
    if verdict.acknowledged != size.count:
        found.append(f"only {verdict.acknowledged} of {size.count} orders got a receipt")
    if verdict.lost:
        found.append(f"{len(verdict.lost)} acknowledged orders are lost: {', '.join(verdict.lost[:5])}")
    if verdict.disordered:
        found.append(f"order was not kept for {', '.join(verdict.disordered[:5])}")
    if verdict.unmarked:
        found.append(f"{verdict.unmarked} duplicates are not marked as redelivered")
    if verdict.duplicates and row.plan.policy == "park":
        found.append(f"{verdict.duplicates} duplicates on a route that sends nothing twice")
    if verdict.vanished:
        found.append(f"{len(verdict.vanished)} acknowledged orders have no record: {', '.join(verdict.vanished[:5])}")
    found += [f"totals: {sentence}" for sentence in verdict.inexact]
    if row.doubts and not verdict.in_doubt:
        found.append("nothing was in doubt, so the strike missed its moment")
    if row.struck and not held:
        found.append("the struck process held nothing")
    if cared_for is not None and cared_for > size.cared_for_seconds:
        found.append(f"its messages were cared for after {cared_for:.1f} s only")
    return tuple(found)


def _words(folder: Path) -> str:
    log = folder / "up.log"
    return "" if not log.exists() else "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
