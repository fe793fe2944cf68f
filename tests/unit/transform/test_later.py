"""Stylesheets of XSLT 2.0 and 3.0, on Saxon."""

import importlib.util
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from lxml import etree

from jmswrap.errors import ConfigError, TransformError, TransformTooLong
from jmswrap.transform.limit import TimeLimit
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.resources import Resources
from jmswrap.transform.xslt import Transform

pytestmark = pytest.mark.skipif(importlib.util.find_spec("saxonche") is None, reason="jmswrap[saxon] is not installed")

HEAD = (
    '<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" '
    'xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue">\n'
)
GROUPS = """\
<xsl:import href="site/named.xsl"/><xsl:param name="JMSMessageID"/><xsl:template match="/">
<r id="{$JMSMessageID}">
<xsl:for-each-group select="//i" group-by="."><xsl:call-template name="g"/></xsl:for-each-group>
</r>
</xsl:template>"""
NAMED = """<xsl:template name="g">
<g n="{count(current-group())}"><xsl:value-of select="upper-case(.)"/></g>
</xsl:template>"""


def step(folder: Path, body: str, seconds: float = 30) -> Transform:
    (folder / "site").mkdir(exist_ok=True)
    (folder / "site/named.xsl").write_text(f"{HEAD}{NAMED}</xsl:stylesheet>")
    (folder / "later.xsl").write_text(f"{HEAD}{body}</xsl:stylesheet>")
    return Library(Resources(folder), limit=TimeLimit(seconds)).compiled(folder / "later.xsl")


def matching(expression: str) -> str:
    return f'<xsl:template match="/"><r><xsl:copy-of select="{expression}"/></r></xsl:template>'


def test_a_stylesheet_of_xslt_2_runs_with_its_imports_and_parameters(tmp_path: Path) -> None:
    made = step(tmp_path, GROUPS)
    result = etree.fromstring(made("<a><i>ä</i><i>b</i><i>ä</i></a>".encode(), {"JMSMessageID": """it's "1"<"""}))
    assert (result.get("id"), [(g.get("n"), g.text) for g in result]) == ("""it's "1"<""", [("2", "Ä"), ("1", "B")])
    # The parameters of one message are not the next one's.
    assert etree.fromstring(made(b"<a/>")).get("id") == ""


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("doc('file:///etc/hosts')", "prohibited"),
        ("unparsed-text('file:///etc/hosts')", "prohibited"),
        ("doc('http://127.0.0.1:9/x')", "prohibited"),
        ("error((), 'no person 7')", "no person 7"),
    ],
)
def test_what_it_may_not_read_or_refuses_is_the_error(tmp_path: Path, expression: str, said: str) -> None:
    with pytest.raises(TransformError, match=said):
        step(tmp_path, matching(expression))(b"<a/>")


def test_what_takes_too_long_ends_with_its_process_and_the_next_one_goes_on(tmp_path: Path) -> None:
    slow = matching("count(for $i in 1 to xs:integer(/n), $j in 1 to 100000 return ($i * $j)[. mod 7 = 0])")
    made = step(tmp_path, slow.replace("<r>", '<r xmlns:xs="http://www.w3.org/2001/XMLSchema">'), 0.5)
    with pytest.raises(TransformTooLong, match=r"later\.xsl ran longer than 0\.5 s"):
        made(b"<n>900000</n>")
    made._limit.seconds = 30
    assert b"14285" in made(b"<n>1</n>")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (matching("nofunction()"), r"later\.xsl: .*nofunction"),
        (
            matching("for $x in 'x' return dvm:lookupValue('a.dvm', 'A', $x, 'B', '')"),
            r":2: dvm:lookupValue is offered to XSLT 1\.0",
        ),
        ('<xsl:import href="../../outside.xsl"/>', "outside the integration's folder"),
        ('<xsl:import href="oramds:/site/named.xsl"/>', r"later\.xsl:2: .* relative to itself"),
    ],
)
def test_what_cannot_run_is_a_problem_before_a_message_comes(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        step(tmp_path, body)


def running(made: Transform) -> "subprocess.Popen[bytes]":
    assert made._later is not None
    return made._later._running[0]


def test_a_process_that_follows_another_may_take_its_time_to_begin(tmp_path: Path) -> None:
    # Whose stylesheet takes longer to compile than a transform may.
    one = '<xsl:template match="x{0}[@a = {0}]"><y{0} b="{{concat(@c, @d)}}"/></xsl:template>'
    many = "".join(one.format(number) for number in range(2200))
    began = time.monotonic()
    made = step(tmp_path, matching("upper-case(/n)") + many)
    made._limit.seconds = max((time.monotonic() - began) / 2, 0.8)
    assert b">A</r>" in made(b"<n>a</n>")
    running(made).kill()
    running(made).wait()
    assert b">A</r>" in made(b"<n>a</n>")


def test_a_message_does_not_fail_because_somebody_ends_saxon(tmp_path: Path) -> None:
    made = step(tmp_path, matching("count(for $i in 1 to 30, $j in 1 to 100000 return ($i * $j)[. mod 7 = 0])"))
    first = running(made)
    first.send_signal(signal.SIGTERM)
    killing = threading.Timer(0.2, first.kill)
    killing.start()
    assert b">771410</r>" in made(b"<n/>")
    killing.join()
    assert first.poll() in (None, -signal.SIGKILL), "what stops a service does not stop it before its parent"
