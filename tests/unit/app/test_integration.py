import shutil
from pathlib import Path

import pytest

from jmswrap.app.examination import check, examine
from jmswrap.app.integration import generation, load
from jmswrap.contract.wrap import wrap
from jmswrap.errors import ConfigError

ORDERS = Path(__file__).parents[2] / "data" / "partner" / "orders.wsdl"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "orders"
    wrap(str(ORDERS), folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "orders"))


def edit(folder: Path, old: str, new: str) -> Path:
    file = folder / "jmswrap.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return file


def line_of(folder: Path, words: str) -> int:
    lines = (folder / "jmswrap.yaml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


def sentences(folder: Path) -> list[str]:
    return [problem.sentence for problem in check(folder / "jmswrap.yaml")]


def test_a_wrapped_partner_loads_and_its_warnings_are_no_problems(folder):
    examined = examine(folder)
    assert examined.problems == ()
    assert examined.integration is not None
    assert [w.sentence for w in examined.warnings] == [
        "route `Orders` has no `key`: its messages are delivered in no order",
        "route `Orders` has no `id`: a call that is repeated becomes a second message",
    ]


def test_the_shipped_integration_is_right():
    examined = examine(Path(__file__).parents[3] / "jmswrap" / "integrations" / "ccb_mdm")
    assert (examined.problems, examined.warnings) == ((), ())


def test_an_operation_that_the_service_lacks_is_a_problem(folder):
    edit(folder, "from: {service: Orders}", "from: {service: Orders, operation: Plase}")
    assert sentences(folder) == [
        "no route takes operation `Place`: add one with `from: {service: Orders, operation: Place}`",
        "no route takes operation `Tell`: add one with `from: {service: Orders, operation: Tell}`",
        "the service's port OrdersSoap11 has no operation `Plase`: did you mean `Place`?",
    ]


def test_an_operation_that_the_partner_lacks_is_a_problem(folder):
    edit(folder, "to: {partner: Orders}", "to: {partner: Orders, operation: Place2}")
    assert sentences(folder) == ["the partner's port Eleven has no operation `Place2`: did you mean `Place`?"]


def test_a_body_that_the_partners_operation_does_not_take_is_a_problem(folder):
    edit(folder, "to: {partner: Orders}", "to: {partner: Orders, operation: Place}")
    assert sentences(folder) == [
        "operation `Place` of `Orders` takes {urn:example:orders}Place, not {urn:example:orders}Tell: "
        "add a step that transforms"
    ]


def test_what_comes_by_a_queue_must_fit_the_partner_too(folder):
    file = edit(folder, "to: {partner: Orders}", "to: {queue: next}")
    file.write_text(file.read_text() + "  two:\n    from: {queue: next}\n    to: {partner: Orders, operation: Tell}\n")
    (sentence,) = sentences(folder)
    assert sentence.startswith("operation `Tell` of `Orders` takes {urn:example:orders}Tell, not")


def test_a_wsdl_that_cannot_be_read_is_a_problem_at_its_line(folder):
    (folder / "contracts" / "orders.wsdl").write_text("<nonsense/>")
    (problem,) = check(folder / "jmswrap.yaml")
    assert problem.line == line_of(folder, 'wsdl: "contracts/orders.wsdl"')


def test_a_stylesheet_that_does_not_compile_is_a_problem_at_its_line(folder):
    (folder / "wrong.xsl").write_text("<x/>")
    edit(folder, "to: {partner: Orders}", "to: {partner: Orders}\n    steps: [{xslt: wrong.xsl}]")
    (problem,) = check(folder / "jmswrap.yaml")
    assert problem.line == line_of(folder, "wrong.xsl")
    assert "wrong.xsl" in problem.sentence


def test_what_is_wrong_with_the_file_and_with_the_contracts_is_told_at_once(folder):
    edit(folder, "to: {partner: Orders}", "to: {partner: Orders, operation: Place2}\n    retry: {waits_seconds: []}")
    edit(folder, "partners:", "gatway: {}\npartners:")
    (unknown, operation, empty) = sentences(folder)
    assert "gatway" in unknown
    assert "waits_seconds" in empty
    assert operation == "the partner's port Eleven has no operation `Place2`: did you mean `Place`?"


def test_loading_refuses_with_every_problem(folder):
    edit(folder, "to: {partner: Orders}", "to: {partner: Order}\n    prio: 3")
    with pytest.raises(ConfigError) as raised:
        load(folder)
    assert len(str(raised.value).splitlines()) == 2


def test_the_environment_is_laid_over_the_file(folder, monkeypatch):
    monkeypatch.setenv("JMSWRAP_OVERRIDES", '{"partners": {"Orders": {"address": "http://127.0.0.1:9/"}}}')
    changed = load(folder)
    assert changed.config.partners["Orders"].address == "http://127.0.0.1:9/"
    monkeypatch.delenv("JMSWRAP_OVERRIDES")
    assert generation(changed) != generation(load(folder))


def test_an_environment_that_is_no_json_is_one_sentence(folder, monkeypatch):
    monkeypatch.setenv("JMSWRAP_OVERRIDES", "{")
    with pytest.raises(ConfigError, match="JMSWRAP_OVERRIDES is not JSON"):
        load(folder)


def test_a_contract_that_no_worker_could_load_is_a_problem(tmp_path):
    folder = tmp_path / "words"
    wrap(str(ORDERS.parents[1] / "wsdl" / "redefine.wsdl"), folder)
    assert sentences(folder) == []
    line = line_of(folder, ".calls.wsdl")
    edit(folder, ".calls.wsdl", ".wsdl")
    (problem,) = check(folder / "jmswrap.yaml")
    assert problem.line == line
    assert "cannot be loaded by zeep" in problem.sentence
    assert problem.sentence.endswith("; `jmswrap wrap` makes a contract for calls alone of a WSDL like that")
