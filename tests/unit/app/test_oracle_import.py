"""A customer's files of the vendor's integration become an integration folder, and run unchanged."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from jmswrap.app.examination import check
from jmswrap.app.integration import load
from jmswrap.app.oracle_import import Imported, imported
from jmswrap.app.trying import Question, attempted
from jmswrap.errors import ConfigError

ORACLE = Path(__file__).parents[2] / "data" / "oracle"
PERSON = "OUCCB2OUMDM2PersonSyncReq"
MESSAGE = b"""<sendDetails><syncRequestId>42</syncRequestId><sourceSystem>CCB</sourceSystem>
<initialLoad>FALSE</initialLoad><mo>%s</mo><pkValue1>7001</pkValue1></sendDetails>"""
KIND = """<dvm name="Kind" xmlns="http://xmlns.oracle.com/dvm"><columns><column name="A"/><column name="B"/></columns>
<rows><row><cell>1</cell><cell>%s</cell></row></rows></dvm>"""


@pytest.fixture
def made(tmp_path: Path) -> Imported:
    return imported(ORACLE, tmp_path / "out")


def test_what_is_made_checks_and_its_files_are_as_they_were(made: Imported) -> None:
    assert made.problems == ()
    assert check(made.file) == []
    copy = made.file.parent / "mds" / "dvm" / "OUCCB2_OUMDM2_MO.dvm"
    assert copy.read_bytes() == (ORACLE / "dvm" / "OUCCB2_OUMDM2_MO.dvm").read_bytes()


def test_a_read_service_becomes_a_route_to_the_partner_it_names(made: Imported) -> None:
    config = load(made.file).config
    route = config.routes[f"{PERSON}JMSReadSvc"]
    assert (route.source.queue, route.to.partner) == (f"{PERSON}.target", "OUMDM2.D1-SyncRequestInboundContact")
    address = config.partners["OUMDM2.D1-SyncRequestInboundContact"].address
    assert address == "https://mdm.example/ouaf/webservices/D1-SyncRequestInboundContact"
    assert config.routes[PERSON].to.queue == f"{PERSON}.target"


def test_the_retry_of_remote_faults_becomes_the_routes(made: Imported) -> None:
    retry = load(made.file).config.routes[f"{PERSON}JMSReadSvc"].retry
    assert (retry.waits_seconds, retry.max_attempts) == ((2, 4, 8), 4)


def test_what_was_not_taken_is_said_with_the_reason(made: Imported) -> None:
    left = {one.what: one.why for one in made.left}
    assert left["dvm/Broken.dvm"] == "the row has 2 cells for 1 columns"
    assert left["notes.txt"] == "it is no file that jmswrap reads"
    assert "no WSDL of D1-SyncRequestInbound is there" in left["OUCCB2OUMDM2SPSyncReqJMSReadSvc"]
    assert "is no address yet" in left["the address of OUCCB2.F1-UpdateAndTransitionSyncRequest"]
    assert "XSLT 2.0" in left["composites/OUMDM2OUCCB2PersonSyncRespEBF/xsl/Response.xsl"]
    policy = "composites/OUCCB2OUMDM2PersonSyncReqEBF/fault-policies.xml, action"
    assert "waits in its error queue for a person" in left[f"{policy} person"]
    assert "one retry for all routes" in left[f"{policy} a-first-one"]


def test_the_stylesheet_runs_with_the_vendors_maps_references_and_properties(made: Imported) -> None:
    trial = attempted(load(made.file), Question(PERSON, MESSAGE % b"PERSON"))
    assert trial.error == ""
    told = {etree.QName(one).localname: one.text for one in etree.fromstring(trial.output)}
    assert (told["targetMo"], told["initialLoad"], len(told["productionPkValue"] or "")) == ("D1-CONTACT", "false", 32)
    outcomes = [(one.function, one.outcome) for one in trial.steps[0].look_ups]
    assert outcomes == [
        ("aia:getServiceProperty", "hit"),
        ("dvm:lookupValue", "hit"),
        ("xref:lookupXRef", "miss"),
        ("xref:populateXRefRow", "written"),
    ]


def test_a_value_that_the_map_must_have_and_has_not_fails_as_configured(made: Imported) -> None:
    trial = attempted(load(made.file), Question(PERSON, MESSAGE % b"METER"))
    assert "value map OUCCB2_OUMDM2_MO has no OUMDM2_MO for OUCCB2_MO 'METER'" in trial.error


def test_stylesheets_without_a_process_get_routes_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    sheet = '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>'
    (tmp_path / "in" / "1 map.xsl").write_text(sheet)
    made = imported(tmp_path / "in", tmp_path / "out")
    assert (made.problems, made.left) == ((), ())
    assert list(load(made.file).config.routes) == ["x1-map"]


def test_stylesheets_of_one_name_get_a_route_each(tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "Map.xsl").write_text(
            COMPOSITE.partition("<xsl:template")[0] % "" + "</xsl:stylesheet>"
        )
    including = (
        (tmp_path / "in" / "b" / "Map.xsl").read_text().replace("</xsl", '<xsl:include href="../c/Map.xsl"/></xsl')
    )
    (tmp_path / "in" / "b" / "Map.xsl").write_text(including)
    made = imported(tmp_path / "in", tmp_path / "out")
    steps = {name: route.steps[0].xslt for name, route in load(made.file).config.routes.items()}
    assert steps == {"Map": "mds/a/Map.xsl", "b-Map": "mds/b/Map.xsl"}


COMPOSITE = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue">%s
<xsl:template match="/"><r a="{dvm:lookupValue('DVM/Kind.dvm', 'A', '1', 'B', '')}"
 b="{dvm:lookupValue('oramds:/apps/site/Kind.dvm', 'A', '1', 'B', '')}">%s</r></xsl:template></xsl:stylesheet>"""


