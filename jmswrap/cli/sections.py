"""The sections of ``jmswrap -h`` and of docs/commands.md: what a person wants to do."""

import ast
import importlib.util
from collections.abc import Iterable
from pathlib import Path

import click

SECTIONS = {
    "Set up": (
        "wrap",
        "new",
        "import-oracle",
        "check",
        "transform",
        "lint",
        "drift",
        "republish",
        "hash-password",
    ),
    "Run": ("up", "serve", "work", "bridge", "simulate", "send", "put", "get"),
    "Look": ("health", "queues", "messages", "show", "history", "totals"),
    "Decide": ("retry", "edit", "resolve", "skip", "move", "cancel", "bury"),
    "Operate": ("pause", "resume", "backup", "restore", "restored", "rekey", "erase"),
}
"""Every verb under the heading where it is looked for, in the order in which a newcomer meets them."""


def sectioned(verbs: Iterable[str]) -> dict[str, list[str]]:
    """Return verbs by section; sections without one are left out."""
    there = set(verbs)
    placed = {title: [verb for verb in names if verb in there] for title, names in SECTIONS.items()}
    return {title: names for title, names in placed.items() if names}


def help_at(place: str) -> str:
    """Return the help of the verb at MODULE:FUNCTION, read from its source: importing all verbs takes a second."""
    module, _, function = place.partition(":")
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise LookupError(f"there is no module {module}")
    tree = ast.parse(Path(spec.origin).read_bytes())
    found = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    return ast.get_docstring(found) or ""


def first_sentence(said: str) -> str:
    """Return what a verb does: the first sentence of its help."""
    words = " ".join(said.strip().split("\n\n")[0].split())
    return words.partition(". ")[0].removesuffix(".") + "."


def write(formatter: click.HelpFormatter, sections: dict[str, list[tuple[str, str]]]) -> None:
    """Write each section as a list of verbs, all with one margin."""
    margin = max(len(verb) for rows in sections.values() for verb, _ in rows)
    for title, rows in sections.items():
        with formatter.section(title):
            formatter.write_dl([(verb.ljust(margin), said) for verb, said in rows])
