"""What a stylesheet names literally and is not there is found by ``check``."""

from pathlib import Path

import pytest
import yaml
from lxml import etree

from jmswrap.app.examination import check
from jmswrap.transform.calls import calls

JAVA = "http://www.oracle.com/XSL/Transform/java/"
SHEET = f"""<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:my="urn:my"
 xmlns:dvm="{JAVA}oracle.tip.dvm.LookupValue" xmlns:xref="{JAVA}oracle.tip.xref.xpath.XRefXPathFunctions"
 xmlns:aia="{JAVA}oracle.apps.aia.core.xpath.AIAFunctions" xmlns:mhdr="{JAVA}oracle.tip.mediator.X"
 xmlns:ora="http://schemas.oracle.com/xpath/extension" xmlns:orcl="{JAVA}oracle.tip.pc.services.functions.ExtFunc"
><xsl:template match="/"><b a="%AVT%"><xsl:value-of select="%SELECT%"/></b></xsl:template>
<xsl:param name="second"/></xsl:stylesheet>"""
MAP = """<dvm name="Kind" xmlns="http://xmlns.oracle.com/dvm"><columns>
<column name="CCB"/><column name="MDM"/></columns><rows/></dvm>"""
XREF = """<xref xmlns="http://xmlns.oracle.com/xref"><table name="ITEM"><columns>
<column name="COMMON"/><column name="CCB"/></columns></table></xref>"""
PROPERTIES = """<AIAConfiguration xmlns="http://xmlns.oracle.com/aia/core/config/V1"><ServiceConfiguration
 serviceName="{urn:x}Svc"><Property name="There">1</Property></ServiceConfiguration></AIAConfiguration>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"Kind.dvm": MAP, "ITEM.xref": XREF, "config.xml": PROPERTIES}.items():
        (tmp_path / name).write_text(text)
    settings = {
        "jmswrap": 1,
        "name": "literal",
        "cross_references": {"tables": ["ITEM.xref"]},
        "transforms": {"properties": ["config.xml"], "systems": {"CCB_01": {"type": "CCB"}}},
        "routes": {"map": {"from": {"queue": "in"}, "to": {"queue": "out"}, "steps": [{"xslt": "step.xsl"}]}},
    }
    (tmp_path / "jmswrap.yaml").write_text(yaml.safe_dump(settings))
    return tmp_path


def problems(folder: Path, select: str, avt: str = "") -> str:
    (folder / "step.xsl").write_text(SHEET.replace("%SELECT%", select).replace("%AVT%", avt))
    return "\n".join(str(problem) for problem in check(folder))


@pytest.mark.parametrize(
    "right",
    [
        "dvm:lookupValue('Kind.dvm','CCB',.,'MDM','')",
        "dvm:lookupValue($map,'Any',.,'Column','')",
        "dvm:lookupValue(concat('No','.dvm'),'Any',.,'Column','')",
        "xref:populateXRefRow('oramds:/apps/x/ITEM.xref','CCB',.,'COMMON','1','ADD')",
        "aia:getServiceProperty('{urn:x}Svc','There',true())",
        "aia:getServiceProperty('Svc','Missing',false())",
        "aia:getSystemType('CCB_01')",
        "'dvm:lookupValue(&quot;No.dvm&quot;)'",
        "boolean(text() and (not(.) or ends-with(., 'x')))",
        "function-available('my:own') and my:own(.)",
    ],
)
def test_what_is_there_or_is_computed_is_no_problem(folder: Path, right: str) -> None:
    variable = '<xsl:param name="map"/><xsl:template match="/">'
    text = SHEET.replace('<xsl:template match="/">', variable).replace("%SELECT%", right).replace("%AVT%", "")
    (folder / "step.xsl").write_text(text)
    assert check(folder) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("dvm:lookupValue('No.dvm','CCB',.,'MDM','')", "there is no file No.dvm"),
        ("dvm:lookupValue('Kind.dvm','CBC',.,'MDM','')", "has no column `CBC`: did you mean `CCB`?"),
        ("dvm:lookupValue('Kind.dvm','CCB',.,'MDM','','Q','v')", "has no column `Q`"),
        ("dvm:lookupValue1M('Kind.dvm','CCB',.,'MDM','NMS')", "has no column `NMS`"),
        ("concat('a', dvm:lookupValue('No.dvm','CCB',string(./a),'MDM',''))", "there is no file No.dvm"),
        ("xref:lookupXRef('ITEMS','CCB',.,'COMMON',false())", "no cross-reference table `ITEMS`"),
        ("xref:lookupXRef('ITEM','CCB',.,'COMON',false())", "has no column `COMON`: did you mean `COMMON`?"),
        ("xref:lookupPopulatedColumns('ITEM','NMS',.,false())", "has no column `NMS`"),
        ("aia:getServiceProperty('Svc','Missing',true())", "no property `Missing` of service Svc"),
        ("aia:getSystemProperty('Missing','true')", "no property `Missing` of the system"),
        ("aia:getSystemType('CCB_02')", "no system `CCB_02`"),
        ("mhdr:getProperty('in.x')", "mhdr:getProperty"),
        ("ora:processXSLT('none.xsl', .)", "there is no file none.xsl"),
        ("tokenize(., ',')", "step.xsl:5: tokenize() is no function of XPath 1.0"),
        (
            "document('kinds.xml')/k",
            "step.xsl:5: document('kinds.xml') opens nothing here: keep what it says in a value",
        ),
        ("concat($nowhere, '$text')", "step.xsl:5: $nowhere is declared nowhere"),
        ("my:own(.)", "step.xsl:5: my:own of urn:my is no function that stylesheets have here"),
        ("ora:getECID(.)", "step.xsl:5: ora:getECID is given 1 argument, and takes 0"),
        ("dvm:lookupValue('Kind.dvm','CCB',.)", "is given 3 arguments, and takes at least 5"),
        ("orcl:sequence-next-val('s', 'jdbc/x')", "step.xsl:5: orcl:sequence-next-val asks a database"),
        ("$second/a/b", "step.xsl:5: its parameter second stands for a further document ($second/…)"),
    ],
)
def test_what_is_not_there_is_a_problem_with_its_place(folder: Path, wrong: str, said: str) -> None:
    found = problems(folder, wrong)
    assert said in found
    assert "jmswrap.yaml:" in found


def test_attribute_templates_and_imported_sheets_are_looked_through_too(folder: Path) -> None:
    assert "no cross-reference table `X`" in problems(folder, "1", "{xref:markForDelete('X','CCB',.)}")
    (folder / "inner.xsl").write_text((folder / "step.xsl").read_text())
    importing = '<xsl:import href="inner.xsl"/><xsl:template match="/">'
    (folder / "step.xsl").write_text(
        SHEET.replace('<xsl:template match="/">', importing).replace("%SELECT%", "1").replace("%AVT%", "")
    )
    assert "inner.xsl:5: there is no cross-reference table `X`" in "\n".join(map(str, check(folder)))


def test_brackets_and_commas_in_literals_are_no_syntax() -> None:
    text = "x:f('a,b)', concat(x:g(&quot;(&quot;), 'c'), true())"
    root = etree.fromstring(f'<a xmlns:x="urn:x" b="{{{text}}}" c="{{{{x:no()}}}}"/>')
    assert [(one.name, one.arguments, one.true) for one in calls(root) if one.prefix] == [
        ("g", ("(",), frozenset()),
        ("f", ("a,b)", None, None), frozenset({2})),
    ]
