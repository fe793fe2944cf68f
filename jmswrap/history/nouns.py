"""What goes into the history and comes out: kept messages, searches, figures.

Anybody above may import this module; it knows no SQL.
"""

from dataclasses import dataclass

from jmswrap.message import Attempt, Record
from jmswrap.states import State


@dataclass(frozen=True, slots=True)
class Kept:
    """A settled message with everything known of it."""

    record: Record
    """Its message's ``body`` is empty: see ``body``."""
    attempts: tuple[Attempt, ...] = ()
    body: bytes | None = None
    """None when it was not kept or not asked for."""
    erased_ms: int = 0
    """When what it carried was blanked; 0: never."""

    @property
    def id(self) -> str:
        """The message's id. One that was used again after its window has a row for each life."""
        return self.record.message.id

    @property
    def version_ms(self) -> int:
        """When anything about it last changed; an older version never replaces a newer one."""
        last = self.attempts[-1].ended_ms if self.attempts else 0
        return max(self.record.changed_ms, last, self.erased_ms)


@dataclass(frozen=True, slots=True)
class Search:
    """Which messages are looked for; what is empty does not matter."""

    queue: str = ""
    route: str = ""
    key: str = ""
    source_id: str = ""
    correlation_id: str = ""
    state: State | None = None
    since_ms: int = 0
    """Accepted at or after this time."""
    limit: int = 50
    properties: tuple[tuple[str, str], ...] = ()
    """Names and values that are all there."""

    def fits(self, record: Record) -> bool:
        """Tell whether a record is looked for."""
        message = record.message
        wanted = (
            (self.queue, message.queue),
            (self.route, message.route),
            (self.key, message.key),
            (self.source_id, message.source_id),
            (self.correlation_id, message.correlation_id),
            (self.state, record.state),
            *((value, message.properties.get(name, "")) for name, value in self.properties),
        )
        return record.accepted_ms >= self.since_ms and all(not asked or asked == given for asked, given in wanted)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much the history holds."""

    messages: int
    oldest_ms: int
    """When the first of them was accepted; 0: there is none."""
