import json
import re
from pathlib import Path

import pytest

from jmswrap.cli import render
from jmswrap.cli.since import Span


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setattr(render, "_screen", lambda: 40)


ROW = ("06gzw3mc2qb6qbeazctm0jm6q4", "DEAD", "·", "the partner answered with a fault")
HEADS = ("id", "state", "waiting", "reason")


def test_piped_output_is_one_line_a_row(capsys):
    render.table(HEADS, [ROW])
    heads, row = capsys.readouterr().out.splitlines()
    assert heads.split() == list(HEADS)
    assert row == "06gzw3mc2qb6qbeazctm0jm6q4  DEAD   ·        the partner answered with a fault"


def test_a_narrow_screen_leaves_out_empty_columns_and_breaks_no_word(narrow, capsys):
    render.table(HEADS, [ROW])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["id", "state", "reason"]
    assert " ".join(line.split(maxsplit=2)[2] if "DEAD" in line else line.strip() for line in lines[1:]) == ROW[-1]
    assert "06gzw3mc2qb6qbeazctm0jm6q4" in lines[1]


def test_facts_stand_beside_their_names_on_every_line(narrow, capsys):
    render.facts({"state": "DEAD: " + "a long reason " * 4, "key": "", "queue": "orders"})
    lines = capsys.readouterr().out.splitlines()
    assert all(re.match(r"(state|queue) |" + " " * 16, line) for line in lines)
    assert lines[-1] == "queue           orders"


def test_what_would_steer_the_terminal_is_not_passed_on(capsys):
    render.table(("key", "queue"), [("\x1b[2J", "orders")])
    render.sentence("3 wait on key \x9b2J\nalarm: forged")
    render.document("<a>\n\t\x1b[2Jgr\u00fc\u00df\u00a0Gott\rover</a>")
    assert capsys.readouterr().out.splitlines()[1:] == [
        "\ufffd[2J  orders",
        "3 wait on key \ufffd2J alarm: forged",
        "<a>",
        "\t\ufffd[2Jgr\u00fc\u00df\u00a0Gott\ufffdover</a>",
    ]


def test_json_says_the_same_without_steering(capsys):
    render.as_json({"key": "\x9b2J \x1b \u00fc"})
    written = capsys.readouterr().out
    assert json.loads(written) == {"key": "\x9b2J \x1b \u00fc"}
    assert "\\u009b2J \\u001b \u00fc" in written


def test_paths_below_here_are_relative(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert render.place(tmp_path / "crm" / "jmswrap.yaml") == "crm/jmswrap.yaml"
    assert render.place(Path("/elsewhere/jmswrap.yaml")) == "/elsewhere/jmswrap.yaml"


@pytest.mark.parametrize(("typed", "seconds"), [("90", 90), ("1.5h", 5_400), ("2d", 172_800), ("90min", 5_400)])
def test_a_span_is_read_as_people_type_it(typed, seconds):
    assert Span().convert(typed, None, None) == seconds
