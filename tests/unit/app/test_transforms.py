"""What an integration's settings give its stylesheets, through the whole way to a message's fate."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
import yaml
from lxml import etree
from waiting import eventually

from jmswrap.app.crossing import TRIM_STEP, forget_old, forgetting, references_of
from jmswrap.app.delivery import plans
from jmswrap.app.examination import check
from jmswrap.app.integration import load
from jmswrap.deliver.delivery import QueuePlan
from jmswrap.deliver.flight import Flight
from jmswrap.errors import ConfigError
from jmswrap.message import Claimed, Message, Record
from jmswrap.outcome import Outcome
from jmswrap.states import State

SHEET = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
 xmlns:aia="http://www.oracle.com/XSL/Transform/java/oracle.apps.aia.core.xpath.AIAFunctions">
<xsl:template match="/"><p type="{aia:getSystemType('CCB_01')}"><xsl:value-of
 select="dvm:lookupValue('oramds:/apps/dvm/Kind.dvm', 'CCB', /a, 'MDM', /a)"/></p></xsl:template></xsl:stylesheet>"""
MAP = """<dvm name="Kind" xmlns="http://xmlns.oracle.com/dvm"><columns>
<column name="CCB"/><column name="MDM"/></columns>
<rows><row><cell>P</cell><cell>Person</cell></row></rows></dvm>"""
PROPERTIES = """<AIAConfiguration xmlns="http://xmlns.oracle.com/aia/core/config/V1">
<ModuleConfiguration moduleName="M">
<Property name="DVM.Kind.ThrowException">true</Property></ModuleConfiguration></AIAConfiguration>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mds" / "dvm").mkdir(parents=True)
    (tmp_path / "mds" / "dvm" / "Kind.dvm").write_text(MAP)
    (tmp_path / "mds" / "config.xml").write_text(PROPERTIES)
    (tmp_path / "step.xsl").write_text(SHEET)
    settings = {
        "jmswrap": 1,
        "name": "mapped",
        "transforms": {
            "metadata": "mds",
            "properties": ["mds/config.xml"],
            "systems": {"CCB_01": {"type": "CCB"}},
        },
        "routes": {
            "map": {
                "from": {"queue": "in"},
                "to": {"queue": "out"},
                "steps": [{"xslt": "step.xsl"}],
                "refusal": {"queue": "answers"},
            }
        },
    }
    (tmp_path / "jmswrap.yaml").write_text(yaml.safe_dump(settings))
    return tmp_path


def prepared(folder: Path, body: bytes, plan: QueuePlan | None = None) -> Flight:
    delivery = (plan or plans(load(folder))["in"]).deliveries["map"]
    record = Record(Message("m1", "in", "map", b""), State.IN_FLIGHT, accepted_ms=1, changed_ms=1)
    flight = Flight(Claimed(record, body, fence=1), delivery, "worker", claimed_at=0.0, lease_end=60.0)
    flight.prepare()
    return flight


def test_a_step_looks_values_up_in_the_maps_of_the_integration(folder: Path) -> None:
    assert check(folder) == []
    made = etree.fromstring(prepared(folder, b"<a>P</a>").body)
    assert (made.get("type"), made.text) == ("CCB", "Person")


def test_a_value_without_a_row_is_answered_negatively_where_the_map_must_have_it(folder: Path) -> None:
    settlement = prepared(folder, b"<a>X</a>").settlement
    assert settlement is not None
    assert settlement.attempt is not None
    assert settlement.attempt.outcome == Outcome.VALUE_NOT_MAPPED
    assert [out.queue for out in settlement.outputs] == ["answers"]
    assert b"value map Kind has no MDM for CCB" in settlement.outputs[0].body


def test_a_generation_looks_into_the_maps_it_was_made_with_whenever_the_first_message_comes(folder: Path) -> None:
    plan = plans(load(folder))["in"]
    (folder / "mds" / "dvm" / "Kind.dvm").write_text("half a map, being wri")
    assert etree.fromstring(prepared(folder, b"<a>P</a>", plan).body).text == "Person"
    plan = plans(load(folder))["in"]
    (folder / "mds" / "dvm" / "Kind.dvm").unlink()
    settlement = prepared(folder, b"<a>P</a>", plan).settlement
    assert settlement is not None
    assert settlement.attempt is not None
    assert "is not XML" in settlement.attempt.sentence


def test_a_properties_file_that_is_not_there_is_a_problem(folder: Path) -> None:
    shutil.move(folder / "mds" / "config.xml", folder / "elsewhere.xml")
    assert ["config.xml cannot be read" in str(problem) for problem in check(folder)] == [True]
    with pytest.raises(ConfigError, match=r"config\.xml cannot be read"):
        plans(load(folder))


CROSSING = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:xref="http://www.oracle.com/XSL/Transform/java/oracle.tip.xref.xpath.XRefXPathFunctions"
 xmlns:orcl="http://www.oracle.com/XSL/Transform/java/oracle.tip.pc.services.functions.ExtFunc">
<xsl:template match="/"><p count="{count(xref:lookupPopulatedColumns('ITEM','CCB',/a,false())/column)}"><xsl:value-of
 select="xref:populateXRefRow('oramds:/apps/xref/ITEM.xref','CCB',/a,'COMMON',orcl:generate-guid(),'ADD')"/></p>
</xsl:template></xsl:stylesheet>"""
XREF = """<xref xmlns="http://xmlns.oracle.com/xref"><table name="ITEM"><columns>
<column name="COMMON"/><column name="CCB"/></columns></table></xref>"""


