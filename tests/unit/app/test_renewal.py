"""New generations: seen when files change, examined whole, and not what a process cannot change."""

from pathlib import Path

import pytest
import yaml

from jmswrap.app.integration import Integration, generation, load
from jmswrap.app.renewal import Manner, Renewal, with_what_stays
from jmswrap.errors import ConfigError
from jmswrap.store.refusals import Refusals
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

SHEET = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="/"><{}/></xsl:template></xsl:stylesheet>"""


@pytest.fixture
def folder(tmp_path: Path, store_server: EmbeddedServer, store: Store) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "step.xsl").write_text(SHEET.format("a"))
    settings = {
        "jmswrap": 1,
        "name": "renewed",
        "store": {"url": store_server.url, "prefix": store.prefix},
        "routes": {"map": {"from": {"queue": "in"}, "to": {"queue": "out"}, "steps": [{"xslt": "step.xsl"}]}},
    }
    (tmp_path / "jmswrap.yaml").write_text(yaml.safe_dump(settings))
    return tmp_path


class Process:
    """A process that adopts, without the thread: the test looks when it likes."""

    def __init__(self, folder: Path, store: Store, kind: str = "worker") -> None:
        self.adopted: list[Integration] = []
        self.refusals = Refusals(store.client, store.prefix)
        self.objects = ""
        self.renewal = Renewal(load(folder), Manner(kind), self._adopt, self.refusals)

    def _adopt(self, integration: Integration) -> None:
        if self.objects:
            raise ConfigError(self.objects)
        self.adopted.append(integration)

    def look(self, times: int = 2) -> int:
        for _ in range(times):
            self.renewal.look()
        return len(self.adopted)


def test_what_has_not_changed_is_not_read_again(folder: Path, store: Store) -> None:
    assert Process(folder, store).look(5) == 0


def test_a_change_is_adopted_once_it_stays(folder: Path, store: Store) -> None:
    process = Process(folder, store)
    (folder / "step.xsl").write_text(SHEET.format("bb"))
    assert process.look(1) == 0
    (folder / "step.xsl").write_text(SHEET.format("ccc"))
    assert process.look(1) == 0
    assert process.look(1) == 1
    assert process.look(5) == 1


@pytest.mark.parametrize("name", ["deep/other.xsl", "deep/Map.dvm", "table.xref", "new.xsd"])
def test_a_new_file_of_an_integration_is_a_change(folder: Path, store: Store, name: str) -> None:
    process = Process(folder, store)
    before = generation(load(folder))
    (folder / name).write_text("<x/>")
    assert process.look() == 1
    assert generation(process.adopted[0]) != before


def test_files_of_the_store_and_hidden_ones_are_none(folder: Path, store: Store) -> None:
    process = Process(folder, store)
    for inner in ("data", ".git", "__pycache__"):
        (folder / inner).mkdir(exist_ok=True)
        (folder / inner / "x.xsl").write_text("<x/>")
    assert process.look() == 0


def test_what_has_a_problem_is_refused_once_and_noted(folder: Path, store: Store) -> None:
    process = Process(folder, store)
    (folder / "step.xsl").write_text("<xsl:stylesheet")
    assert process.look(5) == 0
    assert "step.xsl:1: the stylesheet is not XML" in process.refusals.all()["worker"]
    (folder / "step.xsl").write_text(SHEET.format("mended"))
    assert process.look() == 1
    assert process.refusals.all() == {}


def test_what_cannot_be_made_is_refused_too(folder: Path, store: Store) -> None:
    process = Process(folder, store)
    process.objects = "partner x cannot be loaded"
    (folder / "step.xsl").write_text(SHEET.format("bb"))
    assert process.look() == 0
    assert process.refusals.all() == {"worker": "partner x cannot be loaded"}


def test_asking_reads_at_once_even_what_seems_the_same(folder: Path, store: Store) -> None:
    process = Process(folder, store)
    process.renewal.ask()
    process.renewal.look(at_once=True)
    assert len(process.adopted) == 1


def test_what_a_process_cannot_change_stays_and_is_said(folder: Path) -> None:
    old = load(folder).config
    changed = old.model_copy(
        update={
            "name": "another",
            "reload_seconds": 7.0,
            "gateway": old.gateway.model_copy(update={"port": 9, "public_url": "https://example.org"}),
        }
    )
    config, told = with_what_stays(old, changed)
    assert (config.name, config.reload_seconds, config.gateway.port) == ("renewed", 7.0, old.gateway.port)
    assert config.gateway.public_url == "https://example.org"
    assert [sentence.split("`")[1] for sentence in told] == ["name", "gateway.port"]
