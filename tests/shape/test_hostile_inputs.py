"""The list of thirty hostile inputs is whole: each number has its test, and the page names it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = {
    range(1, 26): "tests/unit/soap/test_hostile_inputs.py",
    range(26, 31): "tests/unit/partner/test_hostile_partners.py",
}


def test_each_of_the_thirty_has_a_test_where_it_belongs() -> None:
    for numbers, file in FILES.items():
        found = re.findall(r"^def test_(\d+)_", (ROOT / file).read_text(), re.MULTILINE)
        assert {int(number) for number in found} == set(numbers), file


def test_the_security_page_names_every_one_of_these_tests() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    rows = dict(re.findall(r"^\| (\d+) \| [^|]+ \| (.+) \|$", page, re.MULTILINE))
    assert [int(number) for number in rows] == list(range(1, 31))
    named = {test for tests in rows.values() for test in re.findall(r"`(test_\w+)`", tests)}
    there = {f"test_{rest}" for file in FILES.values() for rest in _tests(ROOT / file)}
    assert named == there


def _tests(file: Path) -> list[str]:
    return re.findall(r"^def test_(\d+_\w+)", file.read_text(), re.MULTILINE)
