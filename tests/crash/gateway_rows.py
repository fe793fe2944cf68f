"""The gateway, struck before the write and after it."""

from tests.crash.orders import Plan
from tests.crash.proxy import Trap, When
from tests.crash.row import Act, Row
from tests.crash.stage import Stage

STOP_SECONDS = 4.0
"""Longer than a client waits for its receipt."""

_STEPS = {When.BEFORE: "before the write", When.AFTER: "after the write, before the reply"}


def _arm(when: When, stops: bool) -> Act:
    def arm(stage: Stage) -> None:
        strike = stage.striker.stop(STOP_SECONDS) if stops else stage.striker.kill()
        stage.proxy.traps.append(Trap("accept", when, strike, skip=stage.size.count // 4))

    return arm


ROWS = tuple(
    Row("gateway", step, fault, Plan("park"), _arm(when, stops))
    for when, step in _STEPS.items()
    for fault, stops in (("kill -9", False), (f"SIGSTOP {STOP_SECONDS:g} s", True))
)
