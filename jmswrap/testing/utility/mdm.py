"""A small MDM: it resolves what a request refers to, keeps the object, and answers later, by itself.

A request whose references are not known yet waits a while for them, as the framework's retries do;
then it is answered negatively. What MDM can tell at once, a code that no control table has, is a fault.
A composite request carries several objects, which are kept together. Usage transactions are in ``usage.py``.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from jmswrap import clock
from jmswrap.testing.utility import population
from jmswrap.testing.utility.application import Application, BusinessError, Settings, Takes
from jmswrap.testing.utility.calls import Receipt
from jmswrap.testing.utility.catalog import BY_TARGET, ENTITIES, Entity, expected
from jmswrap.testing.utility.documents import Document, first, flat, many
from jmswrap.testing.utility.usage import SCHEMA as USAGE_SCHEMA
from jmswrap.testing.utility.usage import Usage

CATEGORY = 90000
"""MDM's messages of the customer's own category."""
NO_MARKET = "MEX"
"""The country in which the utility has no market contract."""

SCHEMA = "".join(
    f"CREATE TABLE IF NOT EXISTS {entity.table} (id TEXT PRIMARY KEY, external_id TEXT NOT NULL UNIQUE,"
    " document TEXT NOT NULL, version INTEGER NOT NULL, migrated INTEGER NOT NULL);\n"
    for entity in ENTITIES
)
SCHEMA += """
CREATE TABLE IF NOT EXISTS sync_request (
    id INTEGER PRIMARY KEY, reference TEXT NOT NULL, system TEXT NOT NULL, entity TEXT NOT NULL, object TEXT NOT NULL,
    state TEXT NOT NULL, document TEXT NOT NULL, received_ms INTEGER NOT NULL, settled_ms INTEGER, answered_ms INTEGER,
    production_key TEXT, number INTEGER, text TEXT, repeated INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS sync_request_reference ON sync_request (reference);
CREATE INDEX IF NOT EXISTS sync_request_state ON sync_request (state, received_ms);
"""

_Key = tuple[str, str]
"""An entity's name and a key in CCB."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A synchronization request that was taken."""

    number: int
    reference: str
    system: str
    entity: Entity
    key: str
    document: Document
    parts: tuple[tuple[Entity, str, Document], ...] = ()
    """What a composite request carries besides."""

    @property
    def object(self) -> _Key:
        """What it is about."""
        return self.entity.name, self.key

    @property
    def carried(self) -> tuple[tuple[Entity, str, Document], ...]:
        """Every object that it carries."""
        return ((self.entity, self.key, self.document), *self.parts)


class Mdm(Application):
    """Meter Data Management, small."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, SCHEMA + USAGE_SCHEMA)
        self.usage = Usage(self)
        self._waiting: dict[_Key, deque[Inbound]] = {}
        self._held: set[_Key] = set()
        """Objects of which a request waits: the later ones wait behind it."""

    @property
    def takes(self) -> Mapping[str, Takes]:
        """Synchronization requests and usage transaction requests."""
        return {"D1-SyncRequestInbound": self.synchronize, **self.usage.takes}

    @property
    def commands(self) -> Mapping[str, Callable[..., Any]]:
        """What it can be asked to do."""
        return {"customers": self.customers, **self.usage.commands}

    def customers(self, start: int, count: int) -> int:
        """Know customers that were migrated: what CCB has of them is here, too."""
        made = [one for number in range(start, start + count) for one in population.customer(number)]
        for one in made if start else [*population.cycles(), *made]:
            texts = expected(one.entity, one.document, self.maps)
            self._keep(one.entity, one.key, _nested(one.entity, one.document, texts), migrated=True)
        return len(made)

    def work(self) -> None:
        """Give up what waited too long for an object."""
        before = clock.wall_ms() - int(self.settings.patience_seconds * 1000)
        late = "SELECT id FROM sync_request WHERE state = 'PENDING' AND received_ms < ?"
        for row in self.books.rows(late, before):
            self._give_up(int(row["id"]))

    def synchronize(self, said: Document) -> Document:
        """Take a synchronization request; the answer to CCB comes later."""
        target, *others = [name for name in said if name in BY_TARGET] or [""]
        if not target:
            raise BusinessError(CATEGORY, 103, "the request holds no object that MDM knows")
        entity, payload = BY_TARGET[target], said[target]
        parts = tuple(
            (BY_TARGET[name], first(part, "externalId"), part) for name in others for part in many(said, name)
        )
        reference, key = first(said, "externalReferenceId"), first(said, "externalPkValue1")
        self._check_mo(entity, first(said, "targetMo"))
        for kind, _, document in ((entity, key, payload), *parts):
            self._check(kind, document)
        known = self.books.row("SELECT * FROM sync_request WHERE reference = ? ORDER BY id DESC LIMIT 1", reference)
        if known is not None and known["state"] != "ERROR":
            self.books.write("UPDATE sync_request SET repeated = repeated + 1 WHERE id = ?", known["id"])
            if known["state"] == "COMPLETE":
                self._answer_again(known)
            number = int(known["id"])
        else:
            system = first(said, "externalSystem")
            request = self._received(Inbound(0, reference, system, entity, key, payload, parts))
            self._try(request)
            number = request.number
        objects = {name: said[name] for name in (target, *others)}
        header = ("externalReferenceId", "externalSystem", "targetMo", "externalPkValue1")
        return {"syncRequestId": str(number), **{name: first(said, name) for name in header}, **objects}

    def _check_mo(self, entity: Entity, target_mo: str) -> None:
        wanted = self.maps.value("OUCCB2_OUMDM2_MO", entity.mo, "OUCCB2", "OUMDM2")
        if target_mo != wanted:
            raise BusinessError(CATEGORY, 103, f"{target_mo} is not the maintenance object of {entity.target}")

    def _check(self, entity: Entity, payload: Document) -> None:
        """Refuse what no control table has, and what a rule is against."""
        if first(payload, "address/country") == NO_MARKET:
            raise BusinessError(CATEGORY, 101, "The person's country has no market contract.")
        texts = flat(payload)
        for field in entity.fields:
            for code in texts.get(field.target, ()) if field.map else ():
                if not self.maps.known(field.map, code):
                    raise BusinessError(CATEGORY, 102, f"{code} is no valid {field.target.rpartition('/')[2]}.")

    def _received(self, request: Inbound) -> Inbound:
        self.books.write(
            "INSERT INTO sync_request (reference, system, entity, object, state, document, received_ms)"
            " VALUES (?, ?, ?, ?, 'PENDING', ?, ?)",
            request.reference,
            request.system,
            request.entity.name,
            request.key,
            json.dumps(request.document),
            clock.wall_ms(),
        )
        return replace(request, number=self.books.number("SELECT last_insert_rowid()"))

    def _try(self, request: Inbound) -> None:
        """Apply a request and all that waited for it, or let it wait for what it lacks."""
        trying = deque([request])
        while trying:
            one = trying.popleft()
            lacking = one.object if one.object in self._held else self._lacking(one)
            if lacking is not None:
                self._held.add(one.object)
                self._waiting.setdefault(lacking, deque()).append(one)
                continue
            self._complete(one)
            for entity, key, _ in one.carried:
                for woken in self._waiting.pop((entity.name, key), ()):
                    # Its place is free for itself; those behind it come after it in the line.
                    self._held.discard(woken.object)
                    trying.append(woken)

    def _lacking(self, request: Inbound) -> _Key | None:
        own = {(entity.name, key) for entity, key, _ in request.carried}
        for entity, _, document in request.carried:
            texts = flat(document) if entity.references else {}
            for reference in entity.references:
                for key in texts.get(reference.path, ()):
                    if (reference.entity, key) not in own and self.production_key(reference.entity, key) is None:
                        return reference.entity, key
        return None

    def production_key(self, entity: str, key: str) -> str | None:
        """Return MDM's key of an object by its key in CCB; None while it is not known."""
        row = self.books.row(f"SELECT id FROM {_TABLES[entity]} WHERE external_id = ?", key)  # noqa: S608 - our names
        return None if row is None else str(row["id"])

    def _complete(self, request: Inbound) -> None:
        production = self._keep(request.entity, request.key, request.document)
        for entity, key, document in request.parts:
            self._keep(entity, key, document)
        self.books.write(
            "UPDATE sync_request SET state = 'COMPLETE', settled_ms = ?, production_key = ? WHERE id = ?",
            clock.wall_ms(),
            production,
            request.number,
        )
        self._answer(request.number, request, {"outcome": "SYNCHRONIZED", "productionPkValue": production})

    def _keep(self, entity: Entity, key: str, document: Document, migrated: bool = False) -> str:
        production = self.production_key(entity.name, key)
        if production is None:
            place = self.books.number(f"SELECT max(rowid) FROM {entity.table}") + 1  # noqa: S608
            production = f"{entity.table[:1].upper()}{place:011d}"
        self.books.write(
            f"INSERT INTO {entity.table} VALUES (?, ?, ?, 1, ?) ON CONFLICT (external_id) DO UPDATE"  # noqa: S608
            " SET document = excluded.document, version = version + 1",
            production,
            key,
            json.dumps(document),
            migrated,
        )
        self.usage.note(entity, key, document)
        return production

    def _give_up(self, number: int) -> None:
        """Answer a request negatively that still waits; those behind it are tried."""
        waiting = ((key, one) for key, requests in self._waiting.items() for one in requests if one.number == number)
        lacking, request = next(waiting, (None, None))
        if lacking is None or request is None:
            return
        self._waiting[lacking].remove(request)
        text = f"The {lacking[0].replace('_', ' ')} {lacking[1]} is not known to MDM."
        self.books.write(
            "UPDATE sync_request SET state = 'ERROR', settled_ms = ?, number = 104, text = ? WHERE id = ?",
            clock.wall_ms(),
            text,
            number,
        )
        error = {"messageCategory": CATEGORY, "messageNumber": 104, "text": text}
        self._answer(number, request, {"outcome": "ERROR", "error": error})
        if lacking != request.object:
            self._held.discard(request.object)
            for behind in self._waiting.pop(request.object, ()):
                self._held.discard(behind.object)
                self._try(behind)

    def _answer_again(self, known: Any) -> None:
        entity = next(one for one in ENTITIES if one.name == known["entity"])
        request = Inbound(known["id"], known["reference"], known["system"], entity, known["object"], {})
        said = {"outcome": "SYNCHRONIZED", "productionPkValue": known["production_key"]}
        self._answer(request.number, request, said)

    def _answer(self, number: int, request: Inbound, said: Document) -> None:
        document = {
            "externalReferenceId": request.reference,
            "externalSystem": request.system,
            "externalPkValue1": request.key,
            "syncRequestId": f"{number:012d}",
            **said,
        }

        def given(receipt: Receipt) -> None:
            state = f"refused: {receipt.refusal}" if receipt.refusal else ""
            self.books.write(
                "UPDATE sync_request SET answered_ms = ?, text = coalesce(nullif(?, ''), text) WHERE id = ?",
                clock.wall_ms(),
                state,
                number,
            )

        self.send(request.entity.response_service, document, request.key, given)


_TABLES = {entity.name: entity.table for entity in ENTITIES}


def _nested(entity: Entity, document: Document, texts: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return a document of MDM's with these texts; what is repeated in CCB's is a list here, too."""
    made: dict[str, Any] = {}
    for path, values in texts.items():
        *parents, name = path.split("/")
        here = made
        for parent in parents:
            here = here.setdefault(parent, {})
        here[name] = values[0] if len(values) == 1 else list(values)
    return made
