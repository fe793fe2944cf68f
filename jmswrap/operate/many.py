"""One move for many messages: chosen by a filter, at a rate, stoppable between two messages.

Each message is moved by the script that moves one, so a stop or a crash leaves every
message in exactly one state, and doing the rest later is the same command again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jmswrap import clock
from jmswrap.errors import IllegalMove
from jmswrap.message import Record
from jmswrap.states import State
from jmswrap.store.store import Store

MOST = 100_000
"""Messages that one call chooses at most, the longest accepted first."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which messages are meant; empty fields do not choose."""

    state: State
    queue: str = ""
    route: str = ""
    key: str = ""
    reason_has: str = ""
    """A part of the sentence that says why the message is in this state."""
    at_least_ms_old: int = 0

    def takes(self, record: Record, now_ms: int) -> bool:
        """Tell whether a record is meant."""
        return (
            record.state is self.state
            and self.route in ("", record.message.route)
            and self.key in ("", record.message.key)
            and self.reason_has in record.reason
            and now_ms - record.accepted_ms >= self.at_least_ms_old
        )


@dataclass(slots=True)
class Moved:
    """What became of the chosen messages."""

    done: int = 0
    refused: list[str] = field(default_factory=list)
    """A sentence for each message that could not be moved."""
    left: int = 0
    """Messages that a stop left as they were."""


def chosen(store: Store, choice: Choice, most: int = MOST) -> list[Record]:
    """Return the messages that are meant, the longest accepted first: the order they are to go in."""
    summaries = store.queues()
    now_ms = max((summary.now_ms for summary in summaries), default=0)
    queues = [summary.name for summary in summaries if choice.queue in ("", summary.name)]

    def wanted(record: Record) -> bool:
        return choice.takes(record, now_ms)

    found = [
        record
        for queue in queues
        for record in store.messages(queue, choice.state, most, newest_first=False, wanted=wanted)
    ]
    # A batch is accepted in one millisecond.
    return sorted(found, key=lambda record: (record.accepted_ms, record.place))[:most]


def move_each(
    records: Sequence[Record],
    move: Callable[[str], None],
    rate_per_second: float = 0,
    stopping: Callable[[], bool] = lambda: False,
    told: Callable[[Moved], None] = lambda _: None,
) -> Moved:
    """Move the messages one by one, no faster than the rate (0: as fast as it goes).

    ``stopping`` is asked before each message and ``told`` hears how far it is after each.
    """
    moved, began = Moved(left=len(records)), clock.monotonic()
    for number, record in enumerate(records):
        if rate_per_second and not _await_turn(began + number / rate_per_second, stopping):
            break
        if stopping():
            break
        try:
            move(record.message.id)
            moved.done += 1
        except IllegalMove as error:
            moved.refused.append(str(error))
        moved.left -= 1
        told(moved)
    return moved


def _await_turn(due: float, stopping: Callable[[], bool]) -> bool:
    """Wait until it is this message's turn; False when asked to stop meanwhile."""
    while (wait_seconds := due - clock.monotonic()) > 0:
        if stopping():
            return False
        time.sleep(min(wait_seconds, 0.1))
    return True
