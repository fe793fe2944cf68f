"""Which keys the rows of the history are under, and putting a row under the one that seals now."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, LargeBinary, RowMapping, func, select, tuple_, update

from jmswrap.history import rows
from jmswrap.history.tables import MESSAGES
from jmswrap.sealing import HEAD_BYTES, Keyring, seal_of

PAGE = 500

_HEAD = func.substr(MESSAGES.c.body, 1, HEAD_BYTES, type_=LargeBinary).label("head")
_COLUMNS = (MESSAGES.c.id, MESSAGES.c.accepted_ms, MESSAGES.c.version_ms, MESSAGES.c.erased_ms, MESSAGES.c.attempts)


def page(connection: Connection, after: tuple[str, int]) -> Sequence[RowMapping]:
    """Return the rows after one, in the order of their ids, with the heads of their bodies."""
    place = (MESSAGES.c.id, MESSAGES.c.accepted_ms)
    query = select(*_COLUMNS, _HEAD).where(tuple_(*place) > tuple_(*after)).order_by(*place).limit(PAGE)
    return connection.execute(query).mappings().all()


def keys_of(row: RowMapping) -> set[str]:
    """Return the ids of the keys that a row is under; '' where something is plain."""
    found = set()
    if row["head"]:
        seal = seal_of(bytes(row["head"]))
        found.add(seal.key if seal else "")
    for attempt in json.loads(row["attempts"] or "[]"):
        if rows.SEALED in attempt or attempt.get("reply"):
            found.add(attempt.get(rows.SEALED, "").partition(":")[0])
    return found


def reseal(connection: Connection, row: RowMapping, ring: Keyring) -> int:
    """Put a row under the first key unless it changed since it was read; returns 1 or 0. Raises Unopened."""
    same = (MESSAGES.c.id == row["id"]) & (MESSAGES.c.accepted_ms == row["accepted_ms"])
    same &= (MESSAGES.c.version_ms == row["version_ms"]) & (MESSAGES.c.erased_ms == row["erased_ms"])
    found = connection.execute(select(MESSAGES.c.body, MESSAGES.c.attempts).where(same)).first()
    if found is None:
        return 0
    body = None if found.body is None else ring.seal(ring.open(bytes(found.body), row["id"]), row["id"])
    attempts = rows.resealed(found.attempts, row["id"], ring)
    return connection.execute(update(MESSAGES).where(same).values(body=body, attempts=attempts)).rowcount
