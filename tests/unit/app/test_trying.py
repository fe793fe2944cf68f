"""A route's transforms tried on a file: the look-ups are shown, and nothing is kept."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from jmswrap.app.integration import load
from jmswrap.app.trying import Question, attempted
from jmswrap.errors import ConfigError, InvalidDocument

SHEET = """<xsl:stylesheet version="1.0" exclude-result-prefixes="dvm aia xref" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
 xmlns:aia="http://www.oracle.com/XSL/Transform/java/oracle.apps.aia.core.xpath.AIAFunctions"
 xmlns:xref="http://www.oracle.com/XSL/Transform/java/oracle.tip.xref.xpath.XRefXPathFunctions">
<xsl:template match="/a"><b kind="{dvm:lookupValue('Kind.dvm','CCB',.,'MDM','?')}"
 known="{xref:lookupXRef('ITEM','CCB',.,'COMMON',false())}"
 id="{xref:populateXRefRow('ITEM','CCB',.,'COMMON','C1','ADD')}"
 again="{xref:lookupXRef('ITEM','CCB',.,'COMMON',false())}"
 mail="{aia:getSystemProperty('Mail',false())}"/></xsl:template></xsl:stylesheet>"""
SECOND = """<xsl:stylesheet version="1.0" exclude-result-prefixes="xref" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:xref="http://www.oracle.com/XSL/Transform/java/oracle.tip.xref.xpath.XRefXPathFunctions">
<xsl:template match="/b"><c kind="{@kind}" id="{xref:lookupXRef('ITEM','CCB','P','COMMON',false())}"/>
</xsl:template></xsl:stylesheet>"""
MAP = """<dvm name="Kind" xmlns="http://xmlns.oracle.com/dvm"><columns>
<column name="CCB"/><column name="MDM"/></columns>
<rows><row><cell>P</cell><cell>Person</cell></row></rows></dvm>"""
XREF = """<xref xmlns="http://xmlns.oracle.com/xref"><table name="ITEM"><columns>
<column name="COMMON"/><column name="CCB"/></columns></table></xref>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    folder.mkdir()
    for name, text in {"first.xsl": SHEET, "second.xsl": SECOND, "Kind.dvm": MAP, "ITEM.xref": XREF}.items():
        (folder / name).write_text(text)
    settings = {
        "jmswrap": 1,
        "name": "tried",
        "cross_references": {"tables": ["ITEM.xref"]},
        "routes": {
            "map": {
                "from": {"queue": "in"},
                "to": {"queue": "out"},
                "steps": [{"xslt": "first.xsl"}, {"xslt": "second.xsl"}],
            }
        },
    }
    (folder / "jmswrap.yaml").write_text(yaml.safe_dump(settings))
    return folder


def test_every_step_is_shown_with_what_it_looked_up(folder: Path) -> None:
    trial = attempted(load(folder), Question("map", b"<a>P</a>"))
    first, second = trial.steps
    assert [(one.function, one.answer, one.outcome) for one in first.look_ups] == [
        ("dvm:lookupValue", "Person", "hit"),
        ("xref:lookupXRef", "", "miss"),
        ("xref:populateXRefRow", "C1", "written"),
        ("xref:lookupXRef", "C1", "hit"),
        ("aia:getSystemProperty", "", "miss"),
    ]
    assert first.look_ups[0].arguments == ("Kind.dvm", "CCB", "P", "MDM", "?")
    assert second.output == trial.output == b'<c kind="Person" id="C1"/>'


def test_what_a_trial_writes_is_not_there_for_the_next(folder: Path) -> None:
    for _ in range(2):
        trial = attempted(load(folder), Question("map", b"<a>P</a>"))
        assert (trial.error, trial.steps[0].look_ups[1].outcome) == ("", "miss")


def test_a_default_that_equals_a_value_is_still_a_miss(folder: Path) -> None:
    (folder / "first.xsl").write_text(SHEET.replace("'?'", "'Person'"))
    trial = attempted(load(folder), Question("map", b"<a>X</a>"))
    assert (trial.steps[0].look_ups[0].answer, trial.steps[0].look_ups[0].outcome) == ("Person", "miss")


def test_a_step_that_fails_is_the_last_and_says_why(folder: Path) -> None:
    (folder / "first.xsl").write_text(SHEET.replace("'MDM'", "'NMS'"))
    trial = attempted(load(folder), Question("map", b"<a>P</a>"))
    assert [step.look_ups[0].outcome for step in trial.steps] == ["failed"]
    assert "value map Kind has no column 'NMS'; it has CCB, MDM" in trial.error


def test_what_cannot_be_tried_is_said(folder: Path) -> None:
    with pytest.raises(ConfigError, match="no transform in its reply"):
        attempted(load(folder), Question("map", b"<a/>", "reply"))
    with pytest.raises(InvalidDocument, match="not well-formed"):
        attempted(load(folder), Question("map", b"<a>"))
    with pytest.raises(ConfigError, match=r"third\.xsl is none of first\.xsl, second\.xsl"):
        attempted(load(folder), Question("map", b"<a/>", instead=folder / "third.xsl"))


def jmswrap(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jmswrap", "transform", "-c", str(folder), *map(str, words)]
    return subprocess.run(
        command, input="<a>P</a>", capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ)
    )


def test_the_command_line_compares_stylesheets_and_folders(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other, ignore=shutil.ignore_patterns("data"))
    same = jmswrap(folder, "map", "-", "--against", other)
    assert (same.returncode, same.stdout[:13]) == (0, "No difference")
    (other / "Kind.dvm").write_text(MAP.replace("Person", "Contact"))
    changed = jmswrap(folder, "map", "-", "--against", other, "--json")
    assert (changed.returncode, changed.stderr) == (1, "")
    told = json.loads(changed.stdout)
    assert told["after"]["out"] == '<c kind="Contact" id="C1"/>'
    assert any(line.startswith("-dvm:lookupValue") and "Person [hit]" in line for line in told["diff"])
    (tmp_path / "second.xsl").write_text(SECOND.replace("<c ", "<d "))
    swapped = jmswrap(folder, "map", "-", "--diff", tmp_path / "second.xsl")
    assert (swapped.returncode, swapped.stdout.splitlines()[-2:]) == (
        1,
        ['-<c kind="Person" id="C1"/>', '+<d kind="Person" id="C1"/>'],
    )
    (tmp_path / "second.xsl").write_text("<x")
    assert f"{tmp_path / 'second.xsl'}:1: " in jmswrap(folder, "map", "-", "--diff", tmp_path / "second.xsl").stderr


def test_the_command_line_shows_input_look_ups_and_output(folder: Path) -> None:
    done = jmswrap(folder, "map", "-")
    assert done.returncode == 0, done.stderr
    for said in ("<a>P</a>", "step 1: first.xsl", "dvm:lookupValue", "hit", '<c kind="Person" id="C1"/>'):
        assert said in done.stdout
