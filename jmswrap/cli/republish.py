"""``jmswrap republish``: the published contract of a service, written anew."""

from pathlib import Path

import click

from jmswrap.app import republish as app_republish
from jmswrap.cli import options, render


@click.command()
@click.argument("service", default="")
@options.config
@options.as_json
def republish(service: str, file: Path, as_json: bool) -> None:
    """Write the WSDL that clients see anew, after `answer` of a route was changed.

    SERVICE is a service that `wrap` derived from its partner's contract; none: all of them.
    """
    written = app_republish.republish(file, service)
    if as_json:
        render.as_json([str(path) for path in written])
        return
    for path in written:
        click.echo(str(path))
