"""Messages whose route, queue or operation was removed: told, never lost, moved or ended by a person."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from jmswrap.clock import new_id
from jmswrap.message import Message
from jmswrap.states import State
from jmswrap.store.store import Store

Run = Callable[..., subprocess.CompletedProcess[str]]
BODY = b'<Place xmlns="urn:example:orders"><number>A-1</number><quantity>1</quantity></Place>'


def put(store: Store, queue: str, route: str, operation: str = "Place") -> str:
    message = Message(id=new_id(), queue=queue, route=route, body=BODY, operation=operation)
    store.accept([message])
    return message.id


def test_a_removed_queue_is_refused_by_check_shown_and_can_be_emptied(jmswrap: Run, held: Store) -> None:
    moved, ended = put(held, "Old", "Old"), put(held, "Old", "Old")
    checked = jmswrap("check")
    assert checked.returncode == 1
    assert "2 messages are on queue `Old`, which no route has any more" in checked.stderr
    assert "Old: no route has this queue any more, so its 2 messages stay" in jmswrap("queues").stdout
    to_orders = jmswrap("move", "--to", "Orders", moved)
    assert (to_orders.returncode, to_orders.stderr) == (0, "")
    assert jmswrap("cancel", "--all", "-q", "Old").stdout == "1 message cancelled\n"
    record = held.record(ended)
    assert record
    assert record.state is State.CANCELLED
    assert jmswrap("check").returncode == 0


def test_a_removed_route_is_refused_by_check_and_its_messages_can_be_moved(jmswrap: Run, held: Store) -> None:
    name = put(held, "Orders", "OldRoute")
    checked = jmswrap("check")
    assert checked.returncode == 1
    assert "1 messages on queue `Orders` are for route `OldRoute`" in checked.stderr
    done = jmswrap("move", "--all", "--route", "OldRoute", "--state", "queued", "--to", "Orders")
    assert (done.returncode, done.stdout) == (0, "1 message moved to Orders\n"), done.stderr
    record = held.record(name)
    assert record
    assert record.state is State.CANCELLED
    assert jmswrap("check").returncode == 0


def test_an_operation_that_left_the_contract_is_refused_by_check(jmswrap: Run, held: Store) -> None:
    put(held, "Orders", "Orders", operation="Withdrawn")
    checked = jmswrap("check", "--json")
    assert checked.returncode == 1
    (problem,) = json.loads(checked.stdout)["problems"]
    assert re.match(
        r"1 messages on queue `Orders` are for operation `Withdrawn`, which the contract of", problem["sentence"]
    )


def test_a_worker_says_at_its_start_what_nobody_will_take_and_goes_on(jmswrap: Run, held: Store) -> None:
    put(held, "Old", "Old")
    worked = jmswrap("work", "--burst")
    assert worked.returncode == 0
    assert "1 messages are on queue `Old`" in worked.stderr


def test_a_store_that_cannot_be_asked_is_a_problem_only_where_it_is_asked_for(folder: Path) -> None:
    environment = {**os.environ, "JMSWRAP_CONFIG": str(folder)}
    for words, status in ((("check",), 0), (("check", "--store"), 1)):
        command = [sys.executable, "-m", "jmswrap", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
        assert done.returncode == status
    assert "the store cannot be asked what it holds" in done.stderr
