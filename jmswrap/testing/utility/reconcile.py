"""The reconciliation: CCB's objects against MDM's, CCB's bills against its own readings, every difference explained.

A difference is explained by what CCB itself knows: the object's last sync request was refused or is not
answered. All others are faults of what stands between the two.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from jmswrap.testing.utility import books
from jmswrap.testing.utility.catalog import ENTITIES, Entity, ValueMaps, expected
from jmswrap.testing.utility.documents import first, flat, many


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same in both applications."""

    entity: str
    key: str
    what: str
    reason: str
    """Why it may be so; empty: nobody knows, and something is wrong."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One kind of object."""

    entity: str
    ccb: int
    mdm: int
    equal: int


@dataclass(slots=True)
class Reconciliation:
    """The whole report."""

    compared: list[Compared] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def unexplained(self) -> list[Difference]:
        """The differences that are faults."""
        return [one for one in self.differences if not one.reason]

    @property
    def explained(self) -> list[Difference]:
        """The differences that have a reason."""
        return [one for one in self.differences if one.reason]


def reconcile(ccb: Path, mdm: Path, integration: Path) -> Reconciliation:
    """Compare the books of the two applications."""
    maps, report = ValueMaps(integration), Reconciliation()
    with closing(books.reading(ccb)) as source, closing(books.reading(mdm)) as target:
        for entity in ENTITIES:
            _objects(entity, source, target, maps, report)
        report.differences += _unanswered(source)
        _usages(source, target, report)
        _corrections(source, target, report)
    return report


def _documents(database: sqlite3.Connection, table: str, key: str) -> dict[str, Any]:
    rows = database.execute(f"SELECT {key} AS key, document FROM {table}")  # noqa: S608 - our own names
    return {row["key"]: json.loads(row["document"]) for row in rows}


def _objects(
    entity: Entity, source: sqlite3.Connection, target: sqlite3.Connection, maps: ValueMaps, report: Reconciliation
) -> None:
    ours, theirs = _documents(source, entity.name, "id"), _documents(target, entity.table, "external_id")
    reasons, equal = _reasons(source, entity.name), 0
    for key, document in ours.items():
        wanted = expected(entity, document, maps)
        found = flat(theirs[key]) if key in theirs else None
        what = "MDM does not have it" if found is None else _first_difference(wanted, found)
        if what:
            report.differences.append(Difference(entity.name, key, what, reasons.get(key, "")))
        else:
            equal += 1
    for key in theirs.keys() - ours.keys():
        report.differences.append(Difference(entity.name, key, "CCB does not have it", ""))
    report.compared.append(Compared(entity.name, len(ours), len(theirs), equal))


def _first_difference(wanted: Mapping[str, tuple[str, ...]], found: Mapping[str, tuple[str, ...]]) -> str:
    for path in sorted(wanted.keys() | found.keys()):
        one, other = wanted.get(path, ()), found.get(path, ())
        if one != other:
            said = [", ".join(values) or "nothing" for values in (one, other)]
            return f"{path}: {said[0]} is expected, MDM has {said[1]}"
    return ""


def _reasons(source: sqlite3.Connection, entity: str) -> dict[str, str]:
    """Return why objects may differ: what became of the last sync request of each that was not synchronized."""
    rows = source.execute(
        "SELECT object, state, text, category, number FROM sync_request s WHERE entity = ? AND id ="
        " (SELECT max(id) FROM sync_request WHERE entity = s.entity AND object = s.object)"
        " AND state IN ('ERROR', 'CANCELED')",
        (entity,),
    )
    return {row["object"]: _reason(row) for row in rows}


def _reason(row: sqlite3.Row) -> str:
    if row["state"] == "CANCELED":
        return "its synchronization was canceled by a person"
    code = f"{row['category']}/{row['number']}: " if row["category"] else ""
    return f"it was refused, CCB was told: {code}{row['text']}"


