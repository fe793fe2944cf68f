"""A worker, struck at each step of a delivery: killed, or stopped for longer than its lease."""

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass

from tests.crash import orders, resp
from tests.crash.orders import Plan
from tests.crash.proxy import Strike, Trap, When, done
from tests.crash.row import Act, Row
from tests.crash.stage import Stage

STOP_SECONDS = 5.0
SHORT_LEASE_SECONDS = 2.0
"""For the rows that wait until a lease runs out."""

SKIPPED = 10
"""Moments that pass before the strike, so that it falls in the middle of the work."""

CALL_SECONDS = 0.5
"""How long the partner takes where a call must be under way."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A step of a delivery: which script's command or answer is held."""

    step: str
    script: str
    when: When
    sending: bool = False
    """Bytes may have left, as far as the store knows."""


MOMENTS = (
    Moment("claimed", "claim", When.AFTER),
    Moment("about to mark sending", "mark_sending", When.BEFORE),
    Moment("marked sending", "mark_sending", When.AFTER, sending=True),
    Moment("after the partner's reply, before settle", "settle", When.BEFORE, sending=True),
    Moment("settled, before it hears so", "settle", When.AFTER),
)


def brings_messages(answer: bytes) -> bool:
    """Tell whether a claim's answer has messages."""
    return resp.length(answer) > 2


def grants(answer: bytes) -> bool:
    """Tell whether a mark was made."""
    return answer == b":1\r\n"


_TELLS = {"claim": brings_messages, "mark_sending": grants}


def _strike(stage: Stage, stops: bool) -> Strike:
    return stage.striker.stop(STOP_SECONDS) if stops else stage.striker.kill()


def _at(moment: Moment, stops: bool) -> Act:
    def arm(stage: Stage) -> None:
        trap = Trap(moment.script, moment.when, _strike(stage, stops), skip=SKIPPED)
        if moment.when is When.AFTER:
            trap.only = _TELLS.get(moment.script, done)
        stage.proxy.traps.append(trap)

    return arm


def _mid_call(stops: bool) -> Act:
    """Strike the worker whose request the partner has just got."""

    def arm(stage: Stage) -> None:
        strike, tasks = _strike(stage, stops), set[asyncio.Future[bool]]()
        stage.partner.latency_seconds = CALL_SECONDS
        left = SKIPPED

        def arrived(number: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                record = stage.store.record(orders.message_id(number))
                assert record is not None
                stage.partner.latency_seconds = 0
                process = record.worker.partition("~")[0].rpartition(".")[2]
                tasks.add(asyncio.ensure_future(strike(int(process))))

        stage.partner.arrived = arrived

    return arm


def _lease(stops: bool) -> float:
    return SHORT_LEASE_SECONDS if stops else 30


def _rows(policy: str, stops: bool) -> list[Row]:
    fault = f"SIGSTOP {STOP_SECONDS:g} s, lease {SHORT_LEASE_SECONDS:g} s" if stops else "kill -9"
    plan = Plan(policy, lease_seconds=_lease(stops))
    parks = policy == "park"
    rows = [
        Row(
            "worker",
            moment.step,
            fault,
            plan,
            _at(moment, stops),
            # What was settled is no longer held: the rest of its batch may be, or nothing.
            struck=not moment.step.startswith("settled"),
            doubts=parks and moment.sending,
        )
        for moment in MOMENTS
    ]
    rows.insert(3, Row("worker", "mid-call", fault, plan, _mid_call(stops), struck=True, doubts=parks))
    return rows


def _alone(moment: Moment) -> Act:
    """Strike a worker that no parent watches: only the store can tell that it is dead."""

    def arm(stage: Stage) -> None:
        _strike_alone(stage, moment)

    return arm


def _strike_alone(stage: Stage, moment: Moment) -> None:
    worker = stage.another_worker()
    other, kill = stage.facts["children"]["worker-1"], stage.striker.kill()

    def let_go_on() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(other, signal.SIGCONT)

    async def strike(process: int) -> bool:
        lives = await kill(process)
        let_go_on()
        return lives

    # The worker that `up` watches sits by until the other one is dead.
    os.kill(other, signal.SIGSTOP)
    stage.ends.callback(let_go_on)
    stage.proxy.traps.append(Trap(moment.script, When.AFTER, strike, only=_TELLS[moment.script], process=worker.pid))


_UNWATCHED = [moment for moment in MOMENTS if moment.step in ("claimed", "marked sending")]
_WATCHES = "nobody watches the process: its connection to the store tells, after 2.5 s"

_LONE = [
    Row(
        "worker",
        f"{moment.step}, no parent (`jmswrap work` alone)",
        "kill -9",
        Plan(policy, workers=1),
        _alone(moment),
        struck=True,
        doubts=policy == "park" and moment.sending,
        shows=_WATCHES,
    )
    for policy in orders.POLICIES
    for moment in _UNWATCHED
]

_PLAIN = [
    Row(
        "worker",
        f"{moment.step}, `rq worker` only: the child it forked",
        "kill -9",
        Plan(policy, plain=True),
        _at(moment, stops=False),
        struck=True,
        doubts=policy == "park" and moment.sending,
        shows=_WATCHES,
    )
    for policy in orders.POLICIES
    for moment in _UNWATCHED
]

ROWS = (
    *(row for policy in orders.POLICIES for stops in (False, True) for row in _rows(policy, stops)),
    *_LONE,
    *_PLAIN,
)
