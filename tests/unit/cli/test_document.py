from pathlib import Path

from jmswrap.cli.document import document
from jmswrap.cli.main import VERBS

ROOT = Path(__file__).parents[3]


def test_the_page_in_docs_is_what_the_help_says():
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == document(), "run: python -m jmswrap.cli.document > docs/commands.md"


def test_every_verb_is_on_the_page_and_the_page_in_the_readme():
    for verb in VERBS:
        assert f"## jmswrap {verb}\n" in document()
    assert "docs/commands.md" in (ROOT / "README.md").read_text(encoding="utf-8")
