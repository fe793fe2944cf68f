"""``jmswrap new``: a shipped integration, to edit."""

import shlex
from pathlib import Path

import click

from jmswrap.app import shipped
from jmswrap.cli import render


@click.command()
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
def new(name: str, folder: Path) -> None:
    """Copy the shipped integration NAME (ccb_mdm) into a new FOLDER."""
    file = shipped.copy(name, folder)
    place = render.place(file)
    click.echo(f"{place}: edit it, then  jmswrap check -c {shlex.quote(place)}")
