"""``jmswrap put``: put messages on a queue from files."""

from pathlib import Path

import click

from jmswrap.app.applications import Heading, Putter
from jmswrap.app.connections import moving
from jmswrap.app.integration import load
from jmswrap.cli import options
from jmswrap.cli.send import BATCH, Sent, put_files, tell


@click.command()
@options.config
@options.as_json
@click.option("--key", default="", help="The key whose messages come in order (JMSXGroupID).")
@click.option("--id", "source_id", default="", help="The identity by which a repetition is found; for one FILE.")
@click.option("--correlation", "correlation_id", default="", help="The correlation id.")
@click.option("--type", "kind", default="", help="JMSType; without it the name of the body element.")
@click.option("--reply-to", default="", help="JMSReplyTo.")
@click.option("--priority", type=click.IntRange(0, 9), help="From 0 to 9; 4 is normal.")
@click.option("--delay", type=click.FloatRange(0), default=0, metavar="S", help="Not taken before so many seconds.")
@click.option("--expires", type=click.FloatRange(0), default=0, metavar="S", help="Expires after so many seconds.")
@options.properties
@click.argument("queue")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
def put(
    file: Path,
    as_json: bool,
    key: str,
    source_id: str,
    correlation_id: str,
    kind: str,
    reply_to: str,
    priority: int | None,
    delay: float,
    expires: float,
    properties: tuple[str, ...],
    queue: str,
    files: tuple[Path, ...],
) -> None:
    """Put messages on a QUEUE, one FILE each; - is standard input.

    A FILE holds XML. Where a route reads the queue, it is validated as at that route's own door. Exit
    status 1 when a file was refused; the others are put all the same.
    """
    if source_id and len(files) > 1:
        raise click.UsageError("--id names one message: give one FILE, or leave --id out")
    heading = Heading(
        key=key,
        source_id=source_id,
        correlation_id=correlation_id,
        type=kind,
        reply_to=reply_to,
        priority=priority,
        delay_ms=round(delay * 1000),
        time_to_live_ms=round(expires * 1000),
        properties=options.pairs(properties),
    )
    integration = load(file)
    putter = Putter(integration)
    sent: list[Sent] = []
    with moving(integration) as moves:
        for begin in range(0, len(files), BATCH):
            sent += put_files(moves, files[begin : begin + BATCH], lambda body: putter.message(queue, body, heading))
    tell(sent, as_json)
