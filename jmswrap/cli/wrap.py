"""``jmswrap wrap``: from a partner's WSDL to an integration folder."""

import shlex
from dataclasses import asdict
from pathlib import Path

import click

from jmswrap.cli import options, render
from jmswrap.config.route_settings import AnswerStyle
from jmswrap.contract import wellknown
from jmswrap.contract import wrap as contract_wrap


@click.command()
@click.argument("wsdl")
@options.output("like the file")
@click.option("--service", default="", help="The WSDL service to wrap, when there are several.")
@click.option("--port", default="", help="The WSDL port to wrap, when there are several.")
@click.option("--name", default="", help="Name of the integration; default: the WSDL service's.")
@options.imports
@click.option(
    "--answer",
    type=click.Choice([str(style) for style in AnswerStyle]),
    default="receipt",
    show_default=True,
    help="What callers get; see docs/answers.md.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Replace what an earlier wrap made in the folder; its jmswrap.yaml becomes jmswrap.yaml.before.",
)
@options.as_json
def wrap(
    wsdl: str,
    folder: Path | None,
    service: str,
    port: str,
    name: str,
    allow: tuple[str, ...],
    catalog_file: Path | None,
    answer: str,
    force: bool,
    as_json: bool,
) -> None:
    """Make an integration from a partner's WSDL.

    WSDL is a file or an http(s) address. Pins it with all it imports, derives the asynchronous WSDL that clients see
    (same operations, same types, a receipt as answer), writes samples and jmswrap.yaml.
    Of an address only its own host is asked, and those that --allow names.
    """
    folder = folder or Path(name or Path(wsdl.partition("?")[0]).stem)
    catalog = None if catalog_file is None else wellknown.catalog(catalog_file)
    made = contract_wrap.wrap(wsdl, folder, service, port, name, allow, catalog, force, answer)
    if as_json:
        render.as_json({**asdict(made), "settings": str(made.settings)})
        return
    for warning in made.warnings:
        click.echo(f"note: {warning}", err=True)
    count = len(made.operations)
    settings = render.place(made.settings)
    click.echo(f"{settings}: {made.name}, {render.count(count, 'operation')} on {', '.join(made.ports)}")
    click.echo(f"Try it:  jmswrap up -c {shlex.quote(settings)} --simulate")
