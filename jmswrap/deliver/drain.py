"""Drains one queue for a while: claim, transform, mark, call, settle; many calls at once.

One thread, the caller's, talks to the store, and does so for all: what gathered while a round
trip was under way goes into the next one (group commit). The crew's threads transform and call.
A message leaves this process settled, handed back, or fenced: when the store is away, calls end
before their leases do, and their messages are left to the store's sweep.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue

from jmswrap import clock, log
from jmswrap.deliver.crew import Crew
from jmswrap.deliver.decide import closed, handed_back, unknown
from jmswrap.deliver.delivery import Call, QueuePlan
from jmswrap.deliver.flight import Flight
from jmswrap.deliver.held import Asking, Held
from jmswrap.deliver.pace import DEADLY, SUSPECT, Drained, Ended, Pace
from jmswrap.deliver.probing import Probing
from jmswrap.deliver.trouble import trouble
from jmswrap.message import Claimed, Settlement
from jmswrap.states import Phase
from jmswrap.store.nouns import Claim, Hold, Rings
from jmswrap.store.store import Store

_LOG = log.get(__name__)

SLICE_SECONDS = 2.0
"""How long a busy queue keeps a worker that others wait for."""

POLL_SECONDS = 0.005
"""Between two looks at an empty queue while calls are under way; doubles with each that finds nothing."""

POLL_MAX_SECONDS = 0.05
"""The longest such pause."""

LOOK_AROUND_SECONDS = 0.1
"""Between two looks at the shutdown mark and the other wake-ups."""

LAST_CALLS_SECONDS = 1.0
"""How long a drain waits for its last calls before it leaves them to a thread of their own."""

AWAY_SECONDS = 0.1
"""Between two tries while the store does not answer."""

ENDLESS_MS = 99_999_999_999_999
"""When a partner with maintenance is closed until while the store's clock is not known."""


