"""How messages and attempts are written into Redis values, and read back.

The record of a message is two JSON lines: the state line belongs to the scripts (see
``scripts/_record.lua`` for its fields), the header line is written once, here. Pure.
"""

import base64
import hashlib
import json
from typing import Any

from jmswrap.message import DEFAULT_PRIORITY, Answer, AnswerKind, Attempt, Message, OtherKey, Record
from jmswrap.sealing import Keyring
from jmswrap.states import HERE, Phase, State

SCHEMA_VERSION = 1
"""The version of the record; the state line carries it as ``v``, ``SCHEMA`` in ``_record.lua`` says the same."""

REPLY_KEPT = 4_096
"""Characters of a raw reply that an attempt keeps."""

SENTENCE_KEPT = 1_000
"""Characters of a sentence or reason that are kept."""

_HEADERS = (
    ("operation", "o"),
    ("correlation_id", "c"),
    ("source_id", "s"),
    ("type", "t"),
    ("reply_to", "r"),
)


def newer(version: int) -> str:
    """Return the end of a sentence about a record of a later version."""
    return (
        f"was written by a later version of jmswrap (record {version}, this one knows {SCHEMA_VERSION}): "
        "it is left alone here; update this machine"
    )


def dump(value: Any) -> str:
    """Write JSON on one line, without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def content_hash(body: bytes) -> str:
    """Return the 22 characters that stand for a body (128 bits of SHA-256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()[:16]).decode("ascii").rstrip("=")


def header_line(message: Message) -> str:
    """Write what never changes about a message; empty fields are left out."""
    header: dict[str, Any] = {short: value for name, short in _HEADERS if (value := getattr(message, name))}
    if message.properties:
        header["p"] = dict(message.properties)
    if message.soap_headers:
        header["h"] = list(message.soap_headers)
    return dump(header)


def read_record(message_id: str, packed: bytes, body: bytes = b"", lease_ms: int = 0, epoch: int = 0) -> Record:
    """Read a record as the store keeps it; one of an earlier epoch than now may have been sent before."""
    state_line, _, header = packed.partition(b"\n")
    state, headers = json.loads(state_line), json.loads(header)
    return Record(
        message=_message(message_id, state, headers, body),
        state=State(state["s"]),
        accepted_ms=state["a"],
        changed_ms=state.get("c", state["a"]),
        due_ms=state.get("t", 0),
        expires_ms=state.get("e", 0),
        deliveries=state.get("d", 0),
        attempts=state.get("n", 0),
        phase=Phase(state["h"]) if "h" in state else None,
        fence=state.get("f", 0),
        worker=state.get("w", ""),
        lease_ms=lease_ms,
        reason=state.get("m", ""),
        kills=state.get("kl", 0),
        probes=state.get("pn", 0),
        perhaps_sent=state.get("rd", 0) == 1 or (state["s"] in HERE and state.get("ep", 0) < epoch),
        waits_for=tuple(map(OtherKey.named, state.get("wf", ()))) if state["s"] == State.QUEUED else (),
        version=state.get("v", 1),
        bound_to=state.get("bo", ""),
        answered=state.get("na", 0) == 1,
        place=state.get("i", 0),
    )


def correlation_in(header: bytes) -> str:
    """Return the correlation id of a header line."""
    return str(json.loads(header).get("c", ""))


def _message(message_id: str, state: dict[str, Any], headers: dict[str, Any], body: bytes) -> Message:
    return Message(
        id=message_id,
        queue=state["q"],
        route=state.get("r", state["q"]),
        body=body,
        key=state.get("k", ""),
        priority=state.get("p", DEFAULT_PRIORITY),
        delay_ms=max(0, state.get("t", 0) - state["a"]) if state["s"] == State.SCHEDULED else 0,
        time_to_live_ms=max(0, state["e"] - state["a"]) if "e" in state else 0,
        expired_to=state.get("xq", ""),
        properties=headers.get("p", {}),
        soap_headers=tuple(headers.get("h", ())),
        **{name: headers.get(short, "") for name, short in _HEADERS},
    )


def attempt_json(attempt: Attempt, message_id: str, ring: Keyring) -> str:
    """Write an attempt; the store puts the server's time before it."""
    reply = attempt.reply[:REPLY_KEPT]
    sealed = ring.seal_text(reply, message_id)
    fields = {
        "n": attempt.number,
        "d": attempt.duration_ms,
        "w": attempt.worker,
        "t": attempt.target,
        "o": attempt.outcome,
        "s": attempt.sentence[:SENTENCE_KEPT],
        "c": attempt.http_status,
        "f": attempt.fault_code,
        "r": "" if sealed else reply,
        "rs": sealed,
        "g": attempt.generation,
    }
    return dump({short: value for short, value in fields.items() if value})


def resealed_attempt(entry: bytes, message_id: str, ring: Keyring) -> bytes:
    """Return an attempt with its reply as the ring would write it; Unopened when it cannot be opened."""
    ended, _, text = entry.partition(b" ")
    fields = json.loads(text)
    sealed = fields.get("rs", "")
    if sealed.partition(":")[0] == ring.first and (sealed or "r" not in fields):
        return entry
    plain = ring.open_text(fields.pop("rs"), message_id) if sealed else fields.pop("r", "")
    if not plain:
        return entry
    anew = ring.seal_text(plain, message_id)
    fields.update({"rs": anew} if anew else {"r": plain})
    return ended + b" " + dump(fields).encode("utf-8", "replace")


def without_reply(entry: bytes) -> bytes:
    """Return an attempt without the sealed reply."""
    ended, _, text = entry.partition(b" ")
    fields = json.loads(text)
    fields.pop("rs", None)
    return ended + b" " + dump(fields).encode()


def read_attempt(entry: bytes, message_id: str, ring: Keyring) -> Attempt:
    """Read an attempt as the store keeps it; Unopened when its reply cannot be opened."""
    ended, _, text = entry.partition(b" ")
    fields = json.loads(text)
    return Attempt(
        number=fields.get("n", 0),
        ended_ms=int(ended),
        duration_ms=fields.get("d", 0),
        worker=fields.get("w", ""),
        target=fields.get("t", ""),
        outcome=fields.get("o", ""),
        sentence=fields.get("s", ""),
        http_status=fields.get("c", 0),
        fault_code=fields.get("f", ""),
        reply=ring.open_text(fields["rs"], message_id) if "rs" in fields else fields.get("r", ""),
        generation=fields.get("g", ""),
    )


def answer_bytes(answer: Answer, message_id: str, ring: Keyring) -> bytes:
    """Write an answer: a JSON line, then its body; the store puts the server's time before it."""
    fields = {"k": answer.kind, "c": answer.code, "t": answer.text[:SENTENCE_KEPT]}
    head = dump({short: value for short, value in fields.items() if value})
    return head.encode("utf-8", "replace") + b"\n" + ring.seal(answer.body, message_id)


def read_answer(kept: bytes, message_id: str, ring: Keyring) -> Answer:
    """Read an answer as the store keeps it; Unopened when its key is not here."""
    head, _, body = kept.partition(b"\n")
    answered, _, text = head.partition(b" ")
    fields = json.loads(text)
    opened = ring.open(body, message_id)
    return Answer(AnswerKind(fields["k"]), opened, fields.get("c", ""), fields.get("t", ""), int(answered))
