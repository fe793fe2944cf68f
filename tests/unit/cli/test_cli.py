import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ORDERS = Path(__file__).parents[2] / "data" / "partner" / "orders.wsdl"

VERBS = ["wrap", "new", "check", "up", "serve", "work", "send", "simulate", "queues", "messages", "show", "retry"]


def jmswrap(*words: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jmswrap", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=cwd,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "orders"
    done = jmswrap("wrap", ORDERS, "-o", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_version_is_printed():
    done = jmswrap("--version")
    assert (done.returncode, done.stdout) == (0, "jmswrap 0.1.0\n")


def test_help_lists_every_verb_with_a_line():
    done = jmswrap("--help")
    assert done.returncode == 0
    lines = done.stdout.split("Commands:")[1].splitlines()
    verbs = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("  ") and line[2] != " "}
    for verb in VERBS:
        assert verbs[verb]


def test_wrapping_makes_an_integration_that_checks(orders):
    done = jmswrap("check", "-c", orders / "jmswrap.yaml")
    assert done.returncode == 0
    assert "Orders is right (1 route, 1 service, 1 partner)." in done.stdout
    assert done.stderr.count("warning: ") == 2


def test_wrapping_twice_is_refused_with_one_sentence(orders):
    done = jmswrap("wrap", ORDERS, "-o", orders)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "is there already" in done.stderr


def test_five_mistakes_give_five_lines_and_exit_status_1(tmp_path):
    file = tmp_path / "jmswrap.yaml"
    file.write_text(
        "jmswrap: 1\nname: x\ngatway: {}\nstore: {lease_seconds: soon}\npartners: {p: {wsdl: no.wsdl}}\n"
        "routes:\n  r:\n    from: {service: s}\n    to: {partner: q}\n"
    )
    done = jmswrap("check", cwd=tmp_path)
    assert done.returncode == 1
    *problems, last = done.stderr.splitlines()
    assert [line.split(": ")[0].rpartition(":")[2] for line in problems] == ["3", "4", "5", "8", "9"]
    assert last == "5 problems."


def test_check_as_json_is_data(orders):
    done = jmswrap("check", "--json", JMSWRAP_CONFIG=str(orders))
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["problems"] == []
    assert found["warnings"][0]["line"] > 0


def test_an_integration_that_is_not_there_is_one_sentence(tmp_path):
    for words in (("queues",), ("messages",), ("show", "x"), ("serve",), ("work",), ("send", "r", "f")):
        done = jmswrap(*words, cwd=tmp_path)
        assert done.returncode == 1, words
        assert done.stdout == ""
        assert done.stderr.startswith("jmswrap: "), done.stderr
        assert "there is no such file" in done.stderr


def test_a_store_that_does_not_run_is_one_sentence(orders):
    for words in (("queues",), ("messages",), ("show", "x"), ("retry", "x"), ("pause", "-q", "Orders")):
        done = jmswrap(*words, "-c", orders)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert "start `jmswrap up`" in done.stderr


def test_wrong_usage_is_exit_status_2():
    for words in (("nonsense",), ("show",), ("up", "--port", "x"), ("check", "--what")):
        assert jmswrap(*words).returncode == 2, words


def test_a_wsdl_that_cannot_be_wrapped_is_one_sentence_and_leaves_nothing(tmp_path):
    (tmp_path / "wrong.wsdl").write_text("<x/>")
    done = jmswrap("wrap", "wrong.wsdl", "-o", "made", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["wrong.wsdl"]


def test_simulating_a_wsdl_that_is_not_there_is_one_sentence(tmp_path):
    done = jmswrap("simulate", tmp_path / "no.wsdl")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)


def test_a_shipped_integration_is_copied_and_checks_elsewhere(tmp_path):
    done = jmswrap("new", "ccb-mdm", tmp_path / "sync")
    assert done.returncode == 0, done.stderr
    assert not any(path.is_symlink() for path in (tmp_path / "sync").rglob("*"))
    assert jmswrap("check", "-c", tmp_path / "sync").returncode == 0
    assert "is there already" in jmswrap("new", "ccb_mdm", tmp_path / "sync").stderr
    assert "ships" in jmswrap("new", "nothing", tmp_path / "other").stderr
