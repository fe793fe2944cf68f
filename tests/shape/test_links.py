"""Every page is found from the map of the pages, and every link leads somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INDEX = ROOT / "docs" / "README.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def without_code(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", without_code(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[tuple[str, str]]:
    """Return the address and the anchor of each link that leaves for no other site."""
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", without_code(page)))
    return [tuple(one.partition("#")[::2]) for one in found if "://" not in one]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for address, anchor in links(page):
        target = (page.parent / address).resolve() if address else page
        assert target.exists(), f"{page.name} links {address}, which is not there"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links {address}#{anchor}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_page_that_is_named_is_there(page: Path) -> None:
    for name in re.findall(r"\bdocs/[\w-]+\.md\b", page.read_text(encoding="utf-8")):
        assert (ROOT / name).exists(), f"{page.name} names {name}"


def test_every_file_that_the_map_of_the_code_names_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page[page.index("\n## Where is …?\n") : page.index("\n## Words that need a sentence\n")]
    named = re.findall(r"`([\w/]+(?:/|\.py|\.lua))`", table)
    assert len(named) > 90
    assert [name for name in named if not (ROOT / "jmswrap" / name).exists()] == []


def test_every_page_is_on_the_map_and_the_map_in_the_readme() -> None:
    mapped = {(INDEX.parent / address).resolve() for address, _ in links(INDEX)}
    assert set((ROOT / "docs").glob("*.md")) - {INDEX} <= mapped
    assert INDEX.resolve() in {(ROOT / address).resolve() for address, _ in links(ROOT / "README.md")}


def test_every_example_is_on_the_map() -> None:
    mapped = {(INDEX.parent / address).resolve() for address, _ in links(INDEX)}
    examples = [path for path in (ROOT / "examples").iterdir() if any((*path.glob("*.py"), *path.glob("*.yaml")))]
    assert set(examples) <= mapped
