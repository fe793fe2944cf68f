"""A day at a small utility: ``python -m examples.utility_day [--customers N]``.

It starts an embedded Valkey, the gateway, a worker of jmswrap's and one of RQ's own, and two small
applications, CCB and MDM. Customers move in and move, meters are read, a billing run asks for bill
determinants, corrected readings come back; MDM is away for some seconds, refuses one change, and the
door refuses another. Exit status 0 means: every request got its one answer, every queue balances, and
every difference between the two applications is explained.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.live import Live

from examples.utility_day import day, report
from examples.utility_day.machine import CONFIG, ROOT, Machine, started
from jmswrap.testing.utility.reconcile import Reconciliation, reconcile
from jmswrap.testing.utility.running import ApplicationFailed

BENCH = ROOT / "bench" / "results.json"
_MANY = 500
"""With more customers, messages are not listed one by one."""


def main() -> int:
    """Play a day; return the exit status."""
    given = _arguments()
    console = Console()
    folder = Path(tempfile.mkdtemp(prefix="jmswrap-day-"))
    console.print("[bold]A day at a small utility: CCB ⇄ MDM through jmswrap[/bold]\n")
    plan = day.Plan(given.customers)
    try:
        with started(folder, workers=given.workers, rq_worker=given.rq_worker) as machine:
            _introduce(console, machine, plan)
            with Live(console=console, refresh_per_second=4) as live:
                seconds = day.play(machine, plan, lambda state: live.update(report.going(state)))
            console.print()
            retried = day.retried(machine) if plan.customers <= _MANY else -1
            figures, found = _figures(machine, plan, seconds)
            sentences, complaints = _sentences(machine), day.complaints(machine)
    except ApplicationFailed as error:
        console.print(f"[red]✗ {error}[/red]\nLogs and books: {folder}")
        return 1
    report.reconciliation(console, found)
    if given.json:
        result = {**asdict(figures), "hops_per_second": figures.hops_per_second, **_beside_bench(figures)}
        given.json.write_text(json.dumps(result, indent=1) + "\n")
    wrong = _tell(console, figures, sentences, retried, complaints)
    console.print(f"\nThe books of both applications, and the logs: {folder}")
    return 1 if wrong or found.unexplained else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.utility_day", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--customers", type=int, default=300, help="at least 10")
    parser.add_argument("--workers", type=int, default=1, help="worker processes of jmswrap's own")
    parser.add_argument("--no-rq-worker", dest="rq_worker", action="store_false", help="without RQ's own worker")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    given = parser.parse_args()
    if given.customers < 10:
        parser.error("a day takes at least 10 customers")
    return given


def _introduce(console: Console, machine: Machine, plan: day.Plan) -> None:
    console.print("  store         an embedded Valkey, every write on disk before it is answered")
    console.print(f"  gateway       {machine.gateway}: 27 Write services of the CCB-MDM integration")
    console.print("  workers       54 routes: transforms, and Read processes that call the applications")
    console.print(f"  CCB           {machine.ccb.address}, its books in SQLite")
    console.print(f"  MDM           {machine.mdm.address}, its books in SQLite\n")
    console.print(
        f"Of {plan.customers:,} customers {plan.new:,} move in today and {len(plan.movers):,} move. All meters are read"
        f" and billed;\n{plan.corrected:,} readings turn out to be wrong. MDM is away for {day.AWAY_SECONDS:g} s.\n"
    )


def _figures(machine: Machine, plan: day.Plan, seconds: float) -> tuple[report.Figures, Reconciliation]:
    queues, hops, dead = day.balance(machine)
    took = day.latencies(machine)
    found = reconcile(machine.ccb.books, machine.mdm.books, CONFIG.parent)
    both = "SELECT transitions, repeated FROM sync_request UNION ALL SELECT transitions, repeated FROM usage_request"
    figures = report.Figures(
        customers=plan.customers,
        requests=machine.ccb.number(f"SELECT count(*) FROM ({both})"),
        answers=machine.ccb.number(f"SELECT sum(transitions) FROM ({both})"),
        repeated=machine.ccb.number(f"SELECT sum(repeated) FROM ({both})"),
        corrections=machine.ccb.number("SELECT count(*) FROM replacement"),
        calls_ccb=machine.ccb.ask("calls"),
        calls_mdm=machine.mdm.ask("calls"),
        queues=queues,
        hops=hops,
        dead=dead,
        seconds=round(seconds, 1),
        latency_median_seconds=round(took[len(took) // 2], 2),
        latency_p95_seconds=round(took[len(took) * 95 // 100], 2),
        differences=len(found.differences),
        unexplained=len(found.unexplained),
    )
    return figures, found


def _sentences(machine: Machine) -> dict[str, str]:
    """Return what CCB was told of the two changes that were not taken, by kind."""
    refused = machine.ccb.rows("SELECT text FROM sync_request WHERE receipt = 'REFUSED'")
    negative = "SELECT category || '/' || number || ': ' || text AS text FROM sync_request"
    negatives = machine.ccb.rows(f"{negative} WHERE state = 'ERROR' AND category IS NOT NULL")
    found = {"door": refused, "negative": negatives}
    return {kind: rows[0]["text"] if len(rows) == 1 else "" for kind, rows in found.items()}


def _tell(
    console: Console, figures: report.Figures, sentences: dict[str, str], retried: int, complaints: list[str]
) -> bool:
    """Print the verdict, a line each; return whether something is wrong."""
    answered = figures.answers == figures.requests - 1
    lines = [
        (answered, f"{figures.requests:,} requests of CCB: each but the one that follows got its one answer"),
        (bool(sentences["door"]), f"One breaks its contract; the door refused it: {sentences['door']}"),
        (bool(sentences["negative"]), f"One breaks a rule of MDM; CCB's message {sentences['negative']}"),
        (figures.corrections > 0, f"{figures.corrections:,} corrected readings came back, and were billed again"),
        (retried != 0, "Some found MDM away and were delivered by a retry" + (f": {retried:,}" * (retried > 0))),
        (
            figures.dead == 1,
            f"What came is what went in all {figures.queues} queues; nothing is under way{_dead(figures)}",
        ),
        (not complaints, f"Errors in the logs of jmswrap: {len(complaints)} {' '.join(complaints[:1])}".strip()),
        (not figures.unexplained, _agreement(figures)),
    ]
    for right, sentence in lines:
        console.print("[green]✓[/green]" if right else "[red]✗[/red]", end=" ")
        console.print(sentence, markup=False, highlight=False)
    _tell_rates(console, figures)
    return not all(right for right, _ in lines)


def _tell_rates(console: Console, figures: report.Figures) -> None:
    calls = figures.calls_ccb + figures.calls_mdm
    median, p95 = figures.latency_median_seconds, figures.latency_p95_seconds
    console.print(
        f"\n{figures.hops:,} messages through queues in {figures.seconds:g} s: {figures.hops_per_second:,} a second,"
        f" with {calls:,} calls of the two applications."
    )
    console.print(
        f"From CCB's call to its answer, through four queues: {median:g} s (median), {p95:g} s (95 %). CCB hands over"
        " a whole batch at once: most of it is waiting in line."
    )
    beside = _beside_bench(figures)
    if figures.customers > _MANY:
        console.print(f"`make bench` last came to {beside['bench_per_second']:,} a second: {beside['share']:.2f} of it")


def _dead(figures: report.Figures) -> str:
    return ", one is dead: what MDM refused" if figures.dead == 1 else f", {figures.dead} are dead and one should be"


def _agreement(figures: report.Figures) -> str:
    if figures.unexplained:
        return f"{figures.unexplained} of {figures.differences} differences between CCB and MDM have no explanation"
    return f"CCB and MDM agree; the {figures.differences} differences between them are explained above"


def _beside_bench(figures: report.Figures) -> dict[str, float]:
    """Return the end-to-end rate that the bench measured last, and what share of it this is."""
    rows = json.loads(BENCH.read_text())
    rate = next(row["jmswrap"] for row in rows if row["what"] == "end to end" and row["size_kb"] == 0.5)
    return {"bench_per_second": rate, "share": round(figures.hops_per_second / rate, 2)}


if __name__ == "__main__":
    sys.exit(main())
