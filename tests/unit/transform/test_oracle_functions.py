"""The vendor's extension functions: what they give, and how they fail."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from jmswrap.errors import ConfigError, TransformError, ValueNotMapped
from jmswrap.transform import properties
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.resources import Resources

JAVA = "http://www.oracle.com/XSL/Transform/java/"
HEAD = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
    f' xmlns:dvm="{JAVA}oracle.tip.dvm.LookupValue" xmlns:aia="{JAVA}oracle.apps.aia.core.xpath.AIAFunctions"'
    f' xmlns:xp20="{JAVA}oracle.tip.pc.services.functions.Xpath20" xmlns:str="{JAVA}java.lang.String"'
    f' xmlns:orcl="{JAVA}oracle.tip.pc.services.functions.ExtFunc" xmlns:ora="http://schemas.oracle.com/xpath/extension"'
    ' exclude-result-prefixes="dvm aia xp20 orcl ora str">'
)
CITIES = """<dvm name="Cities" xmlns="http://xmlns.oracle.com/dvm">
  <description>US cities</description>
  <columns><column name="CityName"/><column name="CityCode"/><column name="Nick"/>
    <column name="State" qualifier="true" order="1"/><column name="Country" qualifier="true" order="2"/></columns>
  <rows>
    <row><cell>Belgrade</cell><cell>BELG_MN1</cell><cell>N1</cell><cell>Minnesota</cell><cell>US</cell></row>
    <row><cell>Belgrade</cell><cell>BELG_NC</cell><cell>N2</cell><cell>North Carolina</cell><cell/></row>
    <row><cell>Belgrade</cell><cell>BELG</cell><cell>N3</cell><cell/><cell/></row>
    <row><cell>San Francisco</cell><cell>SF</cell><cell/><cell/><cell/></row>
  </rows>
</dvm>"""
PROPERTIES = """<AIAConfiguration xmlns="http://xmlns.oracle.com/aia/core/config/V1" version="1.0">
  <SystemConfiguration><Property name="Country">US</Property></SystemConfiguration>
  <ModuleConfiguration moduleName="Edge"><Property name="DVM.Strict.ThrowException"> true </Property>
    <Property name="DVM.Cities.ThrowException">false</Property></ModuleConfiguration>
  <ServiceConfiguration serviceName="{urn:svc}PersonEBF"><Property name="Default.SystemID">OU_CCB2_01</Property>
  </ServiceConfiguration>