def _unanswered(source: sqlite3.Connection) -> Iterator[Difference]:
    """Yield the requests that did not get exactly the one answer they wait for."""
    waiting = "SELECT id, entity, object, state FROM sync_request WHERE state IN ('PENDING', 'AWAITING_ACK')"
    for row in source.execute(waiting):
        yield Difference(row["entity"], row["object"], f"sync request {row['id']} is {row['state']}", "")
    doubled = "SELECT id, entity, object, transitions, sendings, contradicted FROM sync_request"
    for row in source.execute(f"{doubled} WHERE transitions > sendings OR contradicted > 0"):
        what = f"sync request {row['id']} was sent {row['sendings']} times, answered {row['transitions']} times,"
        yield Difference(row["entity"], row["object"], f"{what} contradicted {row['contradicted']} times", "")


def _usages(source: sqlite3.Connection, target: sqlite3.Connection, report: Reconciliation) -> None:
    theirs = {row["external_id"]: row for row in target.execute("SELECT * FROM usage_transaction")}
    ours = source.execute("SELECT * FROM usage_request").fetchall()
    replaced = {row["previous"] for row in ours if row["previous"] and row["state"] == "BD_PROCESSED"}
    reads = _reads(source)
    equal = 0
    for row in ours:
        what, reason = _usage_difference(row, theirs.get(str(row["id"])), row["id"] in replaced, reads)
        if what:
            report.differences.append(Difference("usage_request", str(row["id"]), what, reason))
        else:
            equal += 1
    report.compared.append(Compared("usage_request", len(ours), len(theirs), equal))


def _usage_difference(
    row: sqlite3.Row, transaction: sqlite3.Row | None, replaced: bool, reads: Mapping[tuple[str, str], str]
) -> tuple[str, str]:
    """Return what is wrong with a usage request, and why that may be."""
    if row["state"] == "ERROR":
        return "it has no bill determinants", _reason(row)
    if row["state"] != "BD_PROCESSED" or row["transitions"] != 1 or row["contradicted"]:
        return f"it is {row['state']} after {row['transitions']} answers", ""
    if transaction is None or transaction["state"] != "CALCULATED":
        return "MDM has no usage transaction of it", ""
    for period in json.loads(row["determinants"]):
        if replaced:
            continue  # its readings were corrected since; the request that replaced it is compared
        if what := _period_difference(period, reads):
            return what, ""
    return "", ""


def _period_difference(period: Mapping[str, Any], reads: Mapping[tuple[str, str], str]) -> str:
    """Compare a period's readings with CCB's own, and its quantity with what they come to."""
    used = Decimal(0)
    for read in many(period, "registerRead"):
        for end in ("start", "end"):
            at, said = first(read, f"{end}DateTime"), first(read, f"{end}Reading")
            own = reads.get((first(read, "registerId"), at), "")
            if own != said:
                return f"the reading of {first(read, 'registerId')} on {at[:10]}: MDM says {said}, CCB has {own}"
        used += Decimal(first(read, "endReading")) - Decimal(first(read, "startReading"))
    billed = sum((Decimal(first(one, "quantity")) for one in many(period, "serviceQuantity")), Decimal(0))
    return "" if billed == used else f"MDM says {billed}, CCB's readings come to {used}"


def _reads(source: sqlite3.Connection) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for document in _documents(source, "meter_read", "id").values():
        for register in document["registerRead"]:
            found[register["registerId"], document["readDateTime"]] = str(register["reading"])
    return found


def _corrections(source: sqlite3.Connection, target: sqlite3.Connection, report: Reconciliation) -> None:
    ours = {row["id"] for row in source.execute("SELECT id FROM replacement")}
    theirs = {f"{row['id']:012d}" for row in target.execute("SELECT id FROM correction")}
    for key in ours ^ theirs:
        what = "CCB was not told of it" if key in theirs else "MDM did not send it"
        report.differences.append(Difference("replacement", key, what, ""))
    report.compared.append(Compared("replacement", len(ours), len(theirs), len(ours & theirs)))
