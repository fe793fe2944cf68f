"""What stylesheets of the vendor's editor say that XPath 1.0 does not know, and what they mean by it."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jmswrap.errors import ConfigError, TransformError
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.resources import Resources
from jmswrap.transform.xslt import Transform

JAVA = "http://www.oracle.com/XSL/Transform/java/"
HEAD = (
    '<xsl:stylesheet version="%s" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" '
    'exclude-result-prefixes="ora fn orcl" '
    f' xmlns:orcl="{JAVA}oracle.tip.pc.services.functions.ExtFunc" xmlns:fn="http://www.w3.org/2005/xpath-functions"'
    ' xmlns:ora="http://schemas.oracle.com/xpath/extension">\n'
)
DOCUMENT = b'<p:a xmlns:p="urn:p" k="K"><p:b>1</p:b><p:b>2</p:b><c><d>deep</d></c></p:a>'

Sheet = Callable[..., Transform]


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    def compiled(body: str, version: str = "1.0", name: str = "step.xsl") -> Transform:
        (tmp_path / name).write_text(HEAD % version + body + "</xsl:stylesheet>")
        return Library(Resources(tmp_path)).compiled(tmp_path / name)

    return compiled


def template(inside: str) -> str:
    return f'<xsl:template match="/"><r>{inside}</r></xsl:template>'


def value(expression: str) -> str:
    return template(f'<xsl:value-of select="{expression}"/>')


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("/*:a/*:b[2]", "2"),
        ("//*:d", "deep"),
        ("/*:a/@*:k", "K"),
        ("concat(' *:b ', 2 * 3)", " *:b 6"),
        ("upper-case(//d)", "DEEP"),
        ("fn:concat(fn:lower-case('A'), 'b')", "ab"),
        ("string-join(/*/*:b, '-')", "1-2"),
        ("replace('a.b', '\\.', '')", "ab"),
        ("exists(//none)", "false"),
        ("ends-with('meter', 'er')", "true"),
        ("string-length(orcl:get-content-as-string(.)) = string-length(ora:getContentAsString( / ))", "true"),
        ("contains(ora:getContentAsString(.), 'deep')", "true"),
    ],
)
def test_names_in_any_namespace_and_functions_of_xpath_2_are_understood(
    sheet: Sheet, expression: str, answer: str
) -> None:
    made = sheet(value(expression))(DOCUMENT)
    assert made == f"<r>{answer}</r>".encode()


def test_a_variable_with_content_can_be_stepped_into(sheet: Sheet) -> None:
    made = sheet(
        template(
            '<xsl:variable name="v"><x><y>1</y></x><x><y>2</y></x></xsl:variable><xsl:value-of select="$v/x[2]/y"/>'
            '<xsl:for-each select="$v"><xsl:value-of select="count(x)"/></xsl:for-each>'
        )
    )
    assert made(b"<a/>") == b"<r>22</r>"


def test_a_template_can_step_into_content_that_it_is_passed(sheet: Sheet) -> None:
    named = (
        '<xsl:template name="n"><xsl:param name="p"/><xsl:value-of select="concat($p/text(), $p/d)"/></xsl:template>'
    )
    call = '<xsl:call-template name="n"><xsl:with-param name="p"{}</xsl:call-template>'
    inside = call.format(">x</xsl:with-param>") + call.format(' select="//c"/>') + call.format(" select=\"'text'\"/>")
    assert sheet(named + template(inside))(DOCUMENT) == b"<r>xdeep</r>"


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_further_documents_are_given_by_the_stylesheet_that_calls(sheet: Sheet, version: str) -> None:
    params = '<xsl:param name="other.part"/><xsl:param name="plain"/>'
    sheet(params + template('<xsl:value-of select="concat($other.part/c/d, $plain, /b)"/>'), version, "two.xsl")
    call = "ora:doXSLTransformForDoc('two.xsl', {}, 'other.part', {}, 'plain', 'P')"
    made = sheet(template(f'<xsl:copy-of select="{call.format("/a/b", "/a/c")}"/>'))
    assert made(b"<a><b>B</b><c><d>D</d></c></a>") == b"<r><r>DPB</r></r>"
    sheet(
        '<xsl:param name="o"/>' + template('<xsl:if test="$o/c"><xsl:copy-of select="$o"/></xsl:if>'),
        version,
        "two.xsl",
    )
    made = sheet(template("<xsl:copy-of select=\"ora:doXSLTransformForDoc('two.xsl', /, 'o', /a/c)\"/>"))
    assert made(b"<a><c>C</c></a>") == b"<r><r><c>C</c></r></r>"


def test_a_further_document_that_nobody_gives_is_named(sheet: Sheet) -> None:
    sheet('<xsl:param name="other.part"/>' + value("$other.part/c"), name="two.xsl")
    alone = sheet(template("<xsl:copy-of select=\"ora:processXSLT('two.xsl', /a)\"/>"))
    with pytest.raises(TransformError, match=re.escape("the parameter other.part is a further document, and none")):
        alone(b"<a/>")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_an_included_sheet_is_read_alike(sheet: Sheet, tmp_path: Path, version: str) -> None:
    (tmp_path / "sub").mkdir()
    sheet('<xsl:template name="n"><xsl:value-of select="upper-case(//*:d)"/></xsl:template>', "2.0", "n.xsl")
    body = '<xsl:include href="../n.xsl"/>' + template('<xsl:call-template name="n"/>{}')
    for own in ("", '<xsl:value-of select="substring(orcl:left-trim(upper-case(//c)), 9)"/>'):
        assert sheet(body.format(own), version, "sub/step.xsl")(DOCUMENT) == b"<r>DEEP</r>"
    with pytest.raises(ConfigError, match="outside the integration's folder"):
        sheet(body.format(own).replace("../n.xsl", "../../n.xsl"), version, "sub/step.xsl")


def test_what_calls_itself_2_and_says_nothing_of_2_runs_with_the_vendors_functions(sheet: Sheet) -> None:
    # Of several nodes XSLT 2.0 writes all.
    text = '<xsl:value-of select="/*/*:b"/>|<xsl:value-of select="orcl:right-trim(\' x \')"/>'
    made = sheet(template(f'<q n="{{/*/*:b}}">{text}</q>'), "2.0")
    assert made(DOCUMENT) == b'<r><q n="1 2">1 2| x</q></r>'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<xsl:template match="/">\n<xsl:sequence select="1"/></xsl:template>', "line 3: xsl:sequence is of 2.0"),
        (value("//b") .replace("value-of", 'value-of separator=","'), "separator of xsl:value-of is of 2.0"),
        (value("distinct-values(//b)"), "distinct-values is no function of 1.0"),
        (value("sum(//b)"), "sum() writes numbers otherwise"),
        (value("//b * 2"), "the operator * writes numbers otherwise"),
        (value("//b &lt; //c"), "&lt; compares texts otherwise".replace("&lt;", "<")),
        (value("//b = true()"), "= compares with true() and false() otherwise"),
        (value("for $x in //b return $x"), "could not compile"),
    ],
)  # fmt: skip
def test_what_has_another_meaning_in_2_is_not_run_as_1(
    sheet: Sheet, body: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "saxonche", None)
    with pytest.raises(ConfigError, match=re.escape(said)):
        sheet(body, "2.0")


def test_characters_that_a_stylesheet_names_itself_are_not_lost(sheet: Sheet, tmp_path: Path) -> None:
    sheet(template("&amp;nbsp;"))
    text = (tmp_path / "step.xsl").read_text().replace("&amp;nbsp;", "&nbsp;")
    (tmp_path / "step.xsl").write_text(f"<!DOCTYPE xsl:stylesheet [<!ENTITY nbsp '&#160;'>]>{text}")
    assert Transform(tmp_path / "step.xsl")(b"<a/>") == "<r>\xa0</r>".encode()


def test_an_element_that_1_does_not_have_is_a_problem_and_not_left_out(sheet: Sheet) -> None:
    with pytest.raises(ConfigError, match=re.escape("line 2: xsl:for-each-group is no element of XSLT 1.0")):
        sheet(template('<xsl:for-each-group select="//b" group-by="."><x/></xsl:for-each-group>'))
