"""Kept messages as rows, and back. Pure."""

import json
from dataclasses import fields
from typing import Any

from sqlalchemy import RowMapping

from jmswrap.history.nouns import Kept
from jmswrap.message import Attempt, Message, Record
from jmswrap.states import State

_ATTEMPT = tuple(field.name for field in fields(Attempt))
_SAID = ("sentence", "reply", "fault_code")
_TEXTS = ("operation", "key", "source_id", "correlation_id", "type", "reply_to")
"""Texts of a message that may be empty."""


def row(kept: Kept) -> dict[str, Any]:
    """Return a message as its row."""
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
        "attempts": attempts_json(kept.attempts),
        "body": kept.body,
        **{name: _text(getattr(message, name)) for name in _TEXTS},
    }


def kept(found: RowMapping) -> Kept:
    """Return a row's message; its body is None unless the row was read with it."""
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
    return Kept(record, attempts(found["attempts"]), None if body is None else bytes(body), found["erased_ms"])


def attempts_json(made: tuple[Attempt, ...]) -> str | None:
    """Write attempts, what is empty left out."""
    return _json([{name: value for name in _ATTEMPT if (value := getattr(one, name))} for one in made])


def attempts(text: str | None) -> tuple[Attempt, ...]:
    """Read attempts; what a later version wrote beside is left out."""
    empty = {"number": 0, "ended_ms": 0, "duration_ms": 0, "worker": "", "target": "", "outcome": "", "sentence": ""}
    return tuple(
        Attempt(**{**empty, **{name: value for name, value in one.items() if name in _ATTEMPT}})
        for one in json.loads(text or "[]")
    )


def blank(made: str | None) -> str | None:
    """Return attempts without what the partner or a document said."""
    return _json([{k: v for k, v in a.items() if k not in _SAID} for a in json.loads(made or "[]")])


def _json(value: Any) -> str | None:
    """Write JSON in ASCII, which every database takes whatever the text holds."""
    return json.dumps(value, separators=(",", ":")) if value else None


def _text(value: str) -> str | None:
    """Return a text that a database takes: PostgreSQL refuses NUL, UTF-8 lone surrogates."""
    if not value:
        return None
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
