"""How long a transform may take, and how many run at once.

libxslt cannot be interrupted, but it lets other threads run. So a transform runs in a thread of
its own that whoever wants it waits for, and leaves behind when it has taken too long: what waits
gets an error, as for any other failure. The thread that was left behind goes on and costs a
processor, so its process should end soon: ``overrun`` says so.

What counts is the thread's processor time where the system tells it: waiting for a database, a
busy machine, or a process that was stopped for a while make no transform slow.

They run one after the other. libxslt works beside the interpreter, but each function that a
stylesheet calls needs the interpreter: many at once meet at every other call, and cost more
processor time for nothing more done (measured). One that takes long or waits for a database
holds nobody up.
"""

import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from jmswrap import clock, log
from jmswrap.errors import TransformTooLong

T = TypeVar("T")

LEAST_WAIT_SECONDS = 0.05
"""Between two looks at how much time a transform has had."""

TURN_SECONDS = 0.005
"""How long a transform has its process for itself; a usual one takes 1 ms."""

_LOG = log.get(__name__)


class _Run(Generic[T]):
    """One piece of work and what came of it."""

    __slots__ = ("_turn", "began", "clock", "done", "error", "given_up", "result", "work")

    def __init__(self, work: Callable[[], T], turn: threading.Semaphore) -> None:
        self.work = work
        self._turn = [turn]
        self.done = threading.Lock()
        self.done.acquire()
        self.result: T
        self.error: BaseException | None = None
        self.clock: Callable[[], float] = clock.monotonic
        self.began: float | None = None
        self.given_up = False

    def do(self) -> None:
        """Do it, in the runner's thread."""
        self.clock = _clock()
        self.began = self.clock()
        try:
            self.result = self.work()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self.error = error
        self.done.release()

    def let_others(self) -> None:
        """Let the next one run, too; any thread may say so, and once is enough."""
        with contextlib.suppress(IndexError):
            self._turn.pop().release()

    def answer(self) -> T:
        """Return or raise what came of it."""
        if self.error is not None:
            try:
                raise self.error
            finally:
                # The traceback holds this frame, which would hold the error.
                self.error = None
        return self.result

    def used_seconds(self) -> float:
        """Return how much time it has had."""
        return 0.0 if self.began is None else self.clock() - self.began


class TimeLimit:
    """Runs the transforms of one integration in threads of their own. Safe for threads and across a fork."""

    def __init__(self, seconds: float, then: Callable[[], None] | None = None) -> None:
        self.seconds = seconds
        """Processor time; 0: no limit, no other threads and no waiting for one another."""
        self._then = then
        """Called when a transform was given up, in the thread that waited for it."""
        self._here = threading.local()
        self._lock = threading.Lock()
        self._turn = threading.Semaphore()
        self._process_id = os.getpid()
        self._idle: list[SimpleQueue[_Run[Any] | None]] = []
        self._given_up: list[_Run[Any]] = []
        weakref.finalize(self, _dismiss, self._idle)

    @property
    def overrun(self) -> bool:
        """A transform that was given up still runs."""
        return any(run.done.locked() for run in self._given_up)

    def run(self, what: str, work: Callable[[], T]) -> T:
        """Do the work; raises what it raises, TransformTooLong when it takes too long."""
        if not self.seconds or getattr(self._here, "run", None) is not None:
            return work()
        self._after_a_fork()
        turn = self._turn
        turn.acquire()
        run = _Run(work, turn)
        try:
            return self._run(what, run)
        finally:
            run.let_others()

    def _run(self, what: str, run: _Run[T]) -> T:
        runner = self._taken()
        runner.put(run)
        look_seconds = TURN_SECONDS
        try:
            while not run.done.acquire(timeout=look_seconds):
                run.let_others()
                left_seconds = self.seconds - run.used_seconds()
                if left_seconds <= 0:
                    self._give_up(run, what)
                look_seconds = max(left_seconds, LEAST_WAIT_SECONDS)
        except BaseException:
            # Also when whoever waits is interrupted: nobody gives that thread work any more.
            runner.put(None)
            raise
        self._idle.append(runner)
        return run.answer()

    def guarded(self, function: Callable[..., T]) -> Callable[..., T]:
        """Return an extension function that does nothing any more for a transform that was given up."""
        here = self._here

        def call(*given: Any) -> T:
            run = getattr(here, "run", None)
            if run is not None and run.given_up:
                raise TransformTooLong("nobody waits for this transform any more")
            return function(*given)

        return call

    def waiting(self, function: Callable[..., T]) -> Callable[..., T]:
        """Return an extension function that waits for something else than the processor: others run from then on."""
        here = self._here

        def call(*given: Any) -> T:
            run = getattr(here, "run", None)
            if run is not None:
                run.let_others()
            return function(*given)

        return call

    def _give_up(self, run: _Run[Any], what: str) -> None:
        run.given_up = True
        with self._lock:
            self._given_up = [*(other for other in self._given_up if other.done.locked()), run]
        if self._then is not None:
            self._then()
        _LOG.error("transform-overran", stylesheet=what, seconds=self.seconds)
        raise TransformTooLong(
            f"{what} ran longer than {self.seconds:g} s; mend the stylesheet, or raise `transforms.seconds`"
        )

    def _after_a_fork(self) -> None:
        with self._lock:
            if self._process_id != os.getpid():
                # Threads do not survive a fork, and what they held is nobody's.
                self._process_id = os.getpid()
                self._idle.clear()
                self._turn = threading.Semaphore()

    def _taken(self) -> "SimpleQueue[_Run[Any] | None]":
        with self._lock:
            if self._idle:
                # The last that came back, so that few are busy and the others' stylesheets need not be compiled.
                return self._idle.pop()
        inbox: SimpleQueue[_Run[Any] | None] = SimpleQueue()
        threading.Thread(target=_serve, args=(inbox, self._here), name="jmswrap-transform", daemon=True).start()
        return inbox


def _serve(inbox: "SimpleQueue[_Run[Any] | None]", here: threading.local) -> None:
    while (run := inbox.get()) is not None:
        here.run = run
        run.do()
        # A thread that waits for work holds on to nothing.
        del run
        here.run = None


def _dismiss(idle: "list[SimpleQueue[_Run[Any] | None]]") -> None:
    for inbox in idle:
        inbox.put(None)


def _clock() -> Callable[[], float]:
    """Return the clock of the calling thread's processor time, which any thread may read."""
    clock_of = getattr(time, "pthread_getcpuclockid", None)
    if clock_of is None:
        return clock.monotonic
    which = clock_of(threading.get_ident())
    return lambda: time.clock_gettime(which)
