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
@click.option(
    "--port",
    "ports",
    multiple=True,
    metavar="PORT",
    help="The WSDL port to wrap, as PORT or SERVICE/PORT, when there are several; again for another beside it.",
)
@click.option("--all", "every", is_flag=True, help="Wrap every port that has operations of its own, each as a service.")
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
    ports: tuple[str, ...],
    every: bool,
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
    if every and ports:
        raise click.UsageError("--all is every port, --port are some: give one of them.")
    folder = folder or Path(name or Path(wsdl.partition("?")[0]).stem)
    catalog = None if catalog_file is None else wellknown.catalog(catalog_file)
    made = contract_wrap.wrap(wsdl, folder, service, ports, name, allow, catalog, force, answer, every)
    if as_json:
        whole = {"operations": made.operations, "ports": made.ports, "settings": str(made.settings)}
        render.as_json({**asdict(made), **whole})
        return
    for warning in made.warnings:
        click.echo(f"note: {warning}", err=True)
    settings = render.place(made.settings)
    for served in made.services:
        count = render.count(len(served.operations), "operation")
        click.echo(f"{settings}: {served.name}, {count} on {', '.join(served.ports)}")
    click.echo(f"Try it:  jmswrap up -c {shlex.quote(settings)} --simulate")
