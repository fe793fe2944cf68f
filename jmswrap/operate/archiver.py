"""Carries settled messages from the store into the history, in a thread, batch after batch.

Every ``serve`` and ``work`` process has one; the store names one at a time to do the
work, which only saves work: everything may be repeated. A batch is written into the
history first and deleted from the store after; what happens between the two is done
again. Nothing here can hold up a delivery: while the history is away, messages wait.
"""

import contextlib
from collections.abc import Collection, Sequence
from threading import Event, Thread
from typing import Protocol

from jmswrap import clock, log
from jmswrap.errors import HistoryDown, JmswrapError, Unavailable
from jmswrap.history.nouns import Kept
from jmswrap.store.nouns import Leaving, Parting, Waiting

_LOG = log.get(__name__)

BATCH = 500
"""Messages of one transaction."""

EVERY_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
"""Between two tries while the history is away; the first ones come sooner."""
MOST_FAILURES = 16
"""More in a row are not counted: the wait is at its longest by then."""

REST = 1.0
"""Rest after a batch, as a share of the time it took: accepting and delivering share the disk and the store."""

LEAD_MS = 15_000
TRIM_EVERY_SECONDS = 60.0
TRIM_STEP = 1_000
TRIM_STEPS = 20
"""Steps of one turn, so that trimming years away does not keep messages waiting."""

DAY_MS = 86_400_000


class Gives(Protocol):
    """The part of ``store.store.Store`` that is needed."""

    def waiting(self) -> Waiting:
        """Return how many settled messages are past their time in the store."""

    def leaving(self, limit: int, with_bodies: bool, overdue_ms: int = 0, without: Collection[str] = ()) -> Parting:
        """Read a batch of them."""

    def depart(self, messages: Sequence[Leaving]) -> int:
        """Delete those that are still as they were read."""

    def lead(self, task: str, who: str, milliseconds: int) -> bool:
        """Become or stay the one who does a task."""

    def now_ms(self) -> int:
        """Return the time the scripts see."""


class Takes(Protocol):
    """The part of ``history.history.History`` that is needed."""

    def keep(self, messages: Sequence[Kept]) -> dict[str, str]:
        """Write messages; returns why some were left out."""

    def trim(self, before_ms: int, limit: int) -> int:
        """Delete messages settled before a time."""

    def close(self) -> None:
        """Let go of the connections."""


class Archiver:
    """The periodic task; ``start`` and ``stop`` once each. It closes its history when it ends."""

    def __init__(
        self,
        store: Gives,
        history: Takes,
        who: str,
        bodies: bool = True,
        retention_days: float = 0,
        patience_seconds: float = 0,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._store = store
        self._history = history
        self._who = who
        self._bodies = bodies
        self._retention_ms = round(retention_days * DAY_MS)
        self._patience_ms = round(patience_seconds * 1000)
        """Messages are left to others until they are so late."""
        self._every_seconds = every_seconds
        self._set_aside: set[str] = set()
        """Messages that cannot be kept: they stay in the store, out of the others' way."""
        self._failures = 0
        self._trimmed_at = -TRIM_EVERY_SECONDS
        self._stop = Event()
        self._thread = Thread(target=self._run, name="jmswrap-archiver", daemon=True)

    def start(self) -> None:
        """Begin; after the fork, threads do not survive one."""
        self._thread.start()

    def stop(self) -> None:
        """End after the batch under way; one that hangs in its database is left behind."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def archive(self) -> bool:
        """Carry one batch; True when there is more to do at once."""
        waiting = self._store.waiting()
        if waiting.count <= len(self._set_aside) or waiting.overdue_ms < self._patience_ms:
            return False
        if not self._store.lead("archive", self._who, LEAD_MS):
            return False
        batch = self._store.leaving(BATCH, self._bodies, self._patience_ms, self._set_aside)
        refused = self._history.keep([_kept(one) for one in batch.messages])
        for message_id in batch.unreadable:
            refused[message_id] = "its record cannot be read"
        for message_id, reason in refused.items():
            _LOG.error("history-refuses", message=message_id, reason=reason)
        self._set_aside.update(refused)
        left = self._store.depart([one for one in batch.messages if one.id not in refused])
        return left > 0 or bool(refused)

    def trim(self) -> int:
        """Delete what the history need not keep any longer, a bounded piece; returns how many messages."""
        if not self._retention_ms or clock.monotonic() - self._trimmed_at < TRIM_EVERY_SECONDS:
            return 0
        self._trimmed_at = clock.monotonic()
        if not self._store.lead("trim", self._who, round(TRIM_EVERY_SECONDS * 1000)):
            return 0
        before_ms = self._store.now_ms() - self._retention_ms
        trimmed = 0
        for _ in range(TRIM_STEPS):
            step = self._history.trim(before_ms, TRIM_STEP)
            trimmed += step
            if step < TRIM_STEP or self._stop.is_set():
                break
        if trimmed:
            _LOG.info("history-trimmed", messages=trimmed)
        return trimmed

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                began = clock.monotonic()
                if self._more():
                    self._stop.wait((clock.monotonic() - began) * REST)
                else:
                    self._stop.wait(min(self._every_seconds * 2**self._failures, LONGEST_WAIT_SECONDS))
            with contextlib.suppress(JmswrapError):  # then it lapses by itself
                self._store.lead("archive", self._who, 0)
        finally:
            self._history.close()

    def _more(self) -> bool:
        try:
            more = self.archive()
            self.trim()
        except HistoryDown as error:
            self._failed(error)
            return False
        except Unavailable as error:
            # The sweeper beside it says that the store is away.
            _LOG.debug("archive-failed", reason=error)
            return False
        except Exception:  # noqa: BLE001 - without an archiver the store would only grow: go on
            _LOG.error("archive-broke", exc_info=True)
            self._failures = min(self._failures + 1, MOST_FAILURES)
            return False
        if self._failures:
            _LOG.info("history-resumed")
        self._failures = 0
        return more

    def _failed(self, error: HistoryDown) -> None:
        if not self._failures:
            with contextlib.suppress(Unavailable):
                _LOG.error("history-away", waiting=self._store.waiting().count, reason=error)
        self._failures = min(self._failures + 1, MOST_FAILURES)


def _kept(one: Leaving) -> Kept:
    return Kept(one.record, one.attempts, one.body, one.erased_ms)
