"""``jmswrap simulate``: a partner application from its WSDL."""

import asyncio
from pathlib import Path
from typing import TextIO

import click

from jmswrap.cli import options, render
from jmswrap.errors import ConfigError
from jmswrap.testing.host import Hosted, Running, listen, prepare, until_stopped
from jmswrap.testing.partner import Behaviour


@click.command()
@click.argument("wsdl", type=click.Path(path_type=Path))
@click.option("--service", default="", help="The WSDL service, when the file has several.")
@click.option("--wsdl-port", default="", help="The WSDL port, when the service has several.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port to listen on; 0 takes a free one."
)
@click.option("--ledger", type=click.Path(path_type=Path), help="File that gets a JSON line for each message applied.")
@click.option(
    "--latency", "latency_ms", type=click.FloatRange(0), default=0, metavar="MS", help="Milliseconds each answer takes."
)
@click.option(
    "--faults", type=click.FloatRange(0, 1), default=0, metavar="SHARE", help="Share of calls that fail, unapplied."
)
@click.option(
    "--lost",
    type=click.FloatRange(0, 1),
    default=0,
    metavar="SHARE",
    help="Share of calls that are applied, unanswered.",
)
@click.option("--seed", type=int, default=0, metavar="N", help="Makes chance and sample replies repeatable.")
@click.option("--reject", "rejects", default="", metavar="XPATH", help="Bodies it is true for get a business fault.")
@click.option(
    "--rejection",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="With --reject: the fault's detail element; default: a sample of the declared one.",
)
@click.option(
    "--down-after", type=click.IntRange(0), default=0, metavar="N", help="Go away once, after this many messages."
)
@click.option(
    "--down-seconds", type=click.FloatRange(0), default=3, show_default=True, metavar="N", help="For how long."
)
@click.option("--value", "values", multiple=True, metavar="NAME=XPATH", help="Note a value of the body in the ledger.")
@click.option("--namespace", "namespaces", multiple=True, metavar="PREFIX=URI", help="A prefix for the XPaths.")
@click.option(
    "--scenario",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="YAML of what goes wrong when, and of whom to let in: docs/simulate.md.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the address as JSON.")
def simulate(
    wsdl: Path,
    service: str,
    wsdl_port: str,
    port: int,
    ledger: Path | None,
    as_json: bool,
    values: tuple[str, ...],
    namespaces: tuple[str, ...],
    rejection: TextIO | None,
    scenario: Path | None,
    **behaviour: float | str,
) -> None:
    """Be the partner application that a WSDL describes.

    Every request is validated against the schemas; an applied message becomes a line in
    the ledger before it is answered with a valid sample of the reply. Stop it with Ctrl-C.
    """
    acting = Behaviour(
        **behaviour,  # type: ignore[arg-type]
        values=options.pairs(values),
        namespaces=options.pairs(namespaces),
        rejection=rejection.read() if rejection else "",
    )
    hosted = Hosted(wsdl.stem, str(wsdl), service, wsdl_port, port, str(ledger or ""), acting, str(scenario or ""))
    if not wsdl.is_file():
        raise ConfigError(f"there is no file {wsdl}: name a WSDL")
    asyncio.run(_run(prepare([hosted])[0], as_json))


async def _run(running: Running, as_json: bool) -> None:
    await listen([running])
    names = [operation.name for operation in running.partner.port.usable]
    if as_json:
        said = {"address": running.address, "contract": f"{running.address}?wsdl"}
        render.as_json({**said, "operations": names, "ledger": running.hosted.ledger})
    else:
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        click.echo(f"{running.hosted.name} listens at {running.address}\nIt takes: {shown}")
        click.echo(f"Its contract is at {running.address}?wsdl")
        if running.hosted.ledger:
            click.echo(f"What it applies is written to {running.hosted.ledger}")
    await until_stopped([running])