def test_addresses_begin_at_the_composite_and_at_the_copy_of_the_metadata_store(tmp_path: Path) -> None:
    files = {
        "Order/SOA/Transformations/Order.xsl": COMPOSITE % ("", ""),
        "Order/SOA/Transformations/Two.xsl": COMPOSITE
        % ('<xsl:param name="x.body"/>', '<xsl:copy-of select="$x.body/a"/>'),
        "Order/SOA/DVM/Kind.dvm": KIND % "own",
        "Order/SOA/policy.xml": "<faultPolicy><Actions><Action id='r'><retry><retryCount>2</retryCount></retry>"
        "</Action></Actions></faultPolicy>",
        "Order/SOA/composite.xml": "<composite xmlns='http://xmlns.oracle.com/sca/1.0'/>",
        "Repository/MDS/apps/site/Kind.dvm": KIND % "shared",
    }
    for name, text in files.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(text)
    made = imported(tmp_path / "in", tmp_path / "out")
    assert made.problems == ()
    trial = attempted(load(made.file), Question("Order", b"<a/>"))
    assert etree.fromstring(trial.output).values() == ["own", "shared"]
    left = {Path(one.what).name: one.why for one in made.left}
    assert "takes further documents (x.body): call the stylesheet in another one" in left["Two.xsl"]
    assert "routes say here what a composite says" in left["composite.xml"]
    assert set(left) == {"Two.xsl", "composite.xml"}


def test_a_property_names_no_folder_elsewhere(tmp_path: Path) -> None:
    shutil.copytree(ORACLE, tmp_path / "in")
    file = tmp_path / "in" / "config" / "JMSWrapperConfigurationProperties.xml"
    file.write_text(file.read_text().replace('name="OUMDM2.D1', f'name="{tmp_path}/elsewhere.D1'))
    made = imported(tmp_path / "in", tmp_path / "a" / "b" / "out")
    partners = [path.name for path in (made.file.parent / "partners").iterdir()]
    assert any(name.endswith("-elsewhere.D1-SyncRequestInboundContact") for name in partners)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "a"}


def test_what_cannot_be_imported_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        imported(tmp_path / "none", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="holds no stylesheet"):
        imported(tmp_path / "empty", tmp_path / "out")
    shutil.copytree(ORACLE, tmp_path / "there")
    with pytest.raises(ConfigError, match="is there already"):
        imported(ORACLE, tmp_path / "there")


def test_the_command_line_reports(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jmswrap", "import-oracle", str(ORACLE), "-o", "out", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ORACLE.parents[2])}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["problems"] == []
    assert any(taken.startswith(f"process {PERSON}:") for taken in told["taken"])  # its stylesheet names another one
    later = next(one["why"] for one in told["left"] if "XSLT 2.0" in one["why"])
    assert later.startswith("it is copied, and named by no route: composites/OUMDM2OUCCB2PersonSyncRespEBF/xsl/Resp")
    assert {"what": "notes.txt", "why": "it is no file that jmswrap reads"} in told["left"]
