"""Arguments and answers of the scripts: pure encoders and decoders.

``store.py`` and ``aio.py`` share them, so that the two clients differ only in awaiting.
"""

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from jmswrap.errors import IdReused, QueueFull, Unopened
from jmswrap.message import Claimed, Message, Receipt, ReceiptStatus, Settlement
from jmswrap.sealing import PLAIN, Keyring, seal_of
from jmswrap.store import packing
from jmswrap.store.nouns import NO_CAP, Cap, Claim, Guard, Hold, Limits, Settled, Swept

Argument = str | bytes | int


_DURABLE = frozenset({"accept", "mark_sending", "mark_replied", "settle", "operate", "found"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a script: its name and the arguments after prefix and limits."""

    script: str
    arguments: tuple[Argument, ...]

    @property
    def durable(self) -> bool:
        """Whether replicas must have what it wrote before it counts."""
        return self.script in _DURABLE


def limits_argument(limits: Limits) -> str:
    """Write the limits that scripts get, in the order ``_record.lua`` reads them."""
    return ":".join(
        str(number)
        for number in (
            limits.lease_ms,
            limits.grace_ms,
            limits.messages_per_drain,
            limits.drains_max,
            limits.retention_ms,
            limits.duplicate_window_ms,
            limits.attempts_kept,
        )
    )


def nonce() -> str:
    """Return what tells a client library's own retry from a second message."""
    return base64.urlsafe_b64encode(os.urandom(6)).decode("ascii")


def put_block(
    message: Message, mark: str, canonical: str = "", remember: bool = False, ring: Keyring = PLAIN
) -> tuple[Argument, ...]:
    """Write the 14 arguments of a message coming in (``_put.lua``)."""
    return (
        message.id,
        mark,
        packing.content_hash(message.body),
        canonical,
        packing.header_line(message),
        ring.seal(message.body, message.id),
        message.queue,
        message.key,
        message.route,
        # There are ready lists for these ten and no others.
        min(max(message.priority, 0), 9),
        message.delay_ms,
        f"{message.time_to_live_ms}:{message.expired_to}",
        "1" if remember or message.source_id else "",
        packing.dump([one.name for one in message.waits_for]) if message.waits_for else "",
    )


def accept(message: Message, canonical: str = "", cap: Cap = NO_CAP, ring: Keyring = PLAIN) -> Call:
    """Make the call that accepts a message; the nonce is made here, before the first try."""
    return Call("accept", (*put_block(message, nonce(), canonical, ring=ring), cap.messages, cap.bytes))


def accepted(message: Message, answer: list[Any]) -> Receipt | IdReused | QueueFull:
    """Read what accepting a message came to."""
    status, accepted_ms, header, wake = answer
    if status == b"FULL":
        return _full(message.queue, *answer[1:])
    if status == b"REUSED":
        return IdReused(
            f"Message id {message.source_id or message.id} was used before with another body: send it under a new id."
        )
    correlation_id = packing.correlation_in(header) if header else message.correlation_id
    return Receipt(message.id, correlation_id, ReceiptStatus(status.decode()), accepted_ms, bool(wake))


def _full(queue: str, held: int, what: bytes, most: int) -> QueueFull:
    held_now = f"{held} bytes of messages" if what == b"bytes" else f"{held} messages"
    return QueueFull(
        f"Queue {queue} is full: it holds {held_now} that are not settled and `backlog_{what.decode()}` is {most}; "
        "send the message again later, and see `jmswrap queues` for what holds it up."
    )


def claim(
    queue: str, worker: str, limit: int, guard: Guard, claim_bytes: int, linger_ms: int, suspects: bool, asked: str
) -> Call:
    """Make the call that claims messages; the nonce is made here, if none was ``asked`` with before."""
    return Call(
        "claim",
        (
            queue,
            worker,
            limit,
            claim_bytes,
            linger_ms,
            guard.partner,
            guard.concurrency,
            str(guard.rate_per_second),
            guard.breaker_failures,
            guard.breaker_ms,
            "1" if suspects else "",
            _spans(guard),
            asked or nonce(),
        ),
    )


def doubtful(queue: str, limit: int, guard: Guard) -> Call:
    """Make the call that asks for messages in doubt."""
    arguments = (queue, limit, guard.partner, guard.breaker_failures, guard.breaker_ms, _spans(guard))
    return Call("doubtful", arguments)


def enter(call_id: str, route: str, guard: Guard, keep_ms: int) -> Call:
    """Make the call by which a synchronous call asks for its place at a partner."""
    limits = (guard.concurrency, guard.breaker_failures, guard.breaker_ms, _spans(guard), keep_ms)
    return Call("enter", (call_id, route, guard.partner, *limits))


def exit_(call_id: str, partner: str, partner_up: bool | None) -> Call:
    """Make the call by which a synchronous call gives its place back."""
    return Call("exit", (call_id, partner, "" if partner_up is None else "up" if partner_up else "down"))


def _spans(guard: Guard) -> str:
    return ",".join(f"{start}-{end}" for start, end in guard.closed)


def claimed(answer: list[Any], ring: Keyring = PLAIN) -> Claim:
    """Read what a claim brought."""
    return Claim(messages(answer[2:], ring), None if answer[0] < 0 else answer[0], answer[1])


def messages(answer: list[Any], ring: Keyring = PLAIN) -> list[Claimed]:
    """Read messages: id, record and body of each; one that cannot be opened says why."""
    return [_opened(answer[at].decode(), answer[at + 1], answer[at + 2], ring) for at in range(0, len(answer), 3)]


def _opened(message_id: str, packed: bytes, stored: bytes, ring: Keyring) -> Claimed:
    if seal_of(stored) is None:
        record = packing.read_record(message_id, packed, stored)
        return Claimed(record, stored, record.fence)
    record = packing.read_record(message_id, packed)
    try:
        body = ring.open(stored, record.bound_to or message_id)
    except Unopened as error:
        return Claimed(record, b"", record.fence, str(error), error.damaged)
    return Claimed(replace(record, message=replace(record.message, body=body)), body, record.fence)


def settle(settlement: Settlement, ring: Keyring = PLAIN) -> Call:
    """Make the call that settles a message."""
    up = settlement.partner_up
    arguments: list[Argument] = [
        settlement.id,
        settlement.fence,
        settlement.state,
        settlement.wait_ms,
        _encoded(settlement.reason[: packing.SENTENCE_KEPT]),
        settlement.on_dead,
        _attempt(settlement, ring),
        "" if up is None else "up" if up else "down",
        *_keeping(settlement, ring),
        "1" if settlement.rereads else "0" if settlement.says_nothing else "",
    ]
    for output in settlement.outputs:
        # The parent's token is the nonce: a repeated settle finds its outputs accepted.
        arguments += put_block(output, f"{settlement.fence:012x}", remember=True, ring=ring)
    return Call("settle", tuple(arguments))


def _keeping(settlement: Settlement, ring: Keyring) -> tuple[Argument, ...]:
    keeping = settlement.keeping
    if keeping is None:
        return "", 0, ""
    kept = packing.answer_bytes(keeping.answer, settlement.id, ring)
    return kept, keeping.keep_ms, "1" if keeping.announce else ""


def found(settlement: Settlement, ring: Keyring = PLAIN) -> Call:
    """Make the call that says what the partner told about a message in doubt."""
    attempt = _attempt(settlement, ring)
    reason = _encoded(settlement.reason[: packing.SENTENCE_KEPT])
    arguments = (settlement.id, settlement.fence, settlement.state, settlement.wait_ms, reason, attempt)
    return Call("found", arguments)


def _attempt(settlement: Settlement, ring: Keyring) -> bytes:
    attempt = settlement.attempt
    return _encoded(packing.attempt_json(attempt, settlement.id, ring)) if attempt else b""


def _encoded(text: str) -> bytes:
    # What an error says may hold half a character; that is no reason not to settle.
    return text.encode("utf-8", "replace")


def settled(answer: list[Any]) -> Settled:
    """Read what became of a settlement."""
    wake = dict.fromkeys(queue.decode() for queue in answer[1:])
    return Settled(answer[0] == 1, tuple(wake))


def renew(worker: str, holds: Sequence[Hold]) -> Call:
    """Make the call that renews leases."""
    arguments: list[Argument] = [worker]
    for hold in holds:
        arguments += (hold.id, hold.fence)
    return Call("renew", tuple(arguments))


def swept(answer: list[Any]) -> Swept:
    """Read what a sweep did."""
    promoted, lapsed, in_doubt, expired, purged, more = answer[:6]
    wake = tuple(sorted(queue.decode() for queue in answer[6:]))
    return Swept(promoted, lapsed, in_doubt, expired, purged, bool(more), wake)
