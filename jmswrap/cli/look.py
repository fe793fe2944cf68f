"""``queues``, ``messages``, ``show``: looking at what the store holds."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from jmswrap.app.health import examine
from jmswrap.app.integration import load
from jmswrap.app.looking import looking
from jmswrap.cli import options, render
from jmswrap.cli.since import OfState, Since
from jmswrap.history.nouns import Search
from jmswrap.inspect.views import MessageDetail, MessageView, QueueView, span
from jmswrap.states import State

_BLOCKED_SHOWN = 10
"""Blocked keys of a queue that are shown."""

_SEEN_IN_TABLE = ("oldest", "dead", "in-doubt", "paused", "full")

_COLUMNS = (State.QUEUED, State.SCHEDULED, State.IN_FLIGHT, State.WAITING, State.IN_DOUBT, State.DEAD, State.DELIVERED)


@click.command()
@options.config
@options.as_json
def queues(file: Path, as_json: bool) -> None:
    """Show every queue: what waits, what is under way, what failed.

    What is delivered counts until it leaves for the history, after history.after_seconds; what was
    delivered on each day is counted by `jmswrap totals`.
    """
    integration = load(file)
    with looking(integration) as inspection:
        found = inspection.queues()
    if as_json:
        render.as_json([asdict(view) for view in found])
        return
    heads = ("queue", *(str(state).lower() for state in _COLUMNS), "oldest", "workers", "backlog", "paused")
    render.table(heads, [_queue_row(view) for view in found], right=heads[1:-2])
    for view in found:
        if view.stranded:
            render.sentence(f"{view.name}: {view.stranded}")
        for one in view.blocked[:_BLOCKED_SHOWN]:
            why = f": {one.reason}" if one.reason else ""
            others = f", and {one.elsewhere} of other keys" if one.elsewhere else ""
            whom = f"for {one.message} ({one.state}{why}){others}"
            render.sentence(f"{view.name}: {one.waiting} wait on key {one.key} {whom}")
        for other in view.awaited[:_BLOCKED_SHOWN]:
            why = f" ({other.state}{': ' if other.reason else ''}{other.reason})" if other.message else ""
            whom = f"for {other.message}{why}" if other.message else "and will go on in a moment"
            render.sentence(f"{view.name}: {other.waiting} wait on key {other.key} of queue {other.queue} {whom}")
        more = max(len(view.blocked) - _BLOCKED_SHOWN, 0) + max(len(view.awaited) - _BLOCKED_SHOWN, 0)
        if more:
            click.echo(f"{view.name}: and {more} more keys, see --json")
    for cause in examine(integration):
        if cause.what not in _SEEN_IN_TABLE:
            render.sentence(f"alarm: {cause.sentence}")


@click.command()
@options.config
@options.as_json
@click.option("-q", "--queue", default="", help="Of one queue only.")
@click.option("-s", "--state", type=OfState(), help=f"In this state only: {', '.join(State)}.")
@click.option("-k", "--key", default="", help="Of one business key only.")
@click.option("-r", "--route", default="", help="Of one route only.")
@click.option("--source-id", default="", help="With the identity that its caller gave.")
@click.option("--correlation-id", default="", help="With this correlation id.")
@click.option("--since", type=Since(), default=0, help="Accepted since: 2026-03-31, 2026-03-31T08:00 (UTC), 90min, 2d.")
@click.option(
    "-n", "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, metavar="N", help="At most so many."
)
@click.option("--history", "past", is_flag=True, help="In the history only, however far back.")
def messages(
    file: Path,
    as_json: bool,
    queue: str,
    state: State | None,
    key: str,
    route: str,
    source_id: str,
    correlation_id: str,
    since: int,
    limit: int,
    past: bool,
) -> None:
    """List the newest messages, the newest first: those here and those in the history."""
    search = Search(queue, route, key, source_id, correlation_id, state, since, limit)
    with looking(load(file)) as inspection:
        found = inspection.past(search) if past else inspection.messages(search=search)
    if as_json:
        render.as_json([asdict(view) for view in found])
        return
    if not found:
        click.echo("No message fits.", err=True)
        return
    heads = ("id", "route", "operation", "state", "key", "age", "attempts", "reason")
    render.table(heads, [_message_row(view) for view in found], right=("age", "attempts"))


@click.command()
@options.config
@options.as_json
def history(file: Path, as_json: bool) -> None:
    """Show what the history holds, and what waits for it."""
    with looking(load(file)) as inspection:
        found = inspection.history()
    if as_json:
        render.as_json(None if found is None else asdict(found))
    elif found is None:
        click.echo("This integration keeps no history: settled messages are dropped after store.retention_seconds.")
    else:
        facts = {
            "history": found.place,
            "messages": "unknown" if found.messages is None else found.messages,
            "oldest": span(found.oldest_age_ms) if found.oldest_age_ms else "",
            "waiting for it": f"{found.waiting}" + (f", for {span(found.overdue_ms)}" if found.waiting else ""),
            "problem": found.problem,
        }
        render.facts(facts)


@click.command()
@options.config
@options.as_json
@click.option("--body", is_flag=True, help="The body as it was accepted, too.")
@click.argument("message_id", metavar="ID")
def show(file: Path, as_json: bool, body: bool, message_id: str) -> None:
    """Show one message: its state, every attempt, its body.

    A reply is shown where one was kept: on routes that pass replies on, and after failures.
    """
    with looking(load(file)) as inspection:
        found = inspection.message(message_id, with_body=body)
    if as_json:
        render.as_json(found.plain())
    else:
        _say(found)


def _queue_row(view: QueueView) -> tuple[object, ...]:
    counts = [view.counts.get(str(state), render.NOTHING) for state in _COLUMNS]
    oldest = span(view.oldest_age_ms) if view.oldest_age_ms else render.NOTHING
    paused = "" if view.paused is None else f"yes: {view.paused}" if view.paused else "yes"
    paused = "; ".join(said for said in (paused, view.held) if said)
    return (view.name, *counts, oldest, view.drains or render.NOTHING, _backlog(view), paused)


def _backlog(view: QueueView) -> str:
    """Return the size of what is not settled, and the caps of the queue."""
    caps = [render.count(view.most_messages, "message")] if view.most_messages else []
    caps += [render.size(view.most_bytes)] if view.most_bytes else []
    said = render.size(view.bytes) + (f", at most {' or '.join(caps)}" if caps else "")
    return f"full: {said}" if view.full else said


def _message_row(view: MessageView) -> tuple[object, ...]:
    reason = view.reason + (f" (again in {span(view.due_in_ms)})" if view.due_in_ms else "")
    age = span(view.age_ms)
    route = view.route or f"(queue {view.queue})"  # put there by an application, for an application
    return (view.id, route, view.operation, view.state, view.key or "–", age, view.attempts, reason)


def _say(found: MessageDetail) -> None:
    summary = found.summary
    facts = {
        "message": summary.id,
        "state": summary.state + (f": {summary.reason}" if summary.reason else ""),
        "waits for": found.waits_for,
        "answered": _answered(found),
        "route": summary.route,
        "queue": summary.queue,
        "operation": summary.operation,
        "key": summary.key,
        "source id": found.source_id,
        "correlation id": summary.correlation_id,
        "type": found.type,
        "reply to": found.reply_to,
        "accepted": _instant(found.accepted_ms),
        "changed": _instant(found.changed_ms),
        "expires": _instant(found.expires_ms),
        "redelivered": _redelivered(found),
        "worker": found.worker,
        "encrypted": found.unopened,
        **{f"property {name}": value for name, value in found.properties.items()},
    }
    render.facts(facts)
    if found.attempts:
        render.heading("attempts")
        rows = [
            (a.number, _instant(a.ended_ms), f"{a.duration_ms} ms", a.target, a.outcome, a.sentence)
            for a in found.attempts
        ]
        render.table(("no", "ended", "took", "target", "outcome", "what happened"), rows, right=("no", "took"))
    for title, text in (("reply", found.reply), ("body", (found.body or b"").decode("utf-8", "replace"))):
        if text:
            render.heading(title)
            render.document(text)


def _redelivered(found: MessageDetail) -> str:
    if found.redelivered:
        return "yes, it was sent before"
    return "possibly: it came before the store failed over or was restored" if found.perhaps_sent else ""


def _answered(found: MessageDetail) -> str:
    """Say what can be done with an answer that is kept for a person."""
    if not found.answered or found.summary.state != State.IN_DOUBT:
        return ""
    return f"yes; when its answer can be read: jmswrap resolve {found.summary.id} --to ANSWERED (it sends nothing)"


def _instant(ms: int) -> str:
    if not ms:
        return ""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(sep=" ", timespec="milliseconds").replace("+00:00", " UTC")
