"""``jmswrap rekey``: everything stored comes under the key that encrypts now."""

from dataclasses import asdict
from pathlib import Path

import click

from jmswrap.app import stored
from jmswrap.app.integration import load
from jmswrap.cli import options, render
from jmswrap.operate.rekeying import Progress


@click.command()
@options.config
@options.as_json
def rekey(file: Path, as_json: bool) -> None:
    """Encrypt what is stored anew, with the first of store.encryption.keys.

    Bodies and replies in the store and in the history; without keys they become plain again.
    Workers and gateways go on beside it: restart them with the new first key before, because
    they encrypt with the key they started with. It may be stopped and begun again. When
    nothing is left under a key, remove it. Exit status 1 while something is left.
    """
    integration = load(file)

    def say(progress: Progress) -> None:
        click.echo(f"{progress.where}: {progress.resealed} of {render.count(progress.looked_at, 'message')}", err=True)

    done = stored.rekey(integration, say)
    if as_json:
        render.as_json(asdict(done))
    else:
        click.echo(
            f"{render.count(done.in_store, 'message')} encrypted anew in the store, {done.in_history} in the history"
        )
        for key, count in sorted(done.left.items()):
            name = f"under key {key}" if key else "plain"
            why = ", which is not in store.encryption.keys" if done.closed.get(key) else ": run `jmswrap rekey` again"
            are = f"{render.count(count, 'message')} {'is' if count == 1 else 'are'}"
            click.echo(f"jmswrap: {are} still {name}{why}", err=True)
    if done.left:
        raise click.exceptions.Exit(1)
