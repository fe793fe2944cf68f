"""``jmswrap drift``: whether partners' contracts are still what was pinned."""

from dataclasses import asdict
from pathlib import Path

import click

from jmswrap.app import drift as app_drift
from jmswrap.app.integration import load
from jmswrap.cli import options, render


@click.command()
@options.config
@click.argument("partner", required=False, default="")
@click.option("--from", "source", default="", metavar="WSDL", help="Today's WSDL, a file or an address.")
@options.allow
@options.as_json
def drift(file: Path, partner: str, source: str, allow: tuple[str, ...], as_json: bool) -> None:
    """Compare pinned contracts with what partners publish today.

    Asks each partner's address with ?wsdl, or reads what --from names. Each difference is breaking (a call that is
    right by the pinned contract may fail, or a reply may lack something) or not. Exit status 1 when one is breaking
    or a partner could not be asked.
    """
    found = list(app_drift.drifted(load(file), partner, source, allow))
    if as_json:
        render.as_json([asdict(one) for one in found])
    else:
        for one in found:
            _say(one)
    if any(one.breaking for one in found):
        raise click.exceptions.Exit(1)


def _say(one: app_drift.Drifted) -> None:
    if one.problem:
        click.echo(f"{one.partner}: not compared: {one.problem}")
        return
    for difference in one.differences:
        click.echo(f"{one.partner}: {difference}")
    count = sum(d.breaking for d in one.differences)
    others = len(one.differences) - count
    click.echo(f"{one.partner}: {count} breaking, {others} not breaking, compared with {one.source}.")
