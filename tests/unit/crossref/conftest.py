"""Cross-references in a file, and in a real PostgreSQL where its programs are installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import schema

from jmswrap.crossref.declared import Declared
from jmswrap.crossref.references import CrossReferences
from jmswrap.database import Place, place

TABLES = {
    "ITEM": Declared("ITEM", ("COMMON", "SEBL", "BRM")),
    "SEEDED": Declared("SEEDED", ("A", "B"), ({"A": "1", "B": "one"}, {"A": "2", "B": "two"})),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty database, of each kind."""
    if request.param == "sqlite":
        return place("cross_references.url", "", tmp_path, tmp_path / "crossref.sqlite")
    url = request.getfixturevalue("postgres_url")
    return place("cross_references.url", f"{url}?options=-csearch_path%3D{schema(url)}", tmp_path, tmp_path)


@pytest.fixture
def references(where: Place) -> Iterator[CrossReferences]:
    opened = CrossReferences(where, TABLES)
    yield opened
    opened.close()
