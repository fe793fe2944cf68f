"""``jmswrap import-oracle``: an integration folder from a customer's files of the vendor's integration."""

from dataclasses import asdict
from pathlib import Path

import click

from jmswrap.app.oracle_import import imported
from jmswrap.cli import options, render


@click.command(name="import-oracle")
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path))
@options.output("DIR-jmswrap")
@click.option("--name", default="", help="Name of the integration; default: that of DIR.")
@options.as_json
def import_oracle(source: Path, folder: Path | None, name: str, as_json: bool) -> None:
    """Make an integration from Oracle SOA files: .xsl, .dvm, .xref, properties, fault policies, WSDLs.

    DIR is searched with all that is below it; nothing in it is changed. Says what was taken, what
    was not and why, and what `jmswrap check` finds in the result. Exit status 1 when it finds a problem.
    """
    made = imported(source, folder or Path(name or source.resolve().name + "-jmswrap"), name)
    if as_json:
        left = [asdict(one) for one in made.left]
        render.as_json({"settings": str(made.file), "taken": made.taken, "left": left, "problems": made.problems})
    else:
        for sentence in made.taken:
            click.echo(f"taken: {sentence}")
        for one in made.left:
            click.echo(f"not taken: {one.what}: {one.why}")
        for problem in made.problems:
            click.echo(problem, err=True)
        click.echo(f"{made.file}: {'has problems, see above' if made.problems else 'is right'}.")
    if made.problems:
        raise click.exceptions.Exit(1)
