"""CCB's side of billing: usage requests, the bill determinants that answer them, corrected readings.

A usage request of batch billing waits for the monitor, then for the pending sync requests of its
service agreement, then for MDM. A corrected reading that was already billed makes an online one that
replaces it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from jmswrap import clock
from jmswrap.testing.utility import population
from jmswrap.testing.utility.application import Application, BusinessError, Takes
from jmswrap.testing.utility.calls import Receipt
from jmswrap.testing.utility.documents import Document, first, many, moment

SCHEMA = """
CREATE TABLE IF NOT EXISTS usage_request (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, agreement TEXT NOT NULL, previous INTEGER, state TEXT NOT NULL,
    start TEXT NOT NULL, end TEXT NOT NULL, cycle TEXT NOT NULL, message_id TEXT, receipt TEXT, sent_ms INTEGER,
    settled_ms INTEGER, usage_transaction TEXT, determinants TEXT, category INTEGER, number INTEGER, text TEXT,
    transitions INTEGER NOT NULL DEFAULT 0, repeated INTEGER NOT NULL DEFAULT 0,
    contradicted INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS usage_request_state ON usage_request (state, id);
CREATE INDEX IF NOT EXISTS usage_request_agreement ON usage_request (agreement, state);
CREATE TABLE IF NOT EXISTS replacement (
    id TEXT PRIMARY KEY, usage_request INTEGER NOT NULL, agreement TEXT NOT NULL, document TEXT NOT NULL,
    repeated INTEGER NOT NULL DEFAULT 0);
"""
OPEN_STATES = "('PENDING', 'AWAITING_DATA_SYNC', 'AWAITING_BD', 'BD_RECEIVED')"
_BEFORE_THE_FIRST = 880000000000
_CATEGORY = 11017
_PROCESSES = {"BATCH": "BatchBillDeterminant", "ONLINE": "OnlineBillDeterminant"}
_USER = "SYSUSER"


class Billing:
    """Usage requests and what comes of them."""

    def __init__(self, ccb: Application, to_do: Callable[[str, str], None]) -> None:
        self._ccb = ccb
        self._books = ccb.books
        self._to_do = to_do

    @property
    def takes(self) -> Mapping[str, Takes]:
        """The bill determinants and the corrected readings."""
        return {"CM-BillDeterminantInbound": self.received, "CM-ReplacementReadsInbound": self.replaced}

    @property
    def commands(self) -> Mapping[str, Callable[..., Any]]:
        """What CCB can be asked to do about bills."""
        return {"bill": self.bill, "bill_online": self.bill_online}

    def open(self) -> int:
        """Return how many usage requests are not final."""
        return self._books.number(f"SELECT count(*) FROM usage_request WHERE state IN {OPEN_STATES}")  # noqa: S608

    def bill(self) -> int:
        """Make a usage request for every service agreement that has none under way; return how many."""
        made = 0
        agreements = "SELECT id, document FROM service_agreement WHERE NOT EXISTS (SELECT 1 FROM usage_request"
        agreements += f" WHERE agreement = service_agreement.id AND state IN {OPEN_STATES})"
        for row in self._books.rows(agreements):
            self._request("BATCH", row["id"], json.loads(row["document"]).get("billCycle", ""))
            made += 1
        return made

    def bill_online(self, agreement: str, previous: int | None = None) -> int:
        """Make an online usage request, as a user who generates a bill segment does."""
        return self._request("ONLINE", agreement, "", previous)

    def _request(self, kind: str, agreement: str, cycle: str, previous: int | None = None) -> int:
        self._books.write(
            "INSERT INTO usage_request (id, kind, agreement, previous, state, start, end, cycle)"
            " VALUES ((SELECT coalesce(max(id), ?) + 1 FROM usage_request), ?, ?, ?, 'PENDING', ?, ?, ?)",
            _BEFORE_THE_FIRST,
            kind,
            agreement,
            previous,
            f"{population.PERIOD_START}T00:00:00Z",
            f"{population.PERIOD_END}T00:00:00Z",
            cycle,
        )
        return self._books.number("SELECT last_insert_rowid()")

    def work(self, room: int) -> None:
        """Run the usage monitor."""
        ready = "SELECT * FROM usage_request WHERE state IN ('PENDING', 'AWAITING_DATA_SYNC') AND NOT EXISTS (SELECT 1"
        ready += (
            " FROM sync_request WHERE agreement = usage_request.agreement AND state IN ('PENDING', 'AWAITING_ACK'))"
        )
        for row in self._books.rows(f"{ready} LIMIT ?", room):
            self._send(row)
        if room:
            self._books.write("UPDATE usage_request SET state = 'AWAITING_DATA_SYNC' WHERE state = 'PENDING'")
        self._books.write("UPDATE usage_request SET state = 'BD_PROCESSED' WHERE state = 'BD_RECEIVED'")
        before = clock.wall_ms() - int(self._ccb.settings.time_out_seconds * 1000)
        for row in self._books.rows("SELECT id FROM usage_request WHERE state = 'AWAITING_BD' AND sent_ms < ?", before):
            self._fail(row["id"], "no bill determinants came in time")

    def _send(self, row: Any) -> None:
        request = int(row["id"])
        sent_ms = clock.wall_ms()
        self._books.write("UPDATE usage_request SET state = 'AWAITING_BD', sent_ms = ? WHERE id = ?", sent_ms, request)
        document = {"usageId": str(request)}
        if row["previous"]:
            document["previousUsageId"] = str(row["previous"])
        document |= {"saId": row["agreement"], "bo": "C1-UsageRequest", "statusDateTime": moment(sent_ms)}
        document |= {"startDateTime": row["start"], "endDateTime": row["end"]}
        if row["kind"] == "BATCH":
            document |= {"billCycle": row["cycle"], "windowStartDate": population.PERIOD_END}
        else:
            document["userId"] = _USER
        service = f"OUCCB2OUMDM2{_PROCESSES[row['kind']]}ReqJMSWriteSvc"
        self._ccb.send(service, document, row["agreement"], lambda receipt: self._given(request, receipt))

    def _given(self, request: int, receipt: Receipt) -> None:
        if receipt.refusal:
            self._fail(request, receipt.refusal)
            return
        self._books.write(
            "UPDATE usage_request SET message_id = ?, receipt = ? WHERE id = ?",
            receipt.message_id,
            receipt.status,
            request,
        )

    def _fail(self, request: int, text: str) -> None:
        self._books.write(
            "UPDATE usage_request SET state = 'ERROR', text = ?, settled_ms = ? WHERE id = ? AND state = 'AWAITING_BD'",
            text,
            clock.wall_ms(),
            request,
        )
        self._to_do(f"usage request {request}", text)

    def received(self, said: Document) -> Document:
        """Take the one answer that a usage request awaits."""
        row = self._books.row("SELECT * FROM usage_request WHERE id = ?", first(said, "usageId"))
        if row is None:
            raise BusinessError(_CATEGORY, 8, f"there is no usage request {first(said, 'usageId')}")
        failed = first(said, "boStatus") == "ERROR"
        if row["state"] == "AWAITING_BD":
            self._answered(row["id"], failed, said)
        elif (row["state"] == "ERROR") == failed and row["transitions"]:
            self._books.write("UPDATE usage_request SET repeated = repeated + 1 WHERE id = ?", row["id"])
        else:
            self._books.write("UPDATE usage_request SET contradicted = contradicted + 1 WHERE id = ?", row["id"])
            raise BusinessError(_CATEGORY, 9, f"usage request {row['id']} is {row['state']} and awaits no determinants")
        return {"usageId": str(row["id"]), "boStatus": first(said, "boStatus")}

    def _answered(self, request: int, failed: bool, said: Document) -> None:
        self._books.write(
            "UPDATE usage_request SET state = ?, settled_ms = ?, usage_transaction = ?, determinants = ?, category = ?,"
            " number = ?, text = ?, transitions = transitions + 1 WHERE id = ?",
            "ERROR" if failed else "BD_RECEIVED",
            clock.wall_ms(),
            first(said, "usageTransactionId"),
            json.dumps(many(said, "usagePeriod")),
            first(said, "messageCategory") or None,
            first(said, "messageNumber") or None,
            first(said, "messageText") or None,
            request,
        )
        if failed:
            self._to_do(f"usage request {request}", first(said, "messageText"))

    def replaced(self, said: Document) -> Document:
        """Take corrected readings of a usage that may be billed: keep them, cancel and rebill."""
        key, usage, agreement = first(said, "replacementId"), first(said, "usageId"), first(said, "saId")
        reply = {"replacementId": key, "usageId": usage, "saId": agreement}
        reply["replacementRead"] = many(said, "replacementRead")  # type: ignore[assignment]
        if self._books.write("UPDATE replacement SET repeated = repeated + 1 WHERE id = ?", key):
            return reply
        known = self._books.row("SELECT agreement FROM usage_request WHERE id = ?", usage)
        if known is None or known["agreement"] != agreement:
            raise BusinessError(_CATEGORY, 10, f"usage request {usage} of service agreement {agreement} is not known")
        for read in many(said, "replacementRead"):
            self._correct(agreement, read)
        self._books.write(
            "INSERT INTO replacement (id, usage_request, agreement, document) VALUES (?, ?, ?, ?)",
            key,
            usage,
            agreement,
            json.dumps(said),
        )
        self.bill_online(agreement, int(usage))
        return reply

    def _correct(self, agreement: str, corrected: Document) -> None:
        for row in self._books.rows("SELECT id, document FROM meter_read WHERE agreement = ?", agreement):
            document = json.loads(row["document"])
            if document["readDateTime"] != first(corrected, "readDateTime"):
                continue
            for register in document["registerRead"]:
                if register["registerId"] == first(corrected, "registerId"):
                    register["reading"] = first(corrected, "newReading")
            self._books.write("UPDATE meter_read SET document = ? WHERE id = ?", json.dumps(document), row["id"])
