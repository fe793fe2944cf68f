"""The day as a person reads it: how it goes, what came of it, and whether the two applications agree."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from examples.utility_day.day import State
from jmswrap.testing.utility.reconcile import Difference, Reconciliation


@dataclass(frozen=True, slots=True)
class Figures:
    """What a day came to, in numbers."""

    customers: int
    requests: int
    """Synchronizations and usage requests that CCB made."""
    answers: int
    """Answers that CCB got."""
    repeated: int
    """Answers that came a second time and changed nothing."""
    corrections: int
    calls_ccb: int
    """Calls of CCB's web service."""
    calls_mdm: int
    queues: int
    hops: int
    """Messages that went through a queue."""
    dead: int
    """Those that a partner refused for good, which its caller was told."""
    seconds: float
    latency_median_seconds: float
    """From CCB's call to its answer, through four queues."""
    latency_p95_seconds: float
    differences: int
    unexplained: int

    @property
    def hops_per_second(self) -> float:
        """The rate of all that lies between the two applications."""
        return round(self.hops / self.seconds, 1)


def going(state: State) -> Group:
    """Return the day so far, one row a process."""
    table = _table("process", "requests", "answered", "refused", "under way")
    for name, *numbers in state.rows:
        table.add_row(name, *(f"{number:,}" for number in numbers))
    return Group(Text("The day, process by process:", style="bold"), table)


def reconciliation(console: Console, found: Reconciliation) -> None:
    """Print CCB's objects against MDM's."""
    console.print("\n[bold]Reconciliation[/bold]: what CCB has, translated, against what MDM has, field by field\n")
    explained = Counter(one.entity for one in found.explained)
    wrong = Counter(one.entity for one in found.unexplained)
    table = _table("object", "CCB", "MDM", "equal", "explained", "unexplained")
    for one in found.compared:
        bad = wrong[one.entity]
        mark = f"[red]{bad:,}[/red]" if bad else "0"
        numbers = (one.ccb, one.mdm, one.equal, explained[one.entity])
        table.add_row(one.entity.replace("_", " "), *(f"{number:,}" for number in numbers), mark)
    console.print(table)
    _differences(console, "Differences that are explained:", found.explained, "yellow")
    _differences(console, "Differences that nobody can explain:", found.unexplained, "red")


def _differences(console: Console, title: str, found: Sequence[Difference], style: str) -> None:
    if not found:
        return
    console.print(f"[bold]{title}[/bold]")
    for one in found[:10]:
        console.print(f"  {one.entity.replace('_', ' ')} {one.key}: {one.what}", style=style, markup=False)
        if one.reason:
            console.print(f"    because {one.reason}", markup=False)
    if len(found) > 10:
        console.print(f"  … and {len(found) - 10} more")
    console.print()


def _table(*heads: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0))
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left", no_wrap=True)
    return table
