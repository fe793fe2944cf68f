"""``jmswrap transform``: a route's transforms tried on a file, with everything they looked up."""

import difflib
from pathlib import Path
from typing import Any

import click
from lxml import etree

from jmswrap import xml
from jmswrap.app.integration import Integration, load
from jmswrap.app.stylesheets import PARTS
from jmswrap.app.trying import Question, Trial, attempted
from jmswrap.cli import options, render
from jmswrap.errors import ConfigError


@click.command()
@options.config
@options.as_json
@options.properties
@click.option("--of", "part", type=click.Choice(PARTS), default=PARTS[0], show_default=True, help="Which transforms.")
@click.option(
    "--diff",
    "instead",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="XSL",
    help="Compare with this stylesheet in the place of the route's one of that name.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True),
    metavar="DIR",
    help="Compare with the same route of another version of the integration's folder.",
)
@click.argument("route")
@click.argument("document", metavar="FILE", type=click.File("rb"))
def transform(
    file: Path,
    as_json: bool,
    properties: tuple[str, ...],
    part: str,
    instead: Path | None,
    against: Path | None,
    route: str,
    document: Any,
) -> None:
    """Try a ROUTE's transforms on a FILE; - is standard input. Nothing is sent and nothing is kept.

    Shows what goes in and what comes out of each step, and every look-up in value maps,
    cross-references and properties with what it found. For the route's `steps` the file is validated
    as at its own door; for the others it holds the partner's answer, or the refusal document. Exit
    status 1 when a step fails, or when a comparison finds a difference.
    """
    if instead is not None and against is not None:
        raise click.UsageError("give --diff or --against, not both", click.get_current_context())
    integration = load(file)
    question = Question(route, document.read(), part, options.pairs(properties))
    trial = attempted(integration, question)
    if instead is None and against is None:
        _tell(trial, as_json)
        raise click.exceptions.Exit(1 if trial.error else 0)
    other = _other(integration, question, instead, against)
    raise click.exceptions.Exit(_compare(trial, other, as_json))


def _other(integration: Integration, question: Question, instead: Path | None, against: Path | None) -> Trial:
    if against is None:
        return attempted(
            integration, Question(question.route, question.document, question.part, question.properties, instead)
        )
    found = load(against)
    if found.file.samefile(integration.file):
        raise ConfigError(f"{against} is this integration: name the folder of another version")
    return attempted(found, question, kept_by=integration)


def _tell(trial: Trial, as_json: bool) -> None:
    if as_json:
        render.as_json(_plain(trial))
        return
    click.echo("in")
    render.document(_pretty(trial.given))
    for number, step in enumerate(trial.steps, 1):
        click.echo(f"step {number}: {step.name}")
        if step.look_ups:
            rows = [(one.function, ", ".join(one.arguments), one.answer, one.outcome) for one in step.look_ups]
            render.table(("function", "asked", "answer", "outcome"), rows)
        render.document(f"failed: {step.error}" if step.error else _pretty(step.output))


def _compare(one: Trial, other: Trial, as_json: bool) -> int:
    lines = list(difflib.unified_diff(_lines(one), _lines(other), "before", "after", lineterm=""))
    if as_json:
        render.as_json({"before": _plain(one), "after": _plain(other), "differs": bool(lines), "diff": lines})
    else:
        render.document(
            "\n".join(lines) if lines else "No difference, neither in the result nor in what was looked up."
        )
    return 1 if lines else 0


def _lines(trial: Trial) -> list[str]:
    """Return what is compared: the look-ups of each step, then the result."""
    looked = [
        f"{one.function}({', '.join(one.arguments)}) = {one.answer} [{one.outcome}]"
        for step in trial.steps
        for one in step.look_ups
    ]
    return [*looked, *(f"failed: {trial.error}" if trial.error else _pretty(trial.output)).splitlines()]


def _pretty(document: bytes) -> str:
    root = etree.fromstring(document, xml.parser())
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")


def _plain(trial: Trial) -> dict[str, object]:
    return {
        "in": trial.given.decode(),
        "steps": [
            {
                "step": step.name,
                "look_ups": [
                    {"function": o.function, "arguments": o.arguments, "answer": o.answer, "outcome": o.outcome}
                    for o in step.look_ups
                ],
                "out": step.output.decode(),
                "error": step.error,
            }
            for step in trial.steps
        ],
        "out": "" if trial.error else trial.output.decode(),
        "error": trial.error,
    }
