"""Which messages a person's move is for: ids, or all that fit a filter, at a rate.

A filter's move can be stopped with Ctrl-C between two messages; the rest stay as they are.
"""

import functools
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from jmswrap.cli import render
from jmswrap.cli.since import OfState, Span
from jmswrap.errors import IllegalMove
from jmswrap.message import Record
from jmswrap.operate.many import MOST, Choice, Moved, move_each
from jmswrap.operate.moves import Moves
from jmswrap.states import State


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line chose."""

    ids: tuple[str, ...]
    choice: Choice | None
    """None when ids were given."""
    rate_per_second: float

    def move(self, moves: Moves, move: Callable[[str], None], done: str) -> None:
        """Move the messages and say what became of them; IllegalMove when some could not be moved."""
        if self.choice is None:
            _move_ids(self.ids, move, done)
            return
        records = moves.chosen(self.choice)
        moved = _move_chosen(records, move, self.rate_per_second)
        click.echo(
            f"{render.count(moved.done, 'message')} {done}"
            + (f", {moved.left} left as they were" if moved.left else "")
        )
        if len(records) >= MOST:
            click.echo(f"At most {MOST} are moved at once: give the same command again for others that fit.")
        if moved.refused:
            raise IllegalMove("\n".join(moved.refused))


def selecting(state: State) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ids and filter to a verb that moves messages of a state; the verb gets ``selection``."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def verb(**given: Any) -> Any:
            return function(selection=_selection(state, given), **given)

        for add in reversed(_OPTIONS):
            verb = add(verb)
        return verb

    return decorate


_OPTIONS = (
    click.option("--all", "everything", is_flag=True, help="All messages that fit, instead of IDs."),
    click.option("-q", "--queue", default="", help="With --all: of this queue."),
    click.option("-s", "--state", type=OfState(), help="With --all: in this state instead."),
    click.option("-k", "--key", default="", help="With --all: of this key."),
    click.option("-r", "--route", default="", help="With --all: of this route."),
    click.option("--reason-has", default="", metavar="TEXT", help="With --all: whose reason holds this text."),
    click.option(
        "--older-than", type=Span(), default=0, help="With --all: accepted so long ago: 90 (seconds), 90min, 12h, 2d."
    ),
    click.option("--rate", type=click.FloatRange(0), default=0, metavar="N", help="With --all: at most N a second."),
    click.argument("message_ids", metavar="[ID...]", nargs=-1),
)


def _selection(state: State, given: dict[str, Any]) -> Selection:
    ids, everything, rate = given.pop("message_ids"), given.pop("everything"), given.pop("rate")
    words = {name: given.pop(name) for name in ("queue", "route", "key", "reason_has")}
    older_than, asked = given.pop("older_than"), given.pop("state")
    if bool(ids) == everything:
        raise click.UsageError("Name messages by their IDs, or say --all (with -q, -r, -k, … to choose among them).")
    if ids and (rate or older_than or asked or any(words.values())):
        raise click.UsageError("-q, --state, --route, --key, --reason-has, --older-than and --rate go with --all.")
    choice = None if ids else Choice(asked or state, at_least_ms_old=int(older_than * 1000), **words)
    return Selection(ids, choice, rate)


def _move_ids(ids: tuple[str, ...], move: Callable[[str], None], done: str) -> None:
    failures = []
    for message_id in ids:
        try:
            move(message_id)
        except IllegalMove as error:
            failures.append(str(error))
        else:
            click.echo(f"{message_id}: {done}")
    if failures:
        raise IllegalMove("\n".join(failures))


def _move_chosen(records: Sequence[Record], move: Callable[[str], None], rate_per_second: float) -> Moved:
    silent = not (sys.stderr.isatty() and len(records) > 1)
    with _stopped_by_ctrl_c() as stopping, Progress(console=Console(stderr=True), disable=silent) as progress:
        task = progress.add_task("moving", total=len(records))

        def told(moved: Moved) -> None:
            progress.update(task, completed=len(records) - moved.left)

        return move_each(records, move, rate_per_second, stopping, told)


@contextmanager
def _stopped_by_ctrl_c() -> Iterator[Callable[[], bool]]:
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: asked.append(number))
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)
