"""What pages tell a reader to type is there: settings, verbs, options, files of examples."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from pydantic import BaseModel, ValidationError

from jmswrap.cli.main import VERBS, cli
from jmswrap.config.sentences import keys_at
from jmswrap.config.settings import Config, Route

ROOT = Path(__file__).parents[2]
HELD = {"commands.md", "configuration.md", "simulate.md"}
"""Pages that are made from the code, or whose examples have a test of their own."""
PAGES = [ROOT / "README.md", *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in HELD)]


def fences(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


SETTINGS = [
    pytest.param(text, id=f"{page.name}-{number}")
    for page in PAGES
    for number, text in enumerate(fences(page, "yaml"), 1)
    if "kind:" not in text and "image:" not in text  # for other programs
]


def wrong(data: dict[str, Any], model: type[BaseModel]) -> list[str]:
    """Return what a model does not know or take; what is missing does not count, since pages show parts."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        return [f"{found['loc']}: {found['msg']}" for found in error.errors() if found["type"] != "missing"]
    return []


@pytest.mark.parametrize("text", SETTINGS)
def test_settings_on_a_page_are_settings(text: str) -> None:
    data = yaml.safe_load(text)
    model = Config if set(data) & set(Config.model_fields) else Route
    assert wrong(data, model) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_a_page_names_is_there(page: Path) -> None:
    named = set(re.findall(r"`([a-z_]+(?:\.(?:[a-z_]+|NAME))+)[`:]", page.read_text(encoding="utf-8")))
    paths = (name.split(".") for name in named if not name.endswith((".rdb", ".sqlite")))
    unknown = [path for path in paths if keys_at((path[0],)) and path[-1] not in ("NAME", *keys_at(tuple(path[:-1])))]
    assert unknown == []


def commands(page: Path) -> Iterator[list[str]]:
    """Return the words after `jmswrap` wherever a page shows a command."""
    text = re.sub(r"\\\n\s*", " ", page.read_text(encoding="utf-8"))
    shown = re.findall(r"^(?:    |\$ )?(?:[A-Z_]+=\S+ )*jmswrap +([a-z].*)$", text, re.MULTILINE)
    shown += re.findall(r"(?:&&|\|) jmswrap +([a-z].*)$", text, re.MULTILINE)
    shown += re.findall(r"`jmswrap +([a-z][^`]*)`", text)
    for line in shown:
        words = re.split(r"\s+#|&&|\||;", line)[0].split()
        yield words


def problem(words: list[str]) -> str:
    """Return which verb or option of a command is not there, or nothing."""
    if words[0] not in VERBS:
        return f"no verb {words[0]}"
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None
    taken = set(itertools.chain.from_iterable((*one.opts, *one.secondary_opts) for one in command.params))
    given = {word.partition("=")[0].rstrip(",") for word in words[1:] if re.match(r"--?[a-z]", word)}
    return f"{words[0]} has no {given - taken}" if given - taken - {"-h", "--help"} else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_a_page_is_there_with_its_options(page: Path) -> None:
    assert [said for said in map(problem, commands(page)) if said] == []


def test_commands_are_found_where_pages_show_them() -> None:
    assert len(list(itertools.chain.from_iterable(map(commands, PAGES)))) > 100
