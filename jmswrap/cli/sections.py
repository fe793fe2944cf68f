"""The sections of ``jmswrap -h`` and of docs/commands.md: what a person wants to do."""

from collections.abc import Iterable

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


def first_sentence(command: click.Command) -> str:
    """Return what a verb does: the first sentence of its help."""
    words = " ".join((command.help or "").strip().split("\n\n")[0].split())
    return words.partition(". ")[0].removesuffix(".") + "."


def write(formatter: click.HelpFormatter, sections: dict[str, list[tuple[str, str]]]) -> None:
    """Write each section as a list of verbs, all with one margin."""
    margin = max(len(verb) for rows in sections.values() for verb, _ in rows)
    for title, rows in sections.items():
        with formatter.section(title):
            formatter.write_dl([(verb.ljust(margin), said) for verb, said in rows])
