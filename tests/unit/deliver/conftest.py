"""Fixtures of the drains' tests."""

from collections.abc import Iterator

import pytest

from jmswrap.deliver.crew import Crew


@pytest.fixture
def crew() -> Iterator[Crew]:
    crew = Crew(8)
    yield crew
    crew.close()
