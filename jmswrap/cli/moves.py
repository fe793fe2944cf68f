"""``retry, cancel, bury, resolve, skip, pause, resume``: a person's moves."""

from collections.abc import Sequence
from pathlib import Path

import click

from jmswrap.app.connections import moving
from jmswrap.app.integration import load
from jmswrap.cli import options
from jmswrap.cli.selection import Selection, selecting
from jmswrap.states import State

_NAMED = 5
"""Messages that a warning names; it counts the others."""

_reason = click.option("--reason", default="", help="Why; shown with the state until that changes.")


@click.command()
@options.config
@click.option("--stale-ok", is_flag=True, help="Even where a later message of its key was delivered.")
@_reason
@selecting(State.DEAD)
def retry(file: Path, stale_ok: bool, reason: str, selection: Selection) -> None:
    """Send DEAD messages again: some by their IDs, or --all that fit.

    A message is refused when a later one of its key was delivered meanwhile, because the older would
    overwrite it; --stale-ok sends it all the same. To send a corrected body, see `edit`.
    """
    answered: list[str] = []

    def replay(message_id: str) -> None:
        told = moves.answered(message_id)
        moves.replay(message_id, stale_ok, reason)
        if told:
            answered.append(message_id)

    with moving(load(file)) as moves:
        try:
            selection.move(moves, replay, "queued again")
        finally:
            warn_of_answers(answered)


@click.command()
@options.config
@_reason
@selecting(State.QUEUED)
def cancel(file: Path, reason: str, selection: Selection) -> None:
    """End messages that wait; they are never delivered. --all means those that are QUEUED."""
    with moving(load(file)) as moves:
        selection.move(moves, lambda message: moves.cancel(message, reason), "cancelled")


@click.command()
@options.config
@_reason
@selecting(State.DEAD)
def bury(file: Path, reason: str, selection: Selection) -> None:
    """End DEAD messages for good; later ones of their keys go on.

    They become CANCELLED and can still be seen, with their bodies and attempts.
    """
    with moving(load(file)) as moves:
        selection.move(moves, lambda message: moves.bury(message, reason), "buried")


@click.command()
@options.config
@click.option(
    "--to",
    type=click.Choice(["QUEUED", "ANSWERED", "DELIVERED", "DEAD"], case_sensitive=False),
    required=True,
    help="QUEUED: send it again; ANSWERED: read the partner's answer, which was kept, again and send nothing; "
    "DELIVERED: it had arrived; DEAD: it had not, and is not to be sent.",
)
@click.option("--stale-ok", is_flag=True, help="QUEUED even where a later message of its key was delivered.")
@_reason
@selecting(State.IN_DOUBT)
def resolve(file: Path, to: str, stale_ok: bool, reason: str, selection: Selection) -> None:
    """Decide messages that may or may not have arrived (IN_DOUBT).

    Ask the partner first whether it has them: what is said here is taken for true.
    """
    with moving(load(file)) as moves:
        if to == "ANSWERED":
            selection.move(moves, lambda message: moves.read_again(message, reason), "now QUEUED: the answer is read")
            return
        state = State(to)
        selection.move(moves, lambda message: moves.resolve(message, state, reason, stale_ok), f"now {state}")


@click.command()
@options.config
@_reason
@click.option("--id", "message_id", default="", metavar="ID", help="Send on this message, which waits for other keys.")
@click.argument("queue", metavar="[QUEUE KEY]", required=False)
@click.argument("key", metavar="", required=False)
def skip(file: Path, reason: str, message_id: str, queue: str | None, key: str | None) -> None:
    """Let the messages of a KEY pass the one that holds them up.

    It stays for a person: DEAD and IN_DOUBT as they are, WAITING becomes DEAD. One that waits for keys of
    other routes goes on without them; such a message may also be named by its --id.
    """
    if bool(message_id) == bool(queue and key):
        raise click.UsageError("Name either a QUEUE and a KEY, or a message by --id.")
    with moving(load(file)) as moves:
        skipped = moves.send_on(message_id, reason) if message_id else moves.skip(queue or "", key or "", reason)
    click.echo(skipped)


@click.command()
@options.config
@click.option("-q", "--queue", default="", help="Hold deliveries of this queue.")
@click.option("-p", "--partner", default="", help="Hold deliveries to this partner.")
@click.option("-r", "--route", default="", help="Hold deliveries of this route; others on its queue go on.")
@_reason
def pause(file: Path, queue: str, partner: str, route: str, reason: str) -> None:
    """Hold deliveries of a queue, to a partner or of a route; accepting goes on.

    Calls under way are finished. A pause survives restarts and lasts until `resume`.
    """
    _one_of(queue, partner, route)
    with moving(load(file)) as moves:
        moves.pause(queue, partner, reason, route)
    click.echo(f"{queue or partner or route}: paused")


@click.command()
@options.config
@click.option("-q", "--queue", default="", help="Let this queue go on.")
@click.option("-p", "--partner", default="", help="Let deliveries to this partner go on.")
@click.option("-r", "--route", default="", help="Let this route go on.")
def resume(file: Path, queue: str, partner: str, route: str) -> None:
    """End a pause."""
    _one_of(queue, partner, route)
    with moving(load(file)) as moves:
        moves.resume(queue, partner, route)
    click.echo(f"{queue or partner or route}: going on")


def warn_of_answers(message_ids: Sequence[str]) -> None:
    """Warn that the senders of messages that go again were told that they would not."""
    if not message_ids:
        return
    more = f" and {len(message_ids) - _NAMED} more" if len(message_ids) > _NAMED else ""
    click.echo(
        f"warning: {', '.join(message_ids[:_NAMED])}{more}: the sender has had a negative answer. No second one "
        "is sent; but if the partner takes the message now, an answer of the partner's own contradicts the first.",
        err=True,
    )


def _one_of(queue: str, partner: str, route: str) -> None:
    if sum(map(bool, (queue, partner, route))) != 1:
        raise click.UsageError("Name one: a queue (-q), a partner (-p) or a route (-r).", click.get_current_context())
