"""The partner: away, hanging, late, breaking off, answering with what is no SOAP, refusing."""

import threading
import time

from tests.crash import orders, partner
from tests.crash.orders import Plan
from tests.crash.partner import Misdeed
from tests.crash.row import Act, Row
from tests.crash.stage import Stage

AWAY_SECONDS = 4.0
MISDEEDS = 2
"""So many at least: some misdeeds have two forms."""
OCCASION_SECONDS = 90.0
TIMEOUTS = {"connect_seconds": 1.0, "read_seconds": 1.0, "total_seconds": 1.5}


def _misbehaves(misdeed: Misdeed) -> Act:
    def arm(stage: Stage) -> None:
        stage.partner.misdeed = misdeed

    return arm


def _for_a_while(stage: Stage) -> None:
    stage.load.wait_for(stage.size.count // 2)
    # Accepting may be far ahead of the workers' first calls.
    pause, deadline = threading.Event(), time.monotonic() + OCCASION_SECONDS
    while stage.partner.misdeeds < MISDEEDS:
        if time.monotonic() > deadline:
            raise TimeoutError("the partner had no occasion to misbehave")
        pause.wait(0.02)
    stage.striker.noted()
    stage.load.pass_time(5)
    stage.partner.misdeed = None


def _goes_away(stage: Stage) -> None:
    stage.load.wait_for(stage.size.count // 4)
    stage.striker.noted()
    stage.partner.go_away(AWAY_SECONDS)


_WAYS: dict[str, tuple[str, Misdeed]] = {
    "never answers": ("every 4th call hangs", partner.hangs),
    "answers after the time-out": ("every 4th call", partner.is_late),
    "drops the connection mid-reply": ("every 4th call", partner.breaks_off),
    "answers garbage": ("every 4th call", partner.babbles),
}


def _rows(policy: str) -> list[Row]:
    plan = Plan(policy, timeouts=TIMEOUTS)
    return [
        Row("partner", "down", f"refuses connections for {AWAY_SECONDS:g} s", plan, meanwhile=_goes_away),
        *(
            Row("partner", step, fault, plan, _misbehaves(misdeed), _for_a_while)
            for step, (fault, misdeed) in _WAYS.items()
        ),
    ]


ROWS = (
    *(row for policy in orders.POLICIES for row in _rows(policy)),
    Row(
        "partner",
        "refuses",
        "every 4th call is a business fault",
        Plan("park", on_dead="release"),
        _misbehaves(partner.refuses),
        _for_a_while,
    ),
)
