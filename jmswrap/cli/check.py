"""``jmswrap check``: every problem of an integration at once."""

from pathlib import Path

import click

from jmswrap.app.integration import Examined, examine
from jmswrap.cli import options, render
from jmswrap.config.problem import Problem


@click.command()
@options.config
@options.as_json
def check(file: Path, as_json: bool) -> None:
    """Find every problem of an integration at once.

    Each comes with its line and what to do. Reads jmswrap.yaml, the contracts it names,
    schemas and transforms. Exit status 1 when there is a problem; warnings alone are fine.
    """
    examined = examine(file)
    if as_json:
        render.as_json(
            {
                "problems": [_plain(problem) for problem in examined.problems],
                "warnings": [_plain(warning) for warning in examined.warnings],
            }
        )
    else:
        _say(file, examined)
    if examined.problems:
        raise click.exceptions.Exit(1)


def _say(file: Path, examined: Examined) -> None:
    for warning in examined.warnings:
        click.echo(f"warning: {warning}", err=True)
    for problem in examined.problems:
        click.echo(str(problem), err=True)
    if examined.integration is not None:
        config = examined.integration.config
        parts = (("route", config.routes), ("service", config.services), ("partner", config.partners))
        counted = ", ".join(f"{len(found)} {word}{'s' * (len(found) != 1)}" for word, found in parts)
        click.echo(f"{file}: {config.name} is right ({counted}).")
    else:
        count = len(examined.problems)
        click.echo(f"{count} problem{'s' * (count != 1)}.", err=True)


def _plain(problem: Problem) -> dict[str, object]:
    return {"file": str(problem.file), "line": problem.line, "sentence": problem.sentence}