class Drain:
    """One drain of one queue; ``run`` once."""

    def __init__(self, store: Store, bell: Rings, crew: Crew, plan: QueuePlan, worker: str, pace: Pace) -> None:
        self._store, self._bell, self._crew, self._plan = store, bell, crew, plan
        self._worker, self._pace = worker, pace
        self._events: SimpleQueue[Flight] = SimpleQueue()
        self._to_mark: list[Flight] = []
        self._to_keep: list[Flight] = []
        self._to_settle: list[Flight] = []
        now = clock.monotonic()
        self._begun = self._busy_at = self._claimed_at = now
        self._looked_at = self._poll_seconds = 0.0
        self._crowded = self._ends = self._disarmed = False
        self._asked = clock.new_id()
        """The word of a claim until it is answered: what the store gave is not lost with its answer."""
        self.drained = Drained()
        self._ask = Asking(plan.queue)
        self._held = Held(store, self._ask, worker, self.drained)
        if pace.fence is not None:
            pace.fence.watch(self._held)
        self._suspect: Flight | None = None
        self._probing = Probing(store, bell, self._ask, crew, plan, worker)

    def run(self) -> Drained:
        """Drain until the time is over, the queue stays empty or somebody else needs the worker."""
        self._look_at_the_clock()
        try:
            while not self._over() and not self._idle(self._turn()):
                pass
            self._finish(LAST_CALLS_SECONDS if self._pace.leftover else math.inf)
        except BaseException:
            self._held.abort()
            raise
        if not self._disarmed:
            self._leave()
        if self._held and self._pace.leftover:
            left = len(self._held)
            self._crew.reserve(left)
            self._pace.leftover(lambda: self._outlast(left))
        return self.drained

    def only(self, claimed: Claimed) -> Drained:
        """Deliver one message that another process holds, and nothing else; Unavailable when it cannot begin."""
        before = clock.monotonic()
        if self._store.renew(self._worker, [Hold(claimed.id, claimed.fence)]):
            return self.drained
        flight = self._took(claimed, before)
        self._read_again([flight] if flight else [])
        while self._held:
            self._gather(self._patience())
            self._held.renew()
            self._settle()
            self._mark()
        return self.drained

    def _look_at_the_clock(self) -> None:
        """Give the claims of this drain its partner's maintenance, by the store's clock; a drain is short."""
        closed = self._plan.closed
        if closed is not None:
            now_ms = self._ask(self._store.now_ms)
            guard = replace(self._plan.guard, closed=closed(now_ms) if now_ms is not None else ((0, ENDLESS_MS),))
            self._plan = replace(self._plan, guard=guard)
            self._probing.guard = guard

    def _leave(self) -> None:
        """Say that nobody listens here any more; ask for another drain where work is left."""
        plan = self._plan
        # Without lingering, and for no message: an empty queue then counts on this drain's bell no longer.
        last = self._ask(lambda: self._store.claim(plan.queue, self._worker, 0, plan.guard, 0, asked=self._asked))
        for one in last.messages if last else ():
            self._put_off(handed_back(one, "the worker ended its drain"))
        left = last is None or last.backlog or last.messages
        if left and self._ask(lambda: self._store.leave(plan.queue, self._worker)):
            self._bell.ring(plan.queue)

    def _outlast(self, reserved: int) -> None:
        """Wait for calls that outlast the drain, in another thread."""
        try:
            self._finish(math.inf)
        finally:
            self._held.abort()
            self._crew.reserve(-reserved)

    def _over(self) -> bool:
        now = clock.monotonic()
        if now - self._begun >= self._pace.drain_seconds:
            return True
        if now - self._looked_at < LOOK_AROUND_SECONDS:
            return False
        self._looked_at = now
        self._crowded = self._pace.others_wait()
        return self._pace.stopping() or (self._crowded and now - self._begun >= SLICE_SECONDS)

    def _turn(self) -> Claim | None:
        """Take what came back from the crew, tell the store, fetch more."""
        self._probing.turn()
        self._gather(self._patience())
        self._held.renew()
        settled = self._settle()
        self._mark()
        free = self._crew.slots - len(self._held)
        too_soon = clock.monotonic() - self._claimed_at < self._poll_seconds
        if free <= 0 or (self._held and not settled and too_soon):
            return None
        return self._claim(free, self._pace.linger_seconds)

    def _idle(self, claim: Claim | None) -> bool:
        """Wait a moment on an empty queue; True when that has been long enough."""
        if self._held or (claim is not None and claim.messages):
            return False
        if self._probing.under_way:
            self._probing.note(LOOK_AROUND_SECONDS)
            return False
        idle_seconds = clock.monotonic() - self._busy_at
        linger_seconds = 0 if self._crowded else self._pace.linger_seconds
        if claim is None:
            # No slots: calls of earlier drains have them all. Or the store is away.
            self._gather(LOOK_AROUND_SECONDS)
            return idle_seconds > max(linger_seconds, 1)
        if idle_seconds >= linger_seconds:
            last = self._claim(self._crew.slots, 0)
            self._disarmed = last is not None and not last.messages and not last.backlog
            return last is not None and not last.messages
        pause_seconds = min(linger_seconds - idle_seconds, LOOK_AROUND_SECONDS)
        if claim.wait_ms is not None:
            pause_seconds = min(pause_seconds, claim.wait_ms / 1000)
        self._ask(lambda: self._store.listen(self._plan.queue, pause_seconds))
        return False

    def _finish(self, seconds: float) -> None:
        """Hand back what was not begun, wait for the calls under way, no longer than this."""
        self._ends = True
        until = clock.monotonic() + seconds
        waiting, self._to_mark = self._to_mark, []
        for flight in waiting:
            self._landed(flight)
        while self._held and clock.monotonic() < until:
            self._settle()
            self._mark()
            self._held.renew()
            if self._held:
                self._gather(AWAY_SECONDS)
        self._probing.note(AWAY_SECONDS)

    def _patience(self) -> float:
        """How long to wait for the crew before looking at the queue again."""
        if self._ask.away:
            return AWAY_SECONDS
        if not self._held or self._to_mark or self._to_keep or self._to_settle:
            return 0.0
        return max(self._poll_seconds, 0.001) if len(self._held) < self._crew.slots else LOOK_AROUND_SECONDS

    def _gather(self, seconds: float) -> None:
        try:
            self._landed(self._events.get(timeout=seconds) if seconds else self._events.get_nowait())
            while True:
                self._landed(self._events.get_nowait())
        except Empty:
            return

    def _landed(self, flight: Flight) -> None:
        if flight.ended is not None:
            self._came_back(flight, flight.ended)
            return
        if flight.settlement is None and flight.answered is None and self._ends:
            flight.settlement = handed_back(flight.claimed, "the worker ended its drain")
        if flight.settlement is not None:
            self._to_settle.append(flight)
        elif flight.answered is not None:
            self._to_keep.append(flight)
        elif self._held.has(flight):
            self._ready(flight)

    def _ready(self, flight: Flight) -> None:
        if flight.to_partner:
            self._to_mark.append(flight)
        else:
            self._start(flight, flight.attempt)

    def _start(self, flight: Flight, work: Callable[[], None]) -> None:
        def done() -> None:
            work()
            self._events.put(flight)

        self._crew.do(done)

    def _claim(self, free: int, linger_seconds: float) -> Claim | None:
        before = clock.monotonic()
        linger_ms = int(linger_seconds * 1000)
        plan, alone = self._plan, self._suspect is None
        question = partial(self._store.claim, plan.queue, self._worker, free, plan.guard, linger_ms, alone, self._asked)
        claim = self._ask(question)
        self._claimed_at = before
        if claim is not None:
            self._asked = clock.new_id()
        if claim is None or not claim.messages:
            self._poll_seconds = min(max(self._poll_seconds * 2, POLL_SECONDS), POLL_MAX_SECONDS)
            return claim
        self._poll_seconds = 0.0
        self._busy_at = before
        self._read_again([flight for one in claim.messages if (flight := self._took(one, before)) is not None])
        return claim

    def _took(self, claimed: Claimed, before: float) -> Flight | None:
        """Begin a message; return it when an answer that was kept must be read first."""
        delivery = self._plan.deliveries.get(claimed.record.message.route or self._plan.reader)
        replied = claimed.record.phase is Phase.REPLIED
        if claimed.unopened:
            self._put_off(closed(claimed))
            return None
        if delivery is None or (replied and not isinstance(delivery.target, Call)):
            self._put_off(unknown(claimed, self._plan.queue))
            return None
        flight = Flight(claimed, delivery, self._worker, before, self._held.lease_end(before))
        self._held.take(flight)
        if self._suspected(flight):
            return None
        if flight.replied:
            return flight
        if flight.needs_preparing:
            self._start(flight, flight.prepare)
        else:
            self._ready(flight)
        return None

    def _suspected(self, flight: Flight) -> bool:
        """Keep a message away from this process that may have killed others; True when it was."""
        if flight.claimed.record.kills >= DEADLY:
            flight.killed()
            self._to_settle.append(flight)
            return True
        if flight.claimed.record.kills < SUSPECT or self._pace.apart is None:
            return False
        self._suspect = flight
        self._start(flight, partial(flight.leave_to, self._pace.apart))
        return True

    def _came_back(self, flight: Flight, ended: Ended) -> None:
        """Take note of what became of a message in a process of its own."""
        self._suspect = None
        if ended.died:
            _LOG.error("message-killed-its-process", message=flight.claimed.id, reason=ended.said)
            queues = self._ask(lambda: self._store.abandon(self._worker, flight.claimed.id))
            for queue in queues or ():
                self._bell.ring(queue)
        elif ended.drained is None:
            flight.settlement = handed_back(flight.claimed, ended.said)
            self._to_settle.append(flight)
            return
        else:
            self.drained.add(ended.drained)
        self._held.forget(flight)

    def _put_off(self, settlement: Settlement) -> None:
        """Settle a message that this process cannot go on with."""
        _LOG.warning("not-begun", message=settlement.id, queue=self._plan.queue, reason=settlement.reason)
        self._ask(lambda: self._store.settle([settlement]))
        self.drained.count(settlement.state)

    def _read_again(self, flights: Sequence[Flight]) -> None:
        """Interpret the answers that other workers kept and did not settle."""
        if not flights:
            return
        kept = self._ask(lambda: self._store.replies([flight.claimed.id for flight in flights]))
        if kept is None:
            for flight in flights:
                flight.settlement = handed_back(flight.claimed, "the store did not give the answer that it keeps")
            self._to_settle += flights
            return
        for flight, answer in zip(flights, kept, strict=True):
            self._start(flight, partial(flight.read_again, answer))

    def _mark(self) -> None:
        """Have it on disk that bytes are about to leave, and the answers that came; then go on with them."""
        sending, self._to_mark = [flight for flight in self._to_mark if not self._held.gave_up(flight)], []
        replied, self._to_keep = self._to_keep, []
        if not sending and not replied:
            return
        starts = [(flight.hold, flight.delivery.in_doubt) for flight in sending]
        answers = [(flight.hold, flight.answered.packed()) for flight in replied if flight.answered is not None]
        marked = self._ask(lambda: self._store.mark(starts, answers))
        for flight in replied:
            # Kept or not (the store may be away): the answer is here, and the settlement will carry it all.
            self._start(flight, flight.read)
        if marked is None:
            self._to_mark += sending
            return
        for flight, may_send in zip(sending, marked[: len(sending)], strict=True):
            if may_send:
                self._start(flight, flight.attempt)
            else:
                self._held.lost(flight)

    def _settle(self) -> bool:
        """Settle what is due; False when nothing was."""
        flights, self._to_settle = self._to_settle, []
        if self._ask.away:
            # One at a time, so that a settlement that the store will not take does not stop the others.
            flights, self._to_settle = flights[:1], flights[1:]
        if not flights:
            return False
        settlements = [flight.settlement for flight in flights if flight.settlement is not None]
        settled = self._ask(lambda: self._store.settle(settlements))
        if settled is None:
            # A settlement that comes late is still worth a try: the token protects the message.
            self._to_settle += [flight for flight in flights if not self._held.gave_up(flight, leases=1)]
            return False
        self._busy_at = clock.monotonic()
        for flight, settlement, answer in zip(flights, settlements, settled, strict=True):
            self._held.forget(flight)
            if answer.done:
                self.drained.count(settlement.state)
                self._tell(settlement, flight.claimed)
            else:
                self.drained.lost += 1
                _LOG.warning("settled-too-late", message=flight.claimed.id, state=settlement.state)
        for queue in dict.fromkeys(queue for answer in settled for queue in answer.wake):
            self._bell.ring(queue)
            self._looked_at = 0.0  # somebody may wait for this worker now: look at once
        return True

    def _tell(self, settlement: Settlement, claimed: Claimed) -> None:
        """Have somebody told of a message that needs a person, if its route wants that."""
        message = claimed.record.message
        delivery = self._plan.deliveries.get(message.route or self._plan.reader)
        if self._pace.tells is not None and delivery is not None:
            told = trouble(settlement, message, delivery)
            if told is not None:
                self._pace.tells(told)
