"""``jmswrap check``: every problem of an integration at once."""

from dataclasses import replace
from pathlib import Path

import click

from jmswrap.app import stored
from jmswrap.app.examination import Examined, examine
from jmswrap.cli import options, render
from jmswrap.config.problem import Problem
from jmswrap.errors import ConfigError, Unavailable


@click.command()
@options.config
@options.as_json
@click.option("--store", "asks", is_flag=True, help="It is a problem, too, when the store cannot be asked.")
def check(file: Path, as_json: bool, asks: bool) -> None:
    """Find every problem of an integration at once.

    Each comes with its line and what to do. Reads jmswrap.yaml, the contracts it names,
    schemas and transforms. Where the store can be reached, it also looks for messages that wait
    for a route, queue or operation that was removed, and for those encrypted with a key that was
    removed. Exit status 1 when there is a problem; warnings alone are fine.
    """
    examined = _with_store(examine(file), asks)
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


def _with_store(examined: Examined, asks: bool) -> Examined:
    integration = examined.integration
    if integration is None:
        return examined
    problems: list[str] = []
    try:
        problems += stored.look(integration)
    except ConfigError as error:
        problems.append(str(error))
    except Unavailable as error:
        problems += [f"the store cannot be asked what it holds: {error}"] if asks else []
    if not problems:
        return examined
    told = tuple(Problem(integration.file, 0, sentence) for sentence in problems)
    return Examined(None, told, examined.warnings)


def _say(file: Path, examined: Examined) -> None:
    for warning in examined.warnings:
        click.echo(f"warning: {_told(warning)}", err=True)
    for problem in examined.problems:
        click.echo(_told(problem), err=True)
    if examined.integration is not None:
        config = examined.integration.config
        parts = (("route", config.routes), ("service", config.services), ("partner", config.partners))
        counted = ", ".join(render.count(len(found), word) for word, found in parts)
        click.echo(f"{file}: {config.name} is right ({counted}).")
    else:
        click.echo(f"{render.count(len(examined.problems), 'problem')}.", err=True)


def _told(problem: Problem) -> str:
    return str(replace(problem, file=Path(render.place(problem.file))))


def _plain(problem: Problem) -> dict[str, object]:
    return {"file": str(problem.file), "line": problem.line, "sentence": problem.sentence}
