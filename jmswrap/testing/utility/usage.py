"""MDM's side of billing: measurements, usage transactions, corrected measurements.

A usage transaction resolves the usage subscription, its service points, the meters that were installed
there, and takes the measurements at both ends of the period.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from jmswrap import clock
from jmswrap.testing.utility.application import Application, BusinessError, Takes
from jmswrap.testing.utility.calls import Receipt
from jmswrap.testing.utility.catalog import Entity
from jmswrap.testing.utility.documents import Document, first, many

SCHEMA = """
CREATE TABLE IF NOT EXISTS measuring_component (
    external_id TEXT PRIMARY KEY, configuration TEXT NOT NULL, unit TEXT NOT NULL, subtractive INTEGER NOT NULL,
    multiplier TEXT NOT NULL, full_scale TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS component_configuration ON measuring_component (configuration);
CREATE TABLE IF NOT EXISTS installed (
    event TEXT PRIMARY KEY, service_point TEXT NOT NULL, configuration TEXT NOT NULL, start TEXT NOT NULL,
    end TEXT NOT NULL, constant TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS installed_point ON installed (service_point);
CREATE TABLE IF NOT EXISTS measurement (
    component TEXT NOT NULL, at TEXT NOT NULL, reading TEXT NOT NULL, read_type TEXT NOT NULL, read TEXT NOT NULL,
    PRIMARY KEY (component, at));
CREATE TABLE IF NOT EXISTS usage_transaction (
    id INTEGER PRIMARY KEY, external_id TEXT NOT NULL UNIQUE, previous TEXT NOT NULL, system TEXT NOT NULL,
    kind TEXT NOT NULL, subscription TEXT NOT NULL, start TEXT NOT NULL, end TEXT NOT NULL, state TEXT NOT NULL,
    periods TEXT NOT NULL, text TEXT NOT NULL, answered_ms INTEGER, repeated INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS correction (
    id INTEGER PRIMARY KEY, usage_transaction INTEGER NOT NULL, component TEXT NOT NULL, at TEXT NOT NULL,
    former TEXT NOT NULL, reading TEXT NOT NULL, given INTEGER NOT NULL DEFAULT 0);
"""
_CATEGORY = 90000
_ALWAYS = "9999-12-31T00:00:00Z"
_ESTIMATED = "ESTIMATED"
_PROCESSES = {"BATCH": "BatchBillDeterminant", "ONLINE": "OnlineBillDeterminant"}


class Usage:
    """Measurements and what is made of them."""

    def __init__(self, mdm: Application) -> None:
        self._mdm = mdm
        self._books = mdm.books

    @property
    def takes(self) -> Mapping[str, Takes]:
        """Usage transaction requests."""
        return {"D2-UsageTransactionRequestInbound": self.requested}

    @property
    def commands(self) -> Mapping[str, Callable[..., Any]]:
        """What MDM can be asked to do about measurements."""
        return {"correct": self.correct}

    def note(self, entity: Entity, key: str, document: Document) -> None:
        """Keep what a usage is calculated from where it is found quickly."""
        note = {
            "meter_configuration": self._note_configuration,
            "sp_meter_history": self._note_history,
            "meter_read": self._note_read,
        }.get(entity.name)
        if note is not None:
            note(key, document)

    def _note_configuration(self, key: str, document: Document) -> None:
        for component in many(document, "measuringComponent"):
            unit, multiplier, scale = (first(component, n) for n in ("unitOfMeasure", "multiplier", "fullScale"))
            subtractive = first(component, "consumptiveSubtractive") == "S"
            known = (first(component, "externalId"), key, unit, subtractive, multiplier or "1", scale or "0")
            self._books.write("INSERT OR REPLACE INTO measuring_component VALUES (?, ?, ?, ?, ?, ?)", *known)

    def _note_history(self, key: str, document: Document) -> None:
        names = ("servicePointExternalId", "deviceConfigurationExternalId", "installDateTime")
        end, constant = first(document, "removalDateTime"), first(document, "installationConstant")
        event = (key, *(first(document, name) for name in names), end or _ALWAYS, constant or "1")
        self._books.write("INSERT OR REPLACE INTO installed VALUES (?, ?, ?, ?, ?, ?)", *event)

    def _note_read(self, key: str, document: Document) -> None:
        for one in many(document, "measurement"):
            at = (first(one, "measuringComponentExternalId"), first(document, "readDateTime"))
            measured = (*at, first(one, "reading"), first(one, "readType"), key)
            self._books.write("INSERT OR REPLACE INTO measurement VALUES (?, ?, ?, ?, ?)", *measured)

    def requested(self, said: Document) -> Document:
        """Make a usage transaction, or find the one that was made before; the answer to CCB comes later."""
        external, subscription = first(said, "externalId"), first(said, "usExternalId")
        known = self._books.row("SELECT id FROM usage_transaction WHERE external_id = ?", external)
        if known is None:
            number = self._make(said)
        else:
            number = int(known["id"])
            self._books.write("UPDATE usage_transaction SET repeated = repeated + 1 WHERE id = ?", number)
        self._answer(number)
        names = ("externalSystem", "requestKind", "startDateTime", "endDateTime")
        header = {"usageId": f"{number:012d}", "externalId": external, "usExternalId": subscription}
        return {**header, **{name: first(said, name) for name in names}}

    def _make(self, said: Document) -> int:
        state, text, periods = "CALCULATED", "", "[]"
        try:
            periods = json.dumps([self._period(said)])
        except BusinessError as error:
            state, text = "ERROR", str(error)
        names = ("externalId", "previousUsageId", "externalSystem", "requestKind", "usExternalId")
        values = (*(first(said, name) for name in (*names, "startDateTime", "endDateTime")), state, periods, text)
        self._books.write(
            "INSERT INTO usage_transaction (external_id, previous, system, kind, subscription, start, end, state,"
            " periods, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *values,
        )
        return self._books.number("SELECT last_insert_rowid()")

    def _period(self, said: Document) -> dict[str, Any]:
        start, end = first(said, "startDateTime"), first(said, "endDateTime")
        table = "SELECT document FROM usage_subscription WHERE external_id = ?"
        row = self._books.row(table, first(said, "usExternalId"))
        if row is None:
            raise BusinessError(_CATEGORY, 105, f"The usage subscription {first(said, 'usExternalId')} is not known.")
        quantities: list[dict[str, Any]] = []
        reads: list[dict[str, Any]] = []
        for point in many(json.loads(row["document"]), "subscriptionServicePoint"):
            self._add(point, start, end, quantities, reads)
        if not reads:
            raise BusinessError(_CATEGORY, 106, "No meter was installed in the period.")
        estimated = any(read["readType"] == _ESTIMATED for read in reads)
        period = {"startDateTime": start, "endDateTime": end, "estimated": estimated}
        return {**period, "serviceQuantity": quantities, "registerRead": reads}

    def _add(
        self, point: Document, start: str, end: str, quantities: list[dict[str, Any]], reads: list[dict[str, Any]]
    ) -> None:
        service_point = first(point, "servicePointExternalId")
        share = Decimal(first(point, "usePercent") or "100") / 100
        share = {"SUBTRACT": -share, "CHECK": Decimal(0)}.get(first(point, "usageFlag"), share)
        components = "SELECT c.*, i.constant FROM installed i JOIN measuring_component c USING (configuration)"
        components += " WHERE i.service_point = ? AND i.start <= ? AND i.end >= ? ORDER BY c.external_id"
        for component in self._books.rows(components, service_point, end, start):
            first_read = self._reading(component["external_id"], start)
            last_read = self._reading(component["external_id"], end)
            used = _consumption(component, Decimal(first_read["reading"]), Decimal(last_read["reading"])) * share
            reads.append(
                {
                    "measuringComponentExternalId": component["external_id"],
                    "startDateTime": first_read["at"],
                    "startReading": first_read["reading"],
                    "endDateTime": last_read["at"],
                    "endReading": last_read["reading"],
                    "readType": last_read["read_type"],
                }
            )
            quantity = {"sequence": len(quantities) + 1, "unitOfMeasure": component["unit"], "quantity": f"{used:f}"}
            quantities.append({**quantity, "servicePointExternalId": service_point})

    def _reading(self, component: str, at: str) -> Any:
        found = self._books.row(
            "SELECT * FROM measurement WHERE component = ? AND at <= ? ORDER BY at DESC LIMIT 1", component, at
        )
        if found is None or found["at"][:10] != at[:10]:
            raise BusinessError(_CATEGORY, 107, f"There is no measurement of {component} on {at[:10]}.")
        return found

    def _answer(self, number: int) -> None:
        row = self._books.row("SELECT * FROM usage_transaction WHERE id = ?", number)
        assert row is not None
        said: dict[str, Any] = {
            "usageTransactionId": f"{number:012d}",
            "externalId": row["external_id"],
            "externalSystem": row["system"],
            "usExternalId": row["subscription"],
            "outcome": row["state"],
        }
        if row["state"] == "ERROR":
            said["error"] = {"messageCategory": _CATEGORY, "messageNumber": 107, "text": row["text"]}
        else:
            said["usagePeriod"] = json.loads(row["periods"])
        service = f"OUMDM2OUCCB2{_PROCESSES[row['kind']]}RespJMSWriteSvc"

        def given(receipt: Receipt) -> None:
            if not receipt.refusal:
                when = "UPDATE usage_transaction SET answered_ms = ? WHERE id = ?"
                self._books.write(when, clock.wall_ms(), number)

        self._mdm.send(service, said, row["subscription"], given)

    def correct(self, count: int, by: str = "5.0") -> int:
        """Correct the last measurement of usages that were calculated, and tell CCB; return how many."""
        rows = self._books.rows(
            "SELECT * FROM usage_transaction WHERE state = 'CALCULATED' AND kind = 'BATCH' ORDER BY id LIMIT ?", count
        )
        for row in rows:
            read = json.loads(row["periods"])[0]["registerRead"][0]
            self._correct(row, read, str(Decimal(read["endReading"]) + Decimal(by)))
        return len(rows)

    def _correct(self, row: Any, read: Document, reading: str) -> None:
        component, at, former = (read[name] for name in ("measuringComponentExternalId", "endDateTime", "endReading"))
        self._remeasure(component, at, reading)
        self._books.write(
            "INSERT INTO correction (usage_transaction, component, at, former, reading) VALUES (?, ?, ?, ?, ?)",
            *(row["id"], component, at, former, reading),
        )
        number = self._books.number("SELECT last_insert_rowid()")
        replaced = {"measuringComponentExternalId": component, "readDateTime": at, "formerReading": former}
        document = {
            "replacementId": f"{number:012d}",
            "externalSystem": row["system"],
            "externalId": row["external_id"],
            "usExternalId": row["subscription"],
            "usageTransactionId": f"{row['id']:012d}",
            "reason": "FIELD-CHECK",
            "replacementRead": [{**replaced, "newReading": reading, "readType": read["readType"]}],
        }

        def given(receipt: Receipt) -> None:
            self._books.write("UPDATE correction SET given = ? WHERE id = ?", not receipt.refusal, number)

        self._mdm.send("OUMDM2OUCCB2ReplacementReadsReqJMSWriteSvc", document, row["subscription"], given)

    def _remeasure(self, component: str, at: str, reading: str) -> None:
        """Change a measurement, and the document that it came with."""
        where = "component = ? AND at = ?"
        self._books.write(f"UPDATE measurement SET reading = ? WHERE {where}", reading, component, at)  # noqa: S608
        row = self._books.row(
            "SELECT i.id, i.document FROM measurement JOIN initial_measurement i ON external_id = read"  # noqa: S608
            f" WHERE {where}",
            component,
            at,
        )
        assert row is not None
        document = json.loads(row["document"])
        for one in many(document, "measurement"):
            if one["measuringComponentExternalId"] == component:
                one["reading"] = reading
        change = "UPDATE initial_measurement SET document = ?, version = version + 1 WHERE id = ?"
        self._books.write(change, json.dumps(document), row["id"])


def _consumption(component: Any, before: Decimal, after: Decimal) -> Decimal:
    """Return what went through a register: readings of a subtractive one are differences, and may roll over."""
    used = after
    if component["subtractive"]:
        used = after - before if after >= before else after + Decimal(component["full_scale"]) - before
    return used * Decimal(component["multiplier"]) * Decimal(component["constant"])
