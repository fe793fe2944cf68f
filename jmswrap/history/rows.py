"""Kept messages as rows, and back. Pure."""

import json
from dataclasses import fields
from typing import Any

from sqlalchemy import RowMapping

from jmswrap.errors import Unopened
from jmswrap.history.nouns import Kept
from jmswrap.message import Attempt, Message, Record
from jmswrap.sealing import PLAIN, Keyring
from jmswrap.states import State

_ATTEMPT = tuple(field.name for field in fields(Attempt))
SEALED = "sealed_reply"
"""In place of ``reply``: ``KEY:BASE64``."""

_SAID = ("sentence", "reply", SEALED, "fault_code")
_TEXTS = ("operation", "key", "source_id", "correlation_id", "type", "reply_to")
"""Texts of a message that may be empty."""


def row(kept: Kept, ring: Keyring = PLAIN) -> dict[str, Any]:
    """Return a message as its row, what it carried sealed."""
    record, message = kept.record, kept.record.message
    return {
        "id": message.id,
        "accepted_ms": record.accepted_ms,
        "changed_ms": record.changed_ms,
        "version_ms": kept.version_ms,
        "erased_ms": kept.erased_ms,
        "expires_ms": record.expires_ms,
        "state": str(record.state),
        "queue": message.queue,
        "route": message.route,
        "priority": message.priority,
        "deliveries": record.deliveries,
        "attempts_made": record.attempts,
        "worker": _text(record.worker),
        "reason": _text(record.reason),
        "properties": _json(dict(message.properties)),
        "soap_headers": _json(list(message.soap_headers)),
        "attempts": attempts_json(kept.attempts, message.id, ring),
        "body": None if kept.body is None else ring.seal(kept.body, message.id),
        **{name: _text(getattr(message, name)) for name in _TEXTS},
    }


def kept(found: RowMapping, ring: Keyring = PLAIN) -> Kept:
    """Return a row's message; its body is None unless the row was read with it.

    Unopened when the body's key is not here; a reply that cannot be opened says so in its place.
    """
    texts: dict[str, Any] = {name: found[name] or "" for name in _TEXTS}
    expires_ms, accepted_ms = found["expires_ms"], found["accepted_ms"]
    message = Message(
        id=found["id"],
        queue=found["queue"],
        route=found["route"],
        body=b"",
        priority=found["priority"],
        time_to_live_ms=max(0, expires_ms - accepted_ms) if expires_ms else 0,
        properties=json.loads(found["properties"] or "{}"),
        soap_headers=tuple(json.loads(found["soap_headers"] or "[]")),
        **texts,
    )
    record = Record(
        message=message,
        state=State(found["state"]),
        accepted_ms=accepted_ms,
        changed_ms=found["changed_ms"],
        expires_ms=expires_ms,
        deliveries=found["deliveries"],
        attempts=found["attempts_made"],
        worker=found["worker"] or "",
        reason=found["reason"] or "",
    )
    body = found.get("body")
    opened = None if body is None else ring.open(bytes(body), message.id)
    return Kept(record, attempts(found["attempts"], message.id, ring), opened, found["erased_ms"])


def attempts_json(made: tuple[Attempt, ...], message_id: str, ring: Keyring) -> str | None:
    """Write attempts, what is empty left out."""
    return _json([_written(one, ring.seal_text(one.reply, message_id)) for one in made])


def _written(attempt: Attempt, sealed: str) -> dict[str, Any]:
    said = {name: value for name in _ATTEMPT if (value := getattr(attempt, name))}
    if sealed:
        del said["reply"]
        said[SEALED] = sealed
    return said


def resealed(text: str | None, message_id: str, ring: Keyring) -> str | None:
    """Return attempts with each reply as the ring would write it; Unopened when one cannot be opened."""
    written = []
    for one in json.loads(text or "[]"):
        said = dict(one)
        sealed = said.pop(SEALED, "")
        plain = ring.open_text(sealed, message_id) if sealed else said.get("reply", "")
        if sealed.partition(":")[0] == ring.first:
            written.append(one)
            continue
        said.pop("reply", None)
        anew = ring.seal_text(plain, message_id)
        written.append({**said, **({SEALED: anew} if anew else {"reply": plain} if plain else {})})
    return _json(written)


def _read(one: dict[str, Any], message_id: str, ring: Keyring) -> dict[str, Any]:
    if SEALED not in one:
        return one
    try:
        return {**one, "reply": ring.open_text(one[SEALED], message_id)}
    except Unopened as error:
        return {**one, "reply": f"({error})"}


def attempts(text: str | None, message_id: str, ring: Keyring) -> tuple[Attempt, ...]:
    """Read attempts; what a later version wrote beside is left out."""
    found = [_read(one, message_id, ring) for one in json.loads(text or "[]")]
    empty = {"number": 0, "ended_ms": 0, "duration_ms": 0, "worker": "", "target": "", "outcome": "", "sentence": ""}
    return tuple(
        Attempt(**{**empty, **{name: value for name, value in one.items() if name in _ATTEMPT}}) for one in found
    )


def blank(made: str | None) -> str | None:
    """Return attempts without what the partner or a document said."""
    return _json([{k: v for k, v in a.items() if k not in _SAID} for a in json.loads(made or "[]")])


def property_json(name: str, value: str) -> str:
    """Return how a property stands in a row's ``properties``."""
    return str(_json({name: value}))[1:-1]


def _json(value: Any) -> str | None:
    """Write JSON in ASCII, which every database takes whatever the text holds."""
    return json.dumps(value, separators=(",", ":")) if value else None


def _text(value: str) -> str | None:
    """Return a text that a database takes: PostgreSQL refuses NUL, UTF-8 lone surrogates."""
    if not value:
        return None
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
