"""What a person's moves come to: answers of ``operate.lua`` as words and errors."""

from typing import Any

from jmswrap.errors import IllegalMove
from jmswrap.store import packing

_FROM = {
    "replay": "only a DEAD message is replayed",
    "bury": "only a DEAD message is buried",
    "cancel": "only a message that waits (SCHEDULED, QUEUED, WAITING) is cancelled",
    "resolve": "only a message IN_DOUBT is resolved",
    "replace": "only a message that is neither under way nor settled is replaced",
    "skip": "only a message that holds its key (DEAD, WAITING, IN_DOUBT) or waits for another is skipped",
}

_INSTEAD = {
    ("replay", "IN_DOUBT"): "decide it with `jmswrap resolve`",
    ("bury", "IN_DOUBT"): "decide it with `jmswrap resolve`",
    ("cancel", "IN_DOUBT"): "decide it with `jmswrap resolve`",
    ("cancel", "DEAD"): "end it with `jmswrap bury`",
    ("resolve", "DEAD"): "send it again with `jmswrap retry`, or end it with `jmswrap bury`",
}
"""The verb that does it, where another one does."""


def moved(verb: str, message_id: str, answer: list[Any]) -> tuple[str, ...]:
    """Return the queues to wake, or raise IllegalMove with what to do."""
    status = answer[0]
    if status == b"OK":
        woken = [*([answer[1]] if answer[2] else []), *answer[3:]]
        return tuple(dict.fromkeys(queue.decode() for queue in woken))
    if status == b"UNKNOWN":
        raise unknown(message_id)
    if status == b"STALE":
        raise IllegalMove(
            f"Message {message_id} was overtaken by {answer[1].decode()} of the same key: "
            "compare the two, then say --stale-ok or bury it."
        )
    if status == b"NEWER":
        raise IllegalMove(f"Message {message_id} {packing.newer(int(answer[1]))}.")
    if status == b"ANSWERED":
        raise IllegalMove(
            f"Message {message_id} was answered by its partner, and the answer waits to be read: "
            "let it go on; a retry reads the answer and calls nobody."
        )
    if status == b"NO_ANSWER":
        raise IllegalMove(
            f"No answer of the partner is kept for message {message_id}: look there whether it arrived, "
            "then resolve it to QUEUED, DELIVERED or DEAD."
        )
    state = answer[1].decode()
    instead = _INSTEAD.get((verb, state))
    raise IllegalMove(f"Message {message_id} is {state}: {_FROM[verb]}{f'; {instead}' if instead else ''}.")


def unknown(message_id: str) -> IllegalMove:
    """Return the error for a message that the store does not have."""
    return IllegalMove(f"There is no message {message_id} in the store: look for it with `jmswrap messages`.")


def mark(queue: str, partner: str, route: str) -> str:
    """Return the pause mark of a queue, a partner or a route; exactly one must be named."""
    named = [f"{kind}:{name}" for kind, name in (("q", queue), ("p", partner), ("r", route)) if name]
    if len(named) != 1:
        raise IllegalMove("Name either a queue, a partner or a route to pause or resume.")
    return named[0]
