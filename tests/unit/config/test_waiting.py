"""``waits_for``: what nobody can wait for is told."""

from pathlib import Path

import pytest

from jmswrap.app.examination import examine

FILE = """\
jmswrap: 1
name: demo
namespaces: {p: urn:people}
routes:
  person: {from: {queue: people}, to: {queue: out}, key: {xpath: "p:id"}}
  loose: {from: {queue: loose}, to: {queue: out}, order: none}
  whole: {from: {queue: whole}, to: {queue: out}, order: queue}
  usage: {from: {queue: usage}, to: {queue: out}, key: {xpath: "p:use"}, waits_for: [RULE]}
"""


def examined(folder: Path, rule: str) -> tuple[list[str], list[str]]:
    (folder / "jmswrap.yaml").write_text(FILE.replace("RULE", rule))
    found = examine(folder / "jmswrap.yaml")
    return [str(one) for one in found.problems], [str(one) for one in found.warnings]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("{route: persn, key: {xpath: p:id}}", "waits for `persn`, which is no route: did you mean `person`"),
        ("{route: loose, key: {xpath: p:id}}", "keeps no order (`order: none`), so nobody can wait"),
        ("{route: whole, key: {xpath: p:id}}", "so `usage` waits for all of it: remove `key`"),
        ("{route: person}", "does not say where its messages name the key of `person`: add `key`"),
        ("{route: person, key: {message_id: true}}", "reads a queue, where messages have no SOAP headers"),
        ("{route: person, key: {xpath: q:id}}", "uses the prefix `q`"),
        ("{route: person, key: {}}", "`key` needs exactly one of"),
    ],
)
def test_what_nobody_can_wait_for_is_told(tmp_path: Path, rule: str, sentence: str) -> None:
    problems, _ = examined(tmp_path, rule)
    assert len(problems) == 1
    assert sentence in problems[0]


@pytest.mark.parametrize("rule", ["{route: person, key: {xpath: p:id}}", "{route: whole}"])
def test_what_one_can_wait_for_is_no_problem(tmp_path: Path, rule: str) -> None:
    problems, warnings = examined(tmp_path, rule)
    assert problems == []
    assert not [one for one in warnings if "waits" in one]


def test_routes_may_wait_for_each_other(tmp_path: Path) -> None:
    text = FILE.replace("RULE", "{route: person, key: {xpath: p:id}}")
    text = text.replace(
        'key: {xpath: "p:id"}}\n', 'key: {xpath: "p:id"}, waits_for: [{route: usage, key: {xpath: p:u}}]}\n'
    )
    (tmp_path / "jmswrap.yaml").write_text(text)
    assert examine(tmp_path / "jmswrap.yaml").problems == ()


def test_waiting_for_ones_own_key_changes_nothing_and_is_warned_of(tmp_path: Path) -> None:
    problems, warnings = examined(tmp_path, '{route: usage, key: {xpath: "p:use"}}')
    assert problems == []
    assert [one for one in warnings if "its own queue and key, which go first anyway" in one]
