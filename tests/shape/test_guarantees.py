"""What the page of guarantees names as its proof is there."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "guarantees.md").read_text("utf-8")


def test_every_test_that_the_page_of_guarantees_names_exists() -> None:
    files = list(TESTS.rglob("*.py"))
    defined = set(re.findall(r"def (test_\w+)", "\n".join(file.read_text("utf-8") for file in files)))
    assert set(re.findall(r"`(test_\w+)`", PAGE)) <= defined
    named = re.findall(r"`(?:tests/)?((?:\w+/)*test_\w+\.py)`", PAGE)
    assert {Path(one).name for one in named} <= {file.name for file in files}
    assert [one for one in named if "/" in one and not (TESTS / one).is_file()] == []