@pytest.fixture
def crossing(folder: Path) -> Path:
    (folder / "step.xsl").write_text(CROSSING)
    (folder / "ITEM.xref").write_text(XREF)
    settings = yaml.safe_load((folder / "jmswrap.yaml").read_text())
    settings["cross_references"] = {"tables": ["ITEM.xref"]}
    (folder / "jmswrap.yaml").write_text(yaml.safe_dump(settings))
    return folder


def test_a_step_done_again_gives_the_same_reference(crossing: Path) -> None:
    assert check(crossing) == []
    first, again = (etree.fromstring(prepared(crossing, b"<a>P</a>").body) for _ in range(2))
    assert len(first.text or "") == 32
    assert (first.text, first.get("count"), again.get("count")) == (again.text, "0", "2")


def test_a_worker_that_starts_forgets_what_steps_wrote_long_ago(crossing: Path) -> None:
    integration = load(crossing)
    forget_old(integration, Event())
    assert not (crossing / "data").exists()
    first = etree.fromstring(prepared(crossing, b"<a>P</a>").body)
    forget_old(integration, Event())
    assert etree.fromstring(prepared(crossing, b"<a>P</a>").body).text == first.text
    references = references_of(integration)
    assert references is not None
    with closing(sqlite3.connect(crossing / "data" / "crossref.sqlite")) as kept, kept:
        kept.execute("UPDATE xref_done SET done_ms = done_ms - ?", (401 * 86_400_000,))
    forget_old(integration, Event())
    assert references.trim(before_ms=2**50, limit=1) == 0
    references.close()


def test_what_steps_wrote_long_ago_is_forgotten_in_steps_beside_the_work(crossing: Path) -> None:
    integration = load(crossing)
    prepared(crossing, b"<a>P</a>")
    with closing(sqlite3.connect(crossing / "data" / "crossref.sqlite")) as kept:
        rows = ((f"old-{number}", "step", 0, "", "", number) for number in range(TRIM_STEP + 1))
        with kept:
            kept.executemany("INSERT INTO xref_done VALUES (?, ?, ?, ?, ?, ?)", rows)
        with forgetting(integration):
            eventually(lambda: kept.execute("SELECT min(done_ms) FROM xref_done").fetchone()[0] > TRIM_STEP, "no old")


def test_a_step_whose_references_are_away_waits(crossing: Path) -> None:
    (crossing / "data").write_text("no folder")
    settlement = prepared(crossing, b"<a>P</a>").settlement
    assert settlement is not None
    assert settlement.state is State.WAITING
    assert "cross_references.url" in settlement.reason


def test_references_that_several_machines_would_not_share_are_a_problem(crossing: Path) -> None:
    settings = yaml.safe_load((crossing / "jmswrap.yaml").read_text())
    settings["store"] = {"url": "redis://store.example:6379"}
    (crossing / "jmswrap.yaml").write_text(yaml.safe_dump(settings))
    assert [str(problem) for problem in check(crossing) if "`cross_references.url` to a PostgreSQL" in str(problem)]


@pytest.mark.parametrize(("text", "says"), [("<xref", "not XML"), ("", "not XML")])
def test_a_declaration_that_cannot_be_read_is_a_problem(crossing: Path, text: str, says: str) -> None:
    (crossing / "ITEM.xref").write_text(text)
    assert [str(problem) for problem in check(crossing) if says in str(problem)]
