"""Transforms that take too long."""

import signal
import threading
import time
from collections.abc import Callable
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

    # A shell lets what it runs in the background ignore this signal.
    handled = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            limit.run("x.xsl", work)
    finally:
        signal.signal(signal.SIGINT, handled)
    going_on.set()
    seen[0].join(10)
    assert not seen[0].is_alive()


class Crowd:
    """Threads that all want the same done, and how many are at it."""

    def __init__(self, limit: TimeLimit, size: int, work: Callable[[], object]) -> None:
        self.begun = threading.Semaphore(0)
        self.going_on = threading.Event()
        self._threads = [threading.Thread(target=limit.run, args=("x.xsl", self._do)) for _ in range(size)]
        self._work = work
        for thread in self._threads:
            thread.start()

    def _do(self) -> None:
        self.begun.release()
        self._work()
        self.going_on.wait(20)

    def begins(self, seconds: float = 10) -> bool:
        """Tell whether one more begins."""
        return self.begun.acquire(timeout=seconds)

    def end(self) -> None:
        self.going_on.set()
        for thread in self._threads:
            thread.join(20)


def test_one_runs_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jmswrap.transform.limit.TURN_SECONDS", 60)
    crowd = Crowd(TimeLimit(90), 3, lambda: None)
    assert crowd.begins()
    assert not crowd.begins(0.3)
    crowd.going_on.set()
    assert [crowd.begins() for _ in range(2)] == [True] * 2
    crowd.end()


def test_what_takes_long_holds_nobody_up() -> None:
    crowd = Crowd(TimeLimit(5), 3, lambda: None)
    assert [crowd.begins() for _ in range(3)] == [True] * 3
    crowd.end()


def test_while_one_waits_for_a_database_the_next_one_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jmswrap.transform.limit.TURN_SECONDS", 60)
    limit, answer = TimeLimit(90), threading.Event()
    crowd = Crowd(limit, 5, limit.waiting(lambda: answer.wait(20)))
    assert [crowd.begins() for _ in range(5)] == [True] * 5
    answer.set()
    crowd.end()
    assert limit.run("x.xsl", lambda: 1) == 1


def test_without_a_limit_nobody_waits_for_another() -> None:
    crowd = Crowd(TimeLimit(0), 3, lambda: None)
    assert [crowd.begins() for _ in range(3)] == [True] * 3
    crowd.end()


def test_what_was_given_up_lets_others_run(limit: TimeLimit) -> None:
    over = threading.Event()
    for _ in range(3):
        with pytest.raises(TransformTooLong):
            limit.run("x.xsl", lambda: spin(over))
    assert limit.run("x.xsl", lambda: 1) == 1
    over.set()
    assert settled(limit)


def spin(over: threading.Event) -> None:
    while not over.is_set():
        pass
