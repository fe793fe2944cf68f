"""The states of a message and every move between them, in one table.

A message is in exactly one state. The Lua scripts in ``store/scripts`` make the
moves; ``docs/states.md`` shows the table, and tests hold the three against each other.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a message is in its life."""

    SCHEDULED = "SCHEDULED"
    """Accepted with a *not before* that has not come yet."""
    QUEUED = "QUEUED"
    """Ready, or waiting for an earlier message of its key."""
    IN_FLIGHT = "IN_FLIGHT"
    """A worker holds its lease."""
    WAITING = "WAITING"
    """An attempt failed and the next one is due later."""
    DELIVERED = "DELIVERED"
    """The target has it."""
    DEAD = "DEAD"
    """It cannot be delivered: on the error queue, for a person."""
    IN_DOUBT = "IN_DOUBT"
    """It may or may not have reached the target."""
    EXPIRED = "EXPIRED"
    """Its time to live ran out before it was delivered."""
    CANCELLED = "CANCELLED"
    """A person ended it."""


class Phase(StrEnum):
    """How far a lease has gone; it decides what an expired lease means."""

    CLAIMED = "claimed"
    """Nothing was sent: expiry puts the message back."""
    SENDING = "sending"
    """Bytes may have left: expiry follows the route's in-doubt policy."""
    REPLIED = "replied"
    """The raw reply is stored: expiry interprets it again."""


MOVES: dict[State | None, dict[State, str]] = {
    None: {
        State.SCHEDULED: "accepted with a not-before time",
        State.QUEUED: "accepted",
    },
    State.SCHEDULED: {
        State.QUEUED: "due",
        State.EXPIRED: "time to live ran out",
        State.CANCELLED: "a person cancelled or replaced it",
    },
    State.QUEUED: {
        State.IN_FLIGHT: "claimed by a worker",
        State.EXPIRED: "time to live ran out",
        State.CANCELLED: "a person cancelled or replaced it",
    },
    State.IN_FLIGHT: {
        State.QUEUED: "handed back, or the lease expired before anything was sent",
        State.DELIVERED: "the target took it",
        State.WAITING: "the attempt failed and another is due",
        State.DEAD: "the attempts are used up, or the target refused it",
        State.IN_DOUBT: "it may have been applied and the route does not redeliver blindly",
    },
    State.WAITING: {
        State.QUEUED: "due",
        State.DEAD: "a person let later messages of its key pass",
        State.EXPIRED: "time to live ran out",
        State.CANCELLED: "a person cancelled or replaced it",
    },
    State.DEAD: {
        State.QUEUED: "replayed by a person",
        State.CANCELLED: "buried or replaced by a person",
    },
    State.IN_DOUBT: {
        State.QUEUED: "resolved: to be sent again, or its answer to be read again",
        State.DELIVERED: "resolved: it had arrived",
        State.DEAD: "resolved: it had not, and is not to be sent again",
        State.CANCELLED: "replaced by a person",
    },
    State.DELIVERED: {},
    State.EXPIRED: {},
    State.CANCELLED: {},
}
"""From each state, the states it may move to and why. ``None`` is "not here yet"."""

FINAL = frozenset(state for state, moves in MOVES.items() if state is not None and not moves)
"""States that nothing leaves."""

HERE = frozenset(State) - FINAL
"""States in which the message still needs work or a person."""


def may_move(before: State | None, after: State) -> bool:
    """Tell whether the table has the move."""
    return after in MOVES[before]