</AIAConfiguration>"""

Run = Callable[..., etree._Element]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "mds" / "dvm").mkdir(parents=True)
    (tmp_path / "mds" / "dvm" / "Cities.dvm").write_text(CITIES)
    (tmp_path / "mds" / "dvm" / "Strict.dvm").write_text(CITIES.replace('name="Cities"', 'name="Strict"'))
    (tmp_path / "near.dvm").write_text(CITIES)
    (tmp_path / "ConfigurationProperties.xml").write_text(PROPERTIES)
    library = Library(
        Resources(tmp_path, "mds"),
        properties.read([tmp_path / "ConfigurationProperties.xml"]),
        {"BRM_01": {"type": "BRM", "Description": "Billing", "Application/ID": "BRM"}},
        {"region": "north"},
    )

    def transformed(inside: str, document: bytes = b"<a/>", before: str = "", **given: str) -> etree._Element:
        sheet = tmp_path / "sheet.xsl"
        sheet.write_text(f'{HEAD}{before}<xsl:template match="/"><r>{inside}</r></xsl:template></xsl:stylesheet>')
        return etree.fromstring(library.compiled(sheet)(document, given))

    return transformed


def value(run: Run, expression: str, document: bytes = b"<a/>", **given: str) -> str:
    quoted = expression.replace('"', "&quot;")
    return run(f'<xsl:value-of select="{quoted}"/>', document, **given).text or ""


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ("'near.dvm','CityName','San Francisco','CityCode','?'", "SF"),
        ("'dvm/Cities.dvm','CityCode','SF','CityName','?'", "San Francisco"),
        ("'oramds:/apps/AIAMetaData/dvm/Cities.dvm','CityName','San Francisco','CityCode','?'", "SF"),
        (
            "'oramds:/deployed-composites/X_rev1.0/dvm/Cities.dvm','CityName','San Francisco','CityCode','?'",
            "SF",
        ),
        ("'dvm/Cities','CityName','Paris','CityCode','CouldNotBeFound'", "CouldNotBeFound"),
        ("'dvm/Cities','CityName',/a/@city,'CityCode',/a/@city", "Oslo"),
        ("'dvm/Cities','CityName','Belgrade','CityCode','?','State','Minnesota','Country','US'", "BELG_MN1"),
        ("'dvm/Cities','CityName','Belgrade','CityCode','?','State','North Carolina','Country','US'", "BELG_NC"),
        ("'dvm/Cities','CityName','Belgrade','CityCode','?','State','Montana'", "BELG"),
        ("'dvm/Cities','CityName','San Francisco','Nick','?'", ""),
    ],
)
def test_a_value_is_looked_up(run: Run, arguments: str, answer: str) -> None:
    assert value(run, f"dvm:lookupValue({arguments})", b'<a city="Oslo"/>') == answer


def test_several_columns_are_looked_up_as_elements_of_their_names(run: Run) -> None:
    made = run("<xsl:copy-of select=\"dvm:lookupValue1M('dvm/Cities','CityCode','BELG_NC','CityName','Nick')\"/>")
    assert [(child.tag, child.text) for child in made] == [("CityName", "Belgrade"), ("Nick", "N2")]
    assert len(run("<xsl:copy-of select=\"dvm:lookupValue1M('dvm/Cities','CityCode','X','CityName')\"/>")) == 0


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("dvm:lookupValue('dvm/None.dvm','A','b','C','')", "no file dvm/None.dvm"),
        ("dvm:lookupValue('dvm/Cities','Town','b','CityCode','')", "no column 'Town'; it has CityName, CityCode"),
        ("dvm:lookupValue('dvm/Cities','CityName','Belgrade','CityCode','','State')", "in pairs"),
        ("dvm:lookupValue('http://x/Cities.dvm','A','b','C','')", "only files of the integration's folder"),
        ("dvm:lookupValue('../../../../etc/passwd','A','b','C','')", "outside the integration's folder"),
        ("dvm:lookupValue1M('dvm/Cities','CityName','b')", "names no target column"),
        ("aia:getSystemProperty('None', true())", "no system property None"),
        ("aia:getSystemModuleProperty('Edge','None','true')", "no property None of module Edge"),
        ("aia:getServiceProperty('PersonEBF','None',true())", "no property None of service PersonEBF"),
        ("aia:getSystemType('SEBL_01')", "no system 'SEBL_01'"),
        ("str:replaceAll('a','(','b')", "cannot be read"),
        ("str:replaceAll('a','a','$1')", "a group"),
        ("xp20:format-dateTime('yesterday','[Y]')", "no dateTime"),
        ("xp20:format-dateTime('2026-01-01T00:00:00Z','[Q]')", "[Q] is not known"),
        ("xp20:add-dayTimeDuration-to-dateTime('2026-01-01T00:00:00Z','1 day')", "no dayTimeDuration"),
        ("orcl:parseEscapedXML('&lt;a&gt;')", "not an XML document"),
    ],
)
def test_what_cannot_be_answered_fails_in_a_sentence(run: Run, expression: str, says: str) -> None:
    with pytest.raises(TransformError, match=re.escape(says)):
        value(run, expression)


def test_a_map_that_must_have_every_value_fails_without_one(run: Run) -> None:
    with pytest.raises(ValueNotMapped, match="value map Strict has no CityCode for CityName 'Paris': add a row"):
        value(run, "dvm:lookupValue('dvm/Strict','CityName','Paris','CityCode','x')")


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("aia:getSystemProperty('Country', true())", "US"),
        ("aia:getSystemProperty('None', false())", ""),
        ("aia:getSystemModuleProperty('Edge', 'DVM.Cities.ThrowException', true())", "false"),
        ("aia:getServiceProperty('{urn:svc}PersonEBF', 'Default.SystemID', true())", "OU_CCB2_01"),
        ("aia:getServiceProperty('PersonEBF', 'Default.SystemID', true())", "OU_CCB2_01"),
        ("aia:getSystemType('BRM_01')", "BRM"),
        ("aia:getEBMHeaderSenderSystemNode('BRM_01', '')/Application/ID", "BRM"),
        ("aia:getEBMHeaderSenderSystemNode('BRM_01', '')/ID", "BRM_01"),
        ("xp20:upper-case('aé')", "AÉ"),
        ("orcl:lower-case('AB')", "ab"),
        ("xp20:ends-with('meter', 'ter')", "true"),
        ("xp20:matches('SP-12', '^SP-[0-9]+$')", "true"),
        ("xp20:compare('a', 'b')", "-1"),
        ("concat('[', orcl:left-trim('  a '), ']')", "[a ]"),
        ("orcl:index-within-string('meter', 'te')", "2"),
        ("orcl:create-delimited-string(/a/b, ';')", "1;2"),
        ("orcl:get-content-as-string(/a/b[1])", "<b>1</b>"),
        ("orcl:format-string(\"{0} is '{1}' ''{1}'' {7}\", '2', 'x')", "2 is {1} 'x' {7}"),
        ("orcl:create-nodeset-from-delimited-string('{urn:x}n', 'a;b;', ';')[2]", "b"),
        ("orcl:max-value-among-nodeset(/a/b) - orcl:min-value-among-nodeset(/a/b)", "1"),
        ("xp20:abs('-3') + orcl:square-root('16')", "7"),
        ("xp20:timezone-from-dateTime('2026-03-31T12:00:00+02:00')", "+02:00"),
        ("xp20:equal-dateTime('2026-03-31T12:00:00+02:00', '2026-03-31T10:00:00Z')", "true"),
        ("substring(xp20:current-dateTime('+05:00'), 24)", "+05:00"),
        (
            "xp20:format-dateTime('2026-03-05+02:00', '[D,2]/[M01]/[Y,2-2] [F] [FNn,3-3] [d]')",
            "05/03/26 thursday Thu 64",
        ),
        ("string-length(orcl:generate-guid())", "32"),
        ("str:replaceAll('2026-03-31', '(\\d+)-(\\d+)-(\\d+)', '$3.$2.$1')", "31.03.2026"),
        ("str:replaceAll('a.b', '\\.', '\\$')", "a$b"),
        (
            "xp20:format-dateTime('2026-03-05T14:05:06Z', '[Y0001]-[M01]-[D01] [h]:[m]:[s] [PN]')",
            "2026-03-05 2:05:06 PM",
        ),
        ("xp20:format-dateTime('2026-03-05T14:05:06Z', '[D]. [MNn], [FNn,*-3] [[[H01]]]')", "5. March, Thu [14]"),
        ("xp20:add-dayTimeDuration-to-dateTime('2026-02-28T23:00:00Z', 'PT2H')", "2026-03-01T01:00:00+00:00"),
        (
            "xp20:subtract-dayTimeDuration-from-dateTime('2026-03-01T01:00:00+02:00', 'P1D')",
            "2026-02-28T01:00:00+02:00",
        ),
        ("xp20:year-from-dateTime('2026-03-05T14:05:06Z')", "2026"),
        ("xp20:minutes-from-dateTime('2026-03-05T14:05:06Z')", "5"),
        ("starts-with(xp20:current-dateTime(), xp20:current-date())", "true"),
        ("orcl:parseEscapedXML('&lt;x&gt;&lt;y&gt;1&lt;/y&gt;&lt;/x&gt;')/y", "1"),
        ("ora:getContentAsString(/a/b)", "<b>1</b>"),
        ("ora:getPreference('region')", "north"),
        ("ora:getCompositeInstanceId()", "m1"),
        ("ora:getECID()", "c1"),
    ],
)
def test_a_function_answers(run: Run, expression: str, answer: str) -> None:
    escaped = expression.replace("<", "&lt;")
    given = {"JMSMessageID": "m1", "JMSCorrelationID": "c1"}
    assert value(run, escaped, b"<a><b>1</b><b>2</b></a>", **given) == answer


def test_a_map_keeps_what_was_looked_up_for_as_long_as_the_transform_runs(run: Run) -> None:
    java = 'xmlns:m="http://www.oracle.com/XSL/Transform/java/java.util.HashMap"'
    # As the vendor's stylesheets write it: for what it does, not for what it gives.
    put = f'<xsl:variable name="x" select="m:put($kept, string(.), position())" {java}/>'
    got = f"<xsl:value-of select=\"concat(m:get($kept, 'b'), m:get($kept, 'c'), m:size($kept))\" {java}/>"
    before = f'<xsl:variable name="kept" select="m:new()" {java}/>'
    for _ in range(2):
        made = run(f'<xsl:for-each select="/a/b">{put}</xsl:for-each>{got}', b"<a><b>a</b><b>b</b></a>", before)
        assert made.text == "22"
    with pytest.raises(TransformError, match="'none' is no map: make it with hashmap:new"):
        run(f"<xsl:value-of select=\"m:get('none', 'b')\" {java}/>")


def test_another_stylesheet_of_the_folder_transforms_a_part(run: Run, tmp_path: Path) -> None:
    (tmp_path / "part.xsl").write_text(
        f'{HEAD}<xsl:param name="who"/><xsl:param name="JMSMessageID"/><xsl:template match="/b">'
        '<p><xsl:value-of select="concat(., $who, $JMSMessageID)"/></p></xsl:template></xsl:stylesheet>'
    )
    made = run("<xsl:copy-of select=\"ora:doXSLTransformForDoc('part.xsl', /a/b, 'who', 'me')\"/>", b"<a><b>1</b></a>",
               JMSMessageID="m1")  # fmt: skip
    assert made.findtext("p") == "1mem1"


def test_a_companion_stylesheet_is_imported_from_the_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mds" / "custom.xsl").write_text(
        f'{HEAD}<xsl:template name="custom"><c><xsl:value-of select="dvm:lookupValue('
        "'dvm/Cities','CityName','San Francisco','CityCode','')\"/></c></xsl:template></xsl:stylesheet>"
    )
    made = run('<xsl:call-template name="custom"/>', before='<xsl:import href="oramds:/apps/X/custom.xsl"/>')
    assert made.findtext("c") == "SF"


@pytest.mark.parametrize(
    ("href", "says"),
    [
        ("none.xsl", "no file none.xsl"),
        ("http://example.org/x.xsl", "only files"),
        ("/etc/passwd", "outside the integration's folder"),
    ],
)
def test_what_a_stylesheet_may_not_import_is_named_when_it_is_compiled(run: Run, href: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        run("", before=f'<xsl:include href="{href}"/>')


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<dvm", "not XML"),
        ("<x/>", "no value map"),
        (CITIES.replace("CityCode", "CityName"), "a name of its own"),
        (CITIES.replace('order="1"', 'order="first"'), "order is a number"),
        (CITIES.replace("<cell>N3</cell>", "<cell/>" * 5), "9 cells|8 cells"),
    ],
)
def test_a_map_that_cannot_be_read_is_named_with_its_place(run: Run, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "mds" / "dvm" / "Broken.dvm").write_text(text)
    with pytest.raises(TransformError, match=says):
        value(run, "dvm:lookupValue('dvm/Broken','CityName','a','CityCode','')")


@pytest.mark.parametrize(("text", "says"), [("<x", "not XML"), ("<x/>", "no Property"), (
    '<A xmlns="http://xmlns.oracle.com/aia/core/config/V1"><ServiceConfiguration><Property name="x"/>'
    "</ServiceConfiguration></A>", "needs the attribute serviceName")])  # fmt: skip
def test_a_configuration_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "P.xml").write_text(text)
    with pytest.raises(ConfigError, match=says):
        properties.read([tmp_path / "P.xml"])
