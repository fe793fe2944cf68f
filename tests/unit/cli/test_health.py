"""``jmswrap health``: the exit status and the sentences that monitoring sees."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jmswrap.config.health_settings import Health
from jmswrap.contract.wrap import wrap
from jmswrap.inspect.health import Facts, Level, judge, level
from jmswrap.inspect.views import HistoryView, QueueView
from jmswrap.message import Message, Settlement
from jmswrap.states import State
from jmswrap.store.opening import client
from jmswrap.store.store import Store

ORDERS = Path(__file__).parents[2] / "data" / "partner" / "orders.wsdl"
LIMITS = Health.model_validate({})
HOUR_MS = 3_600_000


def queue(**fields: Any) -> QueueView:
    return QueueView(
        **{"name": "Q", "counts": {}, "oldest_age_ms": 0, "paused": None, "drains": 0, "routes": (), **fields}
    )


@pytest.mark.parametrize(
    ("facts", "what", "bad"),
    [
        (Facts(store=("Full.",)), "store", Level.CRITICAL),
        (Facts(cautions=("Few.",)), "store", Level.WARNING),
        (Facts(restored_from="b"), "restored", Level.CRITICAL),
        (Facts(queues=[queue(oldest_age_ms=HOUR_MS)]), "oldest", Level.WARNING),
        (Facts(queues=[queue(oldest_age_ms=5 * HOUR_MS)]), "oldest", Level.CRITICAL),
        (Facts(queues=[queue(oldest_age_ms=-HOUR_MS)]), "clock", Level.WARNING),
        (Facts(queues=[queue(counts={"DEAD": 1})]), "dead", Level.WARNING),
        (Facts(queues=[queue(counts={"IN_DOUBT": 2})]), "in-doubt", Level.WARNING),
        (Facts(queues=[queue(paused="weekend")]), "paused", Level.WARNING),
        (Facts(queues=[queue(counts={"QUEUED": 5}, most_messages=5)]), "full", Level.CRITICAL),
        (Facts(open_breakers={"crm": 12}), "breaker", Level.WARNING),
        (Facts(history=HistoryView("f", 1, 0, 9, 2 * HOUR_MS, "")), "history", Level.WARNING),
        (Facts(history=HistoryView("f", None, 0, 0, 0, "It is away.")), "history", Level.WARNING),
    ],
)
def test_each_cause_has_its_level_and_one_sentence(facts: Facts, what: str, bad: Level) -> None:
    (finding,) = judge(facts, LIMITS)
    assert (finding.what, finding.level) == (what, bad)
    assert finding.sentence.endswith(".")


def test_what_is_well_or_not_asked_for_is_no_finding() -> None:
    quiet = Health.model_validate({"oldest_seconds": 0, "oldest_critical_seconds": 0, "dead": 0, "in_doubt": 3})
    busy = queue(oldest_age_ms=90 * HOUR_MS, counts={"DEAD": 9, "IN_DOUBT": 2, "QUEUED": 70})
    assert judge(Facts(queues=[busy]), quiet) == []
    assert level(judge(Facts(queues=[queue()]), LIMITS)) is Level.OK


def test_an_old_backup_is_warned_of_where_that_is_asked_for() -> None:
    daily = Health.model_validate({"backup_hours": 24})
    assert judge(Facts(backup_age_ms=23 * HOUR_MS), daily) == []
    for age in (None, 25 * HOUR_MS):
        (finding,) = judge(Facts(backup_age_ms=age), daily)
        assert "jmswrap backup" in finding.sentence


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    folder = tmp_path / "orders"
    wrap(str(ORDERS), folder)

    def ran(*words: str, **store: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "JMSWRAP_CONFIG": str(folder), "JMSWRAP_OVERRIDES": json.dumps({"store": store})}
        command = [sys.executable, "-m", "jmswrap", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)

    return ran


def test_its_exit_status_says_how_bad_it_is(run: Run, store_server, tmp_path: Path) -> None:
    settings = {"url": store_server.url, "prefix": f"health-{tmp_path.name}"}
    well = run("health", **settings)
    assert (well.returncode, well.stdout) == (0, "OK: nothing needs a person\n")
    held = Store(client(store_server.url), settings["prefix"])
    held.accept([Message("m" * 26, "Orders", "Orders", b"<a/>")])
    (claimed,) = held.claim("Orders", "w", 1).messages
    held.settle([Settlement(claimed.id, claimed.fence, State.DEAD, reason="no")])
    held.client.hset(f"{held.prefix}:brk:Orders", mapping={"failures": 10, "last": held.now_ms()})
    sick = run("health", "--json", **settings)
    found = json.loads(sick.stdout)
    assert (sick.returncode, found["level"]) == (1, "WARNING")
    assert {cause["what"] for cause in found["causes"]} == {"dead", "breaker"}
    held.client.set(f"{held.prefix}:clock", -HOUR_MS)
    listed = run("queues", **settings)
    assert "alarm: The oldest message of queue Orders came 60 min ahead of the store's clock" in listed.stdout
    assert "alarm: Partner Orders failed 10 times in a row" in listed.stdout
    held.client.close()
    gone = run("health", url="unix:///nowhere/sock")
    assert gone.returncode == 2
    assert gone.stdout.startswith("CRITICAL: The store cannot be reached")
    wrong = run("health", max_connectons="x", url=7)
    assert (wrong.returncode, len(wrong.stdout.splitlines())) == (1, 1)
    assert wrong.stdout.endswith(" (and 1 more: see `jmswrap check`)\n")
