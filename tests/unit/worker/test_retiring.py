"""A worker that a transform was given up in asks itself to stop, once, and says that it is to be replaced."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import eventually

from jmswrap.app.connections import connect
from jmswrap.app.integration import load
from jmswrap.deliver.crew import Crew
from jmswrap.store.server import EmbeddedServer
from jmswrap.worker.live import Live, Ready
from jmswrap.worker.process import OVERRAN, exit_status

CONFIG = """
jmswrap: 1
name: idle
store: {url: "%s", prefix: retiring}
routes: {}
"""


@pytest.fixture
def here(store_server: EmbeddedServer, tmp_path: Path) -> Iterator[Live]:
    (tmp_path / "jmswrap.yaml").write_text(CONFIG % store_server.url)
    integration = load(tmp_path)
    made = Live(Ready.of(integration), connect(integration), Crew(1), "host.7~0a1b2c3d")
    yield made
    made.close()


@pytest.fixture
def asked() -> Iterator[list[int]]:
    """The signals to stop that this process got."""
    got: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: got.append(number))
    yield got
    signal.signal(signal.SIGTERM, before)


def test_it_is_replaced_although_its_transform_ended_meanwhile_or_was_an_earlier_generations(
    here: Live, asked: list[int]
) -> None:
    here.retire()
    here.retire()
    eventually(lambda: asked, "the signal")
    assert asked == [signal.SIGTERM]
    assert not here.ready.limit.overrun
    assert exit_status(here) == OVERRAN


def test_it_asks_nothing_of_itself_when_it_stops_anyway(here: Live, asked: list[int]) -> None:
    here.stop.set()
    here.retire()
    assert asked == []
    assert exit_status(here) == 0
