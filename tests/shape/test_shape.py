"""The shape of the code itself: small files, small functions, one version."""

import ast
import re
from pathlib import Path

import pytest

import jmswrap
import jmswrap.states

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "jmswrap").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_small_and_says_what_it_is(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert text.count("\n") <= 400
    if text.strip():
        assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= 60, f"{node.name} is too long"


def test_the_changelog_leads_with_the_version() -> None:
    found = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert found is not None
    assert found[1] == jmswrap.__version__


def test_the_readme_is_at_most_150_lines() -> None:
    assert (ROOT / "README.md").read_text().count("\n") <= 150


def test_the_states_page_shows_the_table_of_the_code() -> None:
    from_code = {
        (before.value if before else "–", after.value)
        for before, moves in jmswrap.states.MOVES.items()
        for after in moves
    }
    page = (ROOT / "docs" / "states.md").read_text()
    on_page = set(re.findall(r"^\| `?(\S+?)`? \| `(\S+?)` \|", page, re.MULTILINE))
    assert on_page == from_code
