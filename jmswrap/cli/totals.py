"""``jmswrap totals``: what came is what went and what is here."""

from dataclasses import asdict
from pathlib import Path

import click

from jmswrap.app.integration import load
from jmswrap.app.looking import looking
from jmswrap.cli import options, render
from jmswrap.cli.since import Day

_HEADS = (
    "day",
    "queue",
    "brought forward",
    "accepted",
    "delivered",
    "expired",
    "cancelled",
    "dead",
    "in doubt",
    "still here",
    "duplicates",
)


@click.command()
@options.config
@options.as_json
@click.option("--day", type=Day(), default="", help="One day only (UTC): 2026-03-31.")
@click.option("-q", "--queue", default="", help="One queue only.")
def totals(file: Path, as_json: bool, day: str, queue: str) -> None:
    """Show the control totals of each queue and day.

    For each day, brought forward + accepted = delivered + expired + cancelled + dead + in doubt +
    still here. Days are UTC and kept for 400 days. Where a day does not balance, a sentence says so,
    and the exit status is 1.
    """
    with looking(load(file)) as inspection:
        found = inspection.totals(day, queue)
    if as_json:
        render.as_json([asdict(one) for one in found])
    else:
        render.table(_HEADS, [tuple(asdict(one).values())[:-1] for one in found], right=_HEADS[2:])
    for one in found:
        if one.problem:
            click.echo(f"jmswrap: {one.queue} on {one.day} does not balance: {one.problem}.", err=True)
    if any(one.problem for one in found):
        raise click.exceptions.Exit(1)
