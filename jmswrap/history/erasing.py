"""Blanking what the messages of one key carried."""

from sqlalchemy import ColumnElement, Connection, select, update

from jmswrap.history import rows
from jmswrap.history.tables import MESSAGES

AT_ONCE = 500
"""Messages that are blanked in one transaction."""


def ids(connection: Connection, key: str, queue: str) -> list[str]:
    """Return the ids of the messages of a key, of one queue or of all."""
    return [found.id for found in connection.execute(select(MESSAGES.c.id).where(_of_key(key, queue)))]


def blank(connection: Connection, key: str, queue: str, now_ms: int) -> int:
    """Blank messages that are not yet, at most ``AT_ONCE``; returns how many."""
    there = _of_key(key, queue) & (MESSAGES.c.erased_ms == 0)
    columns = (MESSAGES.c.id, MESSAGES.c.accepted_ms, MESSAGES.c.attempts)
    found = connection.execute(select(*columns).where(there).limit(AT_ONCE)).all()
    for name, accepted_ms, made in found:
        one = (MESSAGES.c.id == name) & (MESSAGES.c.accepted_ms == accepted_ms)
        blanks = {"body": None, "soap_headers": None, "properties": None, "reason": None, "attempts": rows.blank(made)}
        connection.execute(update(MESSAGES).where(one).values(erased_ms=now_ms, **blanks))
    return len(found)


def _of_key(key: str, queue: str) -> ColumnElement[bool]:
    there = MESSAGES.c.key == key
    return there & (MESSAGES.c.queue == queue) if queue else there
