"""``jmswrap erase``: what one customer's messages carried is blanked."""

from dataclasses import asdict
from pathlib import Path

import click

from jmswrap.app.connections import moving
from jmswrap.app.integration import load
from jmswrap.cli import options, render
from jmswrap.errors import IllegalMove


@click.command()
@options.config
@options.as_json
@click.option("-q", "--queue", default="", help="On one queue only.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("key")
def erase(file: Path, as_json: bool, queue: str, yes: bool, key: str) -> None:
    """Blank what the settled messages of KEY carried, here and in the history.

    Bodies, headers, properties, replies and sentences go; that there were messages, when, and
    what became of them stays. Refused while a message of the key still moves. The store's own
    log file and backups hold the bodies until they are rewritten.
    """
    integration = load(file)
    if not yes:
        _ask(key)
    with moving(integration) as moves:
        erased = moves.erase(key, queue)
    if as_json:
        render.as_json(asdict(erased))
    else:
        here = render.count(erased.in_store, "message")
        click.echo(f"{key}: {here} blanked in the store, {erased.in_history} in the history")


def _ask(key: str) -> None:
    """Have a person confirm; IllegalMove when it was not confirmed, or when nobody is there to ask."""
    question = f"Blank everything that settled messages of key {key} carried? It cannot be undone"
    try:
        confirmed = click.confirm(question, err=True)
    except click.Abort as error:
        click.echo(err=True)
        raise IllegalMove("Nothing was blanked, because nobody answered: say --yes where nobody can.") from error
    if not confirmed:
        raise IllegalMove("Nothing was blanked.")
