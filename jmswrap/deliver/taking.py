"""Takes messages off a queue for somebody who is no route: an application, or a bridge.

A taken message is leased, and its lease is renewed in a thread for as long as this process lives and
did not settle it. From the first moment on its taker may have acted on it, so it is marked as sending:
when the taker is gone without a word, the message comes again and says so (JMSRedelivered).
"""

import threading
from collections.abc import Sequence

from jmswrap import clock, log
from jmswrap.deliver.decide import closed
from jmswrap.errors import Unavailable
from jmswrap.message import Attempt, Claimed, Settlement
from jmswrap.outcome import Outcome
from jmswrap.states import State
from jmswrap.store.nouns import Hold, Rings
from jmswrap.store.store import Store

_LOG = log.get(__name__)

LINGER_SECONDS = 1.0
"""How long a taker blocks on the bell of an empty queue before it looks again."""

RENEWALS_A_LEASE = 3

AGAIN_SECONDS = 1.0
"""Before leases are renewed again that the store did not answer for."""


class Taking:
    """What one process takes; safe for threads. ``close`` gives back what was not settled."""

    def __init__(self, store: Store, bell: Rings, worker: str) -> None:
        self._store, self._bell, self.worker = store, bell, worker
        self._held: dict[str, Hold] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._keeper: threading.Thread | None = None

    def take(
        self,
        queue: str,
        limit: int,
        wait_seconds: float,
        in_doubt: str = "redeliver",
        stop: threading.Event | None = None,
    ) -> list[Claimed]:
        """Take up to ``limit`` messages, at most one of a key; waits so long for the first, none when it never came.

        ``in_doubt`` is what becomes of a message whose taker died: ``redeliver`` or ``park``. Raises Unavailable.
        """
        deadline = clock.monotonic() + wait_seconds
        while True:
            stopped = stop is not None and stop.is_set()
            left_seconds = 0.0 if stopped else max(deadline - clock.monotonic(), 0.0)
            pause_seconds = min(left_seconds, LINGER_SECONDS)
            claim = self._store.claim(queue, self.worker, limit, linger_ms=int(pause_seconds * 1000))
            taken = self._begun(claim.messages, in_doubt)
            if taken or not left_seconds:
                return taken
            if claim.wait_ms is not None:
                pause_seconds = min(pause_seconds, max(claim.wait_ms, 10) / 1000)
            if not claim.messages:
                self._store.listen(queue, pause_seconds)

    def holds(self, claimed: Claimed) -> bool:
        """Tell whether it is still this process's to settle, as far as this process knows."""
        with self._lock:
            return self._held.get(claimed.id) == Hold(claimed.id, claimed.fence)

    def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Say what became of messages; False: the lease was lost before, and somebody else has the message now."""
        settled = self._store.settle(settlements)
        with self._lock:
            for settlement in settlements:
                self._held.pop(settlement.id, None)
        for queue in dict.fromkeys(queue for one in settled for queue in one.wake):
            self._bell.ring(queue)
        return [one.done for one in settled]

    def close(self) -> None:
        """Give back what was taken and not settled; where the store is away, the leases end by themselves."""
        self._stop.set()
        if self._keeper is not None:
            self._keeper.join()
        with self._lock:
            left = list(self._held.values())
        try:
            self.settle([Settlement(hold.id, hold.fence, State.QUEUED, reason=_LEFT) for hold in left])
        except Unavailable as error:
            _LOG.warning("leases-left", worker=self.worker, messages=len(left), reason=error)

    def attempt(self, claimed: Claimed, outcome: Outcome, target: str, sentence: str, duration_ms: int = 0) -> Attempt:
        """Return an attempt for the history of a message that was taken."""
        number = claimed.record.attempts + 1
        return Attempt(number, 0, duration_ms, self.worker, target, str(outcome), sentence)

    def _begun(self, messages: Sequence[Claimed], in_doubt: str) -> list[Claimed]:
        """Mark what was claimed, keep hold of it and return what the taker may have."""
        usable = [one for one in messages if not one.unopened]
        self._put_off([closed(one) for one in messages if one.unopened])
        if not usable:
            return []
        holds = [Hold(one.id, one.fence) for one in usable]
        marked = self._store.mark_sending(holds, in_doubt)
        taken = [one for one, ours in zip(usable, marked, strict=True) if ours]
        with self._lock:
            self._held.update((one.id, Hold(one.id, one.fence)) for one in taken)
            if self._keeper is None and taken:
                self._keeper = threading.Thread(target=self._keep, name="jmswrap-leases", daemon=True)
                self._keeper.start()
        return taken

    def _put_off(self, settlements: Sequence[Settlement]) -> None:
        for settlement in settlements:
            _LOG.warning("not-taken", message=settlement.id, reason=settlement.reason)
        if settlements:
            self._store.settle(settlements)

    def _keep(self) -> None:
        every_seconds = self._store.limits.lease_ms / 1000 / RENEWALS_A_LEASE
        wait_seconds = every_seconds
        while not self._stop.wait(wait_seconds):
            with self._lock:
                holds = list(self._held.values())
            try:
                lost = self._store.renew(self.worker, holds)
                wait_seconds = every_seconds
            except Unavailable as error:
                _LOG.warning("leases-not-renewed", worker=self.worker, reason=error)
                lost, wait_seconds = [], min(every_seconds, AGAIN_SECONDS)
            self._forget(lost)

    def _forget(self, lost: Sequence[Hold]) -> None:
        with self._lock:
            # Settled meanwhile, or taken again since: not lost.
            gone = [hold for hold in lost if self._held.get(hold.id) == hold]
            for hold in gone:
                del self._held[hold.id]
        for hold in gone:
            _LOG.warning("lease-lost", worker=self.worker, message=hold.id)


_LEFT = "it was taken and left without a word"
