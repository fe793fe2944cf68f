"""A small CCB: objects, their sync requests, and the one answer that each request gets.

A change of an object makes a sync request with the object as it was before. The monitor (batch
F1-SYNRQ) compares, discards what changed nothing, and sends the others; each then awaits its
acknowledgement. Usage requests are in ``billing.py``.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from jmswrap import clock
from jmswrap.testing.utility import population
from jmswrap.testing.utility.application import Application, BusinessError, Settings, Takes
from jmswrap.testing.utility.billing import SCHEMA as BILLING_SCHEMA
from jmswrap.testing.utility.billing import Billing
from jmswrap.testing.utility.calls import Receipt
from jmswrap.testing.utility.catalog import BY_NAME, ENTITIES, Entity
from jmswrap.testing.utility.documents import Document, first, moment

SYSTEM = "OU_CCB2_01"
CATEGORY = 11017
"""CCB's messages about the integration."""
_BEFORE_THE_FIRST = 20261121000000
_BACKLOG = 200
"""So many messages are handed over at once; the others stay pending."""
_MONITOR_SECONDS = 0.25
"""Between two runs of the monitors that look at all that waits."""

SCHEMA = "".join(
    f"CREATE TABLE IF NOT EXISTS {entity.name} (id TEXT PRIMARY KEY, document TEXT NOT NULL, agreement TEXT NOT NULL,"
    " version INTEGER NOT NULL, migrated INTEGER NOT NULL);\n"
    for entity in ENTITIES
)
SCHEMA += """
CREATE TABLE IF NOT EXISTS sync_request (
    id INTEGER PRIMARY KEY, entity TEXT NOT NULL, object TEXT NOT NULL, agreement TEXT NOT NULL, state TEXT NOT NULL,
    before TEXT NOT NULL, initial_load INTEGER NOT NULL, sendings INTEGER NOT NULL DEFAULT 0, message_id TEXT,
    receipt TEXT, sent_ms INTEGER, settled_ms INTEGER, production_key TEXT, category INTEGER, number INTEGER, text TEXT,
    transitions INTEGER NOT NULL DEFAULT 0, repeated INTEGER NOT NULL DEFAULT 0,
    contradicted INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS sync_request_state ON sync_request (state, id);
CREATE INDEX IF NOT EXISTS sync_request_agreement ON sync_request (agreement, state);
CREATE INDEX IF NOT EXISTS sync_request_object ON sync_request (entity, object);
CREATE TABLE IF NOT EXISTS to_do (number INTEGER PRIMARY KEY, about TEXT NOT NULL, text TEXT NOT NULL);
"""


