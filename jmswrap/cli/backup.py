"""``backup``, ``restore``, ``restored``: a copy of everything, and its way back."""

import shlex
from dataclasses import asdict
from pathlib import Path

import click

from jmswrap.app import backups
from jmswrap.app.integration import load
from jmswrap.app.stores import data_folder
from jmswrap.cli import options, render
from jmswrap.operate.restoring import Restored


@click.command()
@options.config
@options.as_json
@click.option(
    "--rdb",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A snapshot made just now of a store on another machine: `valkey-cli -u URL --rdb FILE`.",
)
@click.argument("folder", type=click.Path(path_type=Path))
def backup(file: Path, as_json: bool, rdb: Path | None, folder: Path) -> None:
    """Copy the store, the history and the cross-references into a new FOLDER while everything works.

    What is in PostgreSQL is not copied: back it up after this. The integration's own
    folder and its secrets are not part of it either.
    """
    made = backups.back_up(load(file), folder.absolute(), rdb)
    if as_json:
        render.as_json(asdict(made))
        return
    unsettled = sum(n for counts in made.messages.values() for n in counts.values())
    click.echo(f"{folder}: backup {made.backup} of {made.made}, {render.count(unsettled, 'message')} in the store")
    click.echo(f"history: {made.history}; cross-references: {made.cross_references}")


@click.command()
@options.config
@click.option("--data", type=click.Path(path_type=Path), help="Data folder to fill instead of the configured one.")
@click.argument("folder", type=click.Path(path_type=Path))
def restore(file: Path, data: Path | None, folder: Path) -> None:
    """Put a backup from FOLDER into a data folder that has no store.

    A history, or cross-references, that are there already are newer than the backup's, and are
    kept. Then start with `jmswrap up --restored`.
    """
    integration = load(file)
    place = (data or data_folder(integration)).absolute()
    made = backups.restore(integration, folder.absolute(), place)
    click.echo(f"{place}: holds backup {made.backup} of {made.made}")
    where = f" --data {shlex.quote(render.place(place))}" if data else ""
    click.echo(f"next: jmswrap up -c {shlex.quote(render.place(integration.file))}{where} --restored")


@click.command()
@options.config
@options.as_json
@click.option(
    "--copy", "by_hand", is_flag=True, help="The store is a copy although it was not made by `jmswrap backup`."
)
def restored(file: Path, as_json: bool, by_hand: bool) -> None:
    """Deal with a store that was restored, before `serve` and `work` are started.

    Pauses every queue; settles what the history knows to be settled; leaves the rest to its
    routes: in doubt, or sent again with the redelivered mark. `up --restored` does the same.
    """
    done = backups.deal_with(load(file), by_hand=by_hand)
    if as_json:
        render.as_json(None if done is None else asdict(done))
    else:
        click.echo(said(done))


def said(done: Restored | None) -> str:
    """Return what was done about a restored store, and what is to be done next."""
    if done is None:
        return "restored: nothing to do, the store is no copy, or was dealt with before"
    lines = [
        f"restored from backup {done.backup}; paused: {', '.join(done.queues)}",
        f"  {done.settled:>7} settled since the backup, as the history says",
        f"  {done.in_doubt:>7} may have been delivered since: in doubt, or dead as before"
        + (f" ({done.asked} of them: their partner is asked after the resume)" if done.asked else ""),
        f"  {done.marked:>7} will be sent again with the redelivered mark",
        f"  {done.untouched:>7} were not due since",
        "next: jmswrap messages -s IN_DOUBT, jmswrap resolve …, then for each queue: jmswrap resume -q QUEUE",
        "      what was accepted after the backup is not known here: callers without an answer send it again",
    ]
    return "\n".join(lines)
