"""``jmswrap send``: put messages on a route from files."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from jmswrap.app.connections import moving
from jmswrap.app.integration import load
from jmswrap.app.sending import Sender
from jmswrap.cli import options, render
from jmswrap.errors import ConfigError, InvalidDocument, JmswrapError, Refused
from jmswrap.message import Message, Receipt
from jmswrap.operate.moves import Moves

BATCH = 64
"""Messages that share a round trip and an fsync."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a file."""

    file: Path
    outcome: Receipt | JmswrapError

    def plain(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        if isinstance(self.outcome, Receipt):
            return {
                "file": str(self.file),
                "message_id": self.outcome.message_id,
                "status": str(self.outcome.status),
                "correlation_id": self.outcome.correlation_id,
            }
        return {"file": str(self.file), "error": sentence(self.outcome), "code": self.outcome.code}


@click.command()
@options.config
@options.as_json
@options.properties
@click.argument("route")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
def send(file: Path, as_json: bool, properties: tuple[str, ...], route: str, files: tuple[Path, ...]) -> None:
    """Put messages on a ROUTE, one FILE each; - is standard input.

    A file holds the body element, or a SOAP envelope. It is validated as at the route's
    own door. Exit status 1 when a file was refused; the others are put all the same.
    """
    pairs = options.pairs(properties)
    integration = load(file)
    sender = Sender(integration, route)
    sent: list[Sent] = []
    with moving(integration) as moves, Progress(console=Console(stderr=True), disable=not _worth(files)) as progress:
        task = progress.add_task("sending", total=len(files))
        for begin in range(0, len(files), BATCH):
            batch = files[begin : begin + BATCH]
            sent += put_files(moves, batch, lambda document: sender.message(document, pairs))
            progress.advance(task, len(batch))
    tell(sent, as_json)


def _worth(files: Sequence[Path]) -> bool:
    return len(files) > 1 and sys.stderr.isatty()


def put_files(moves: Moves, files: Sequence[Path], message_of: Callable[[bytes], Message]) -> list[Sent]:
    """Put the messages that files make, those that can be made, and say what became of each."""
    made: list[tuple[Path, Message]] = []
    sent: list[Sent] = []
    for file in files:
        try:
            made.append((file, message_of(content(file))))
        except Refused as error:
            sent.append(Sent(file, error))
    outcomes = moves.put([message for _, message in made]) if made else []
    return sent + [Sent(file, outcome) for (file, _), outcome in zip(made, outcomes, strict=True)]


def content(file: Path) -> bytes:
    """Return a file's bytes, or those of standard input for ``-``."""
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}; name a file") from error


def tell(sent: Sequence[Sent], as_json: bool) -> None:
    """Print what became of files; exit status 1 when one was not put."""
    _print(sent, as_json)
    if any(isinstance(one.outcome, JmswrapError) for one in sent):
        raise click.exceptions.Exit(1)


def _print(sent: Sequence[Sent], as_json: bool) -> None:
    if as_json:
        render.as_json([one.plain() for one in sent])
        return
    for one in sent:
        if isinstance(one.outcome, Receipt):
            click.echo(f"{one.file}: {one.outcome.message_id} {one.outcome.status}")
        else:
            click.echo(f"jmswrap: {one.file}: {sentence(one.outcome)}", err=True)


def sentence(error: JmswrapError) -> str:
    """Return what an error says, with the line of the document where it knows one."""
    line = error.line if isinstance(error, InvalidDocument) else 0
    return f"line {line}: {error}" if line else str(error)
