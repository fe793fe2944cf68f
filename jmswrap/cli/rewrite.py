"""``edit`` and ``move``: another message in the place of one, which ends and stays to be looked at."""

from pathlib import Path

import click

from jmswrap.app.connections import moving
from jmswrap.app.integration import load
from jmswrap.app.sending import Replacements
from jmswrap.cli import options
from jmswrap.cli.selection import Selection, selecting
from jmswrap.cli.send import content, sentence
from jmswrap.errors import IllegalMove, Refused
from jmswrap.states import State

_reason = click.option("--reason", default="", help="Why, for whoever looks later.")
_stale_ok = click.option("--stale-ok", is_flag=True, help="Even where a later message of its key was delivered.")


@click.command()
@options.config
@_stale_ok
@_reason
@click.argument("message_id", metavar="ID")
@click.argument("document", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
def edit(file: Path, stale_ok: bool, reason: str, message_id: str, document: Path) -> None:
    """Send FILE in the place of a message that was not delivered; - is standard input.

    The file is validated as `jmswrap send` does. The message ends as CANCELLED and names the new
    one, which takes its place in the order of its key.
    """
    integration = load(file)
    with moving(integration) as moves:
        old = moves.message(message_id)
        answered = moves.answered(message_id)
        try:
            new = Replacements(integration).message(old, old.queue, content(document))
        except Refused as error:
            raise IllegalMove(f"{document}: {sentence(error)}") from error
        new_id = moves.replace(message_id, new, reason, stale_ok)
    click.echo(f"{message_id}: replaced by {new_id}")
    if answered:
        click.echo(
            f"warning: the sender of {message_id} has had a negative answer; {new_id} is answered anew.",
            err=True,
        )


@click.command()
@options.config
@click.option("--to", "target", required=True, metavar="QUEUE", help="The queue they are to wait on.")
@_reason
@selecting(State.DEAD)
def move(file: Path, target: str, reason: str, selection: Selection) -> None:
    """Move messages that were not delivered to another queue. --all means those that are DEAD.

    They are validated for the route that consumes the queue. Each ends here as CANCELLED and names
    the new one there.
    """
    integration = load(file)
    replacements = Replacements(integration)
    replacements.must_know(target)
    with moving(integration) as moves:

        def move_one(message_id: str) -> None:
            old = moves.message(message_id)
            if old.queue == target and old.route in integration.config.routes:
                raise IllegalMove(f"Message {message_id} is on queue {target}: use `jmswrap retry` or `jmswrap edit`.")
            try:
                new = replacements.message(old, target)
            except Refused as error:
                raise IllegalMove(f"Message {message_id} does not fit queue {target}: {sentence(error)}") from error
            moves.replace(message_id, new, reason)

        selection.move(moves, move_one, f"moved to {target}")
