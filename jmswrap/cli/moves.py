"""``retry, cancel, bury, resolve, pause, resume``: a person's moves."""

from collections.abc import Callable
from pathlib import Path

import click

from jmswrap.app.connections import moving
from jmswrap.app.integration import load
from jmswrap.cli import options
from jmswrap.errors import IllegalMove, JmswrapError
from jmswrap.states import State

_reason = click.option("--reason", default="", help="Why, for whoever looks later.")
_ids = click.argument("message_ids", metavar="ID...", nargs=-1, required=True)


@click.command()
@options.config
@click.option("--stale-ok", is_flag=True, help="Even where a later message of its key was delivered.")
@_reason
@_ids
def retry(file: Path, stale_ok: bool, reason: str, message_ids: tuple[str, ...]) -> None:
    """Send DEAD messages again."""
    with moving(load(file)) as moves:
        _each(message_ids, lambda message: moves.replay(message, stale_ok, reason), "queued again")


@click.command()
@options.config
@_reason
@_ids
def cancel(file: Path, reason: str, message_ids: tuple[str, ...]) -> None:
    """End messages that wait; they are never delivered."""
    with moving(load(file)) as moves:
        _each(message_ids, lambda message: moves.cancel(message, reason), "cancelled")


@click.command()
@options.config
@_reason
@_ids
def bury(file: Path, reason: str, message_ids: tuple[str, ...]) -> None:
    """End DEAD messages for good; later ones of their keys go on."""
    with moving(load(file)) as moves:
        _each(message_ids, lambda message: moves.bury(message, reason), "buried")


@click.command()
@options.config
@click.option(
    "--to",
    type=click.Choice(["QUEUED", "DELIVERED", "DEAD"], case_sensitive=False),
    required=True,
    help="QUEUED: send it again; DELIVERED: it had arrived; DEAD: it had not, and is not to be sent.",
)
@_reason
@_ids
def resolve(file: Path, to: str, reason: str, message_ids: tuple[str, ...]) -> None:
    """Decide messages that may or may not have arrived (IN_DOUBT)."""
    with moving(load(file)) as moves:
        _each(message_ids, lambda message: moves.resolve(message, State(to.upper()), reason), f"now {to.upper()}")


@click.command()
@options.config
@click.option("-q", "--queue", default="", help="Hold deliveries of this queue.")
@click.option("-p", "--partner", default="", help="Hold deliveries to this partner.")
@_reason
def pause(file: Path, queue: str, partner: str, reason: str) -> None:
    """Hold deliveries of a queue or to a partner; accepting goes on."""
    with moving(load(file)) as moves:
        moves.pause(queue, partner, reason)
    click.echo(f"{queue or partner}: paused")


@click.command()
@options.config
@click.option("-q", "--queue", default="", help="Let this queue go on.")
@click.option("-p", "--partner", default="", help="Let deliveries to this partner go on.")
def resume(file: Path, queue: str, partner: str) -> None:
    """End a pause."""
    with moving(load(file)) as moves:
        moves.resume(queue, partner)
    click.echo(f"{queue or partner}: going on")


def _each(message_ids: tuple[str, ...], move: Callable[[str], None], done: str) -> None:
    """Move each message; those that cannot be moved are told, the others are moved all the same."""
    failures: list[JmswrapError] = []
    for message_id in message_ids:
        try:
            move(message_id)
        except IllegalMove as error:
            failures.append(error)
        else:
            click.echo(f"{message_id}: {done}")
    if failures:
        raise IllegalMove("\n".join(str(error) for error in failures))
