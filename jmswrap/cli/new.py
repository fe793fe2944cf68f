"""``jmswrap new``: a shipped integration, to edit."""

import shlex
from pathlib import Path

import click

from jmswrap.app import shipped


@click.command()
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
def new(name: str, folder: Path) -> None:
    """Copy the shipped integration NAME (ccb_mdm) into a new FOLDER."""
    file = shipped.copy(name, folder)
    click.echo(f"{file}: edit it, then  jmswrap check -c {shlex.quote(str(file))}")
