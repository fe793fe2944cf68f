"""``jmswrap get``: take messages off a queue that no route reads."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from jmswrap import queues
from jmswrap.cli import options
from jmswrap.errors import ConfigError


@click.command()
@options.config
@options.as_json
@click.option("-n", "--count", type=click.IntRange(1), default=1, show_default=True, help="Messages to take at most.")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.FloatRange(0),
    default=0,
    metavar="S",
    help="Seconds to wait for each of them; without it only what is there is taken.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write each body to MESSAGE-ID.xml in this folder."
)
@click.argument("queue")
def get(file: Path, as_json: bool, count: int, wait_seconds: float, output: Path | None, queue: str) -> None:
    """Take messages off a QUEUE that no route and no bridge reads, in order per key.

    Without -o or --json the bodies go to standard output, a line each. A message is settled once it was written;
    what was not stays on the queue. Exit status 1 when there was none.
    """
    taken = 0
    with queues.connect(file) as site:
        for message in site.take(queue, wait_seconds):
            if output is not None:
                _write(output, message)
            if as_json:
                described = json.dumps(_plain(message, with_body=output is None), ensure_ascii=False)
                _print(("," if taken else "[").encode() + described.encode())
            elif output is not None:
                click.echo(output / f"{message.message_id}.xml")
            else:
                _print(message.body)
            message.done()
            taken += 1
            if taken == count:
                break
    if as_json:
        click.echo("]" if taken else "[]")
    if not taken:
        raise click.exceptions.Exit(1)


def _write(folder: Path, message: queues.Taken) -> None:
    """Have it on disk, whole, under its name before the message is settled."""
    partial = folder / f".{message.message_id}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as written:
            written.write(message.body)
            written.flush()
            os.fsync(written.fileno())
        partial.rename(folder / f"{message.message_id}.xml")
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        why = f"{folder} cannot be written: {error.strerror}; the message stays on its queue, name another folder"
        raise ConfigError(why) from error


def _print(line: bytes) -> None:
    """Have it out before the message is settled."""
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _plain(message: queues.Taken, with_body: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "message_id": message.message_id,
        "queue": message.queue,
        "key": message.key,
        "correlation_id": message.correlation_id,
        "source_id": message.source_id,
        "type": message.type,
        "reply_to": message.reply_to,
        "priority": message.priority,
        "accepted_ms": message.accepted_ms,
        "expires_ms": message.expires_ms,
        "delivery_count": message.delivery_count,
        "redelivered": message.redelivered,
        "properties": dict(message.properties),
    }
    return {**told, "body": message.body.decode("utf-8", "replace")} if with_body else told
