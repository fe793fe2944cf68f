"""Each message's way as a table, and the verdict that the ledgers give."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

from examples.person_sync.applications import Receipt
from jmswrap.testing.ledger import Entry

_HEADS = ("sync request", "person", "receipt", "calls", "applied", "answered", "CCB told")


@dataclass(frozen=True, slots=True)
class Way:
    """One person's change, from CCB to MDM and back."""

    receipt: Receipt
    attempts: int
    """How often its Read process called MDM."""
    applied: Entry | None
    answered: Receipt | None
    transition: Entry | None

    @property
    def unusual(self) -> bool:
        """More than one attempt, or no success."""
        return self.attempts != 1 or self.applied is None


def ways(
    receipts: Sequence[Receipt],
    attempts: Mapping[str, int],
    mdm: Sequence[Entry],
    answered: Mapping[str, Receipt],
    ccb: Sequence[Entry],
) -> list[Way]:
    """Put together what each side wrote down about each sync request."""
    applied = {entry.values["reference"]: entry for entry in mdm}
    transitions = {entry.values["reference"]: entry for entry in ccb}
    return [
        Way(
            r,
            attempts.get(r.reference, 0),
            applied.get(r.reference),
            answered.get(r.reference),
            transitions.get(r.reference),
        )
        for r in receipts
    ]


def show(console: Console, found: Sequence[Way], began_ms: int, title: str) -> None:
    """Print the ways, one row a message; times are seconds since the first call."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for head in _HEADS:
        table.add_column(head, justify="left" if head in _HEADS[:2] else "right", no_wrap=True)
    for way in found:
        table.add_row(
            way.receipt.reference,
            way.receipt.person,
            _after(way.receipt.at_ms, began_ms),
            str(way.attempts),
            _after(way.applied.time_ms, began_ms) if way.applied else "[yellow]refused[/yellow]",
            _after(way.answered.at_ms, began_ms) if way.answered else "–",
            _told(way.transition, began_ms),
        )
    console.print(table)


def show_refusal(console: Console, way: Way) -> None:
    """Print what CCB was told of a message that MDM refused."""
    if way.transition is not None:
        said = way.transition.values
        console.print(f"  CCB's message {said['category']}/{said['number']}: {said['text']}\n", style="yellow")


def _after(at_ms: int, began_ms: int) -> str:
    return f"{(at_ms - began_ms) / 1000:.2f} s"


def _told(entry: Entry | None, began_ms: int) -> str:
    if entry is None:
        return "[red]never[/red]"
    mark = "[green]ok[/green]" if entry.values["state"] == "SYNCHRONIZED" else "[yellow]ERROR[/yellow]"
    return f"{mark} {_after(entry.time_ms, began_ms)}"


def faults(found: Sequence[Way], rejected: str, mdm: Sequence[Entry], ccb: Sequence[Entry]) -> list[str]:
    """Return everything the ledgers hold against the promise; empty when it was kept."""
    acknowledged = {way.receipt.reference for way in found}
    applied = Counter(entry.values["reference"] for entry in mdm)
    told = Counter(entry.values["reference"] for entry in ccb)
    wrong = [
        f"{r} was acknowledged and applied {applied[r]} times" for r in acknowledged - {rejected} if applied[r] != 1
    ]
    wrong += [f"{r} was acknowledged and CCB was told {told[r]} times" for r in acknowledged if told[r] != 1]
    wrong += [f"{r} was applied but never acknowledged" for r in applied if r not in acknowledged]
    if applied[rejected]:
        wrong.append(f"{rejected} was rejected by MDM and applied all the same")
    if not any(e.values["reference"] == rejected and e.values["state"] == "ERROR" for e in ccb):
        wrong.append(f"{rejected} was rejected by MDM and CCB got no negative acknowledgement")
    last: dict[str, str] = {}
    for entry in mdm:
        person, reference = entry.values["person"], entry.values["reference"]
        if reference < last.get(person, ""):
            wrong.append(f"{reference} of person {person} was applied after {last[person]}")
        last[person] = reference
    return wrong
