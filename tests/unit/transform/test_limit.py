"""Transforms that take too long."""

import signal
import threading
import time
from pathlib import Path

import pytest

from jmswrap.errors import TransformTooLong
from jmswrap.transform.limit import TimeLimit
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.resources import Resources
from jmswrap.transform.xslt import Transform

ENDLESS = """\
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:str="http://www.oracle.com/XSL/Transform/java/java.lang.String">
  <xsl:template match="/"><r><xsl:call-template name="down"><xsl:with-param name="n" select="number(/n)"/></xsl:call-template></r></xsl:template>
  <xsl:template name="down">
    <xsl:param name="n"/>
    <xsl:if test="$n &gt; 0">
      <xsl:call-template name="down"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template>
      <xsl:call-template name="down"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template>
      <xsl:if test="str:length('a') = 2">never</xsl:if>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
"""  # noqa: E501 - a stylesheet


@pytest.fixture
def limit() -> TimeLimit:
    return TimeLimit(0.2)


@pytest.fixture
def endless(tmp_path: Path, limit: TimeLimit) -> Transform:
    (tmp_path / "endless.xsl").write_text(ENDLESS)
    return Library(Resources(tmp_path), limit=limit).compiled(tmp_path / "endless.xsl")


def settled(limit: TimeLimit) -> bool:
    until = time.monotonic() + 20
    while limit.overrun and time.monotonic() < until:
        threading.Event().wait(0.02)
    return not limit.overrun


def test_what_takes_too_long_is_given_up_and_calls_no_function_any_more(endless: Transform, limit: TimeLimit) -> None:
    with pytest.raises(TransformTooLong, match=r"endless\.xsl ran longer than 0\.2 s; .*`transforms\.seconds`"):
        endless(b"<n>60</n>")
    # The next function that the stylesheet calls ends it.
    assert settled(limit)
    assert endless(b"<n>2</n>").startswith(b"<r")


def test_who_waits_for_a_database_is_not_slow(limit: TimeLimit) -> None:
    pause = threading.Event()
    assert limit.run("x.xsl", lambda: pause.wait(0.6)) is False
    assert not limit.overrun


def test_a_transform_within_another_shares_its_time(limit: TimeLimit) -> None:
    thread = limit.run("outer.xsl", lambda: limit.run("inner.xsl", threading.get_ident))
    assert thread != threading.get_ident()
    assert limit.run("outer.xsl", threading.get_ident) == thread


def test_its_errors_are_those_of_the_transform(limit: TimeLimit) -> None:
    with pytest.raises(ZeroDivisionError):
        limit.run("x.xsl", lambda: 1 // 0)
    assert limit.run("x.xsl", lambda: 1) == 1


def test_without_a_limit_it_runs_where_it_is_asked_for() -> None:
    assert TimeLimit(0).run("x.xsl", threading.get_ident) == threading.get_ident()


def test_threads_end_with_their_limit() -> None:
    limit = TimeLimit(5)
    (runner,) = limit.run("x.xsl", lambda: [threading.current_thread()])
    del limit
    runner.join(10)
    assert not runner.is_alive()


def test_no_thread_stays_behind_when_whoever_waits_is_interrupted() -> None:
    limit, seen, going_on = TimeLimit(5), list[threading.Thread](), threading.Event()

    def work() -> None:
        seen.append(threading.current_thread())
        signal.raise_signal(signal.SIGINT)
        going_on.wait(10)

    with pytest.raises(KeyboardInterrupt):
        limit.run("x.xsl", work)
    going_on.set()
    seen[0].join(10)
    assert not seen[0].is_alive()