class Ccb(Application):
    """Customer Care and Billing, small."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, SCHEMA + BILLING_SCHEMA)
        self.billing = Billing(self, self.to_do)
        self._monitors_at = 0.0

    @property
    def takes(self) -> Mapping[str, Takes]:
        """The acknowledgement, the bill determinants, the replacement reads."""
        return {"F1-UpdateAndTransitionSyncRequest": self.transition, **self.billing.takes}

    @property
    def commands(self) -> Mapping[str, Callable[..., Any]]:
        """What it can be asked to do."""
        return {
            "customers": self.customers,
            "readings": self.readings,
            "move": self.move,
            "change": self.change,
            "resend": self.resend,
            "repeat": self.repeat,
            "cancel": self.cancel,
            "open": self.open,
            **self.billing.commands,
        }

    def work(self) -> None:
        """Run the monitors."""
        assert self.outbox is not None
        room = max(_BACKLOG - self.outbox.waiting, 0)
        for row in self.books.rows("SELECT * FROM sync_request WHERE state = 'PENDING' ORDER BY id LIMIT ?", room):
            self._process(row)
        if clock.monotonic() >= self._monitors_at:
            self._monitors_at = clock.monotonic() + _MONITOR_SECONDS
            self._time_out()
            self.billing.work(max(_BACKLOG - self.outbox.waiting, 0))

    def customers(self, start: int, count: int, migrated: bool = False) -> int:
        """Begin to know customers; ``migrated`` ones came by another way and are not synchronized."""
        objects = [made for number in range(start, start + count) for made in population.customer(number)]
        for made in objects if start else [*population.cycles(), *objects]:
            self._put(made, migrated)
        return len(objects)

    def readings(self, start: int, count: int) -> int:
        """Take the reading at the end of the billed month of customers."""
        return len([self._put(population.read(number, 1), migrated=False) for number in range(start, start + count)])

    def move(self, number: int, country: str = "USA") -> int:
        """Have a customer move; return the sync request that this makes."""
        return self._put(population.person(number, moved=True, country=country), migrated=False)

    def change(self, entity: str, key: str, document: dict[str, Any], agreement: str = "") -> int:
        """Change an object, or make it known; return the sync request that this makes."""
        return self._put(population.Made(BY_NAME[entity], key, agreement, document), migrated=False)

    def _put(self, made: population.Made, migrated: bool) -> int:
        table, document = made.entity.name, json.dumps(made.document)
        known = self.books.row(f"SELECT document FROM {table} WHERE id = ?", made.key)  # noqa: S608 - our own names
        self.books.write(
            f"INSERT INTO {table} VALUES (?, ?, ?, 1, ?) ON CONFLICT (id) DO UPDATE"  # noqa: S608
            " SET document = excluded.document, version = version + 1",
            made.key,
            document,
            made.agreement,
            migrated,
        )
        if migrated:
            return 0
        values = (table, made.key, made.agreement, known["document"] if known else "", known is None)
        self.books.write(
            "INSERT INTO sync_request (id, entity, object, agreement, state, before, initial_load)"
            " VALUES ((SELECT coalesce(max(id), ?) + 1 FROM sync_request), ?, ?, ?, 'PENDING', ?, ?)",
            _BEFORE_THE_FIRST,
            *values,
        )
        return self.books.number("SELECT last_insert_rowid()")

    def document(self, entity: str, key: str) -> dict[str, Any] | None:
        """Return an object as it is now; None when there is none."""
        row = self.books.row(f"SELECT document FROM {entity} WHERE id = ?", key)  # noqa: S608
        found: dict[str, Any] | None = None if row is None else json.loads(row["document"])
        return found

    def resend(self, request: int) -> None:
        """Send a request in error again, with the object as it is now."""
        if not self._move(request, "ERROR", "PENDING"):
            raise BusinessError(CATEGORY, 3, f"sync request {request} is not in error: only those are sent again")

    def cancel(self, request: int) -> None:
        """Give up a request that awaits its acknowledgement or is in error."""
        if not (self._move(request, "AWAITING_ACK", "CANCELED") or self._move(request, "ERROR", "CANCELED")):
            raise BusinessError(CATEGORY, 4, f"sync request {request} cannot be canceled: it is final")

    def repeat(self, request: int) -> None:
        """Send the very message of a request again, as a message sender does that lost the receipt."""
        row = self.books.row("SELECT * FROM sync_request WHERE id = ?", request)
        if row is None or not row["sent_ms"]:
            raise BusinessError(CATEGORY, 5, f"sync request {request} was never sent")
        self._send(BY_NAME[row["entity"]], row, row["sent_ms"])

    def open(self) -> int:
        """Return how many sync and usage requests are not final."""
        waiting = "SELECT count(*) FROM sync_request WHERE state IN ('PENDING', 'AWAITING_ACK')"
        return self.books.number(waiting) + self.billing.open()

    def _move(self, request: int, before: str, after: str) -> bool:
        moved = self.books.write("UPDATE sync_request SET state = ? WHERE id = ? AND state = ?", after, request, before)
        return moved > 0

    def _process(self, row: Any) -> None:
        entity = BY_NAME[row["entity"]]
        unchanged = self.document(entity.name, row["object"]) == (json.loads(row["before"]) if row["before"] else None)
        if unchanged and not row["sendings"]:
            self.books.write("UPDATE sync_request SET state = 'DISCARDED' WHERE id = ?", row["id"])
            return
        sent_ms = clock.wall_ms()
        self.books.write(
            "UPDATE sync_request SET state = 'AWAITING_ACK', sendings = sendings + 1, sent_ms = ?, settled_ms = NULL,"
            " category = NULL, number = NULL, text = NULL WHERE id = ?",
            sent_ms,
            row["id"],
        )
        self._send(entity, row, sent_ms)

    def _send(self, entity: Entity, row: Any, sent_ms: int) -> None:
        header = {
            "syncRequestId": str(row["id"]),
            "bo": f"C1-MDM2{entity.process}SyncRequest",
            "statusDateTime": moment(sent_ms),
            "sourceSystem": SYSTEM,
            "initialLoad": bool(row["initial_load"]),
            "mo": entity.mo,
            "pkValue1": row["object"],
        }
        document = {**header, entity.source: self.document(entity.name, row["object"])}
        request = int(row["id"])
        self.send(
            entity.request_service,
            document,
            row["agreement"] or row["object"],
            lambda receipt: self._given(request, receipt),
        )

    def _given(self, request: int, receipt: Receipt) -> None:
        if receipt.refusal:
            self._fail(request, receipt.refusal, "REFUSED")
            return
        self.books.write(
            "UPDATE sync_request SET message_id = ?, receipt = ? WHERE id = ?",
            receipt.message_id,
            receipt.status,
            request,
        )

    def _fail(self, request: int, text: str, receipt: str | None = None) -> None:
        self.books.write(
            "UPDATE sync_request SET state = 'ERROR', text = ?, receipt = coalesce(?, receipt), settled_ms = ?"
            " WHERE id = ? AND state = 'AWAITING_ACK'",
            text,
            receipt,
            clock.wall_ms(),
            request,
        )
        self.to_do(f"sync request {request}", text)

    def to_do(self, about: str, text: str) -> None:
        """Tell a person."""
        self.books.write("INSERT INTO to_do (about, text) VALUES (?, ?)", about, text)

    def _time_out(self) -> None:
        before = clock.wall_ms() - int(self.settings.time_out_seconds * 1000)
        late = "SELECT id FROM sync_request WHERE state = 'AWAITING_ACK' AND sent_ms < ?"
        for row in self.books.rows(late, before):
            self._fail(row["id"], "no acknowledgement came in time")

    def transition(self, said: Document) -> Document:
        """Take the one answer that a request awaits; the same again changes nothing, another one is an error."""
        row = self.books.row("SELECT * FROM sync_request WHERE id = ?", first(said, "syncRequestId"))
        if row is None:
            raise BusinessError(CATEGORY, 6, f"there is no sync request {first(said, 'syncRequestId')}")
        state = first(said, "boStatus")
        if row["state"] == "AWAITING_ACK":
            self._answered(row["id"], state, said)
        elif row["state"] == state:
            self.books.write("UPDATE sync_request SET repeated = repeated + 1 WHERE id = ?", row["id"])
        else:
            self.books.write("UPDATE sync_request SET contradicted = contradicted + 1 WHERE id = ?", row["id"])
            raise BusinessError(CATEGORY, 7, f"sync request {row['id']} is {row['state']} and cannot become {state}")
        return {"syncRequestId": str(row["id"]), "boStatus": state}

    def _answered(self, request: int, state: str, said: Document) -> None:
        self.books.write(
            "UPDATE sync_request SET state = ?, settled_ms = ?, production_key = ?, category = ?, number = ?, text = ?,"
            " transitions = transitions + 1 WHERE id = ?",
            state,
            clock.wall_ms(),
            first(said, "productionPkValue"),
            first(said, "messageCategory") or None,
            first(said, "messageNumber") or None,
            first(said, "messageText") or None,
            request,
        )
        if state == "ERROR":
            self.to_do(f"sync request {request}", first(said, "messageText"))
