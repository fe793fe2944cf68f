"""Is there anything that a person should look at? Pure: facts in, sentences out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from jmswrap.config.health_settings import Health
from jmswrap.inspect.views import BridgeView, HistoryView, QueueView, span
from jmswrap.states import State
from jmswrap.store.unknown import Unknown


class Level(IntEnum):
    """How bad it is; the number is the exit status that monitoring tools know."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause."""

    level: Level
    what: str
    """A word for programs: ``store``, ``oldest``, ``dead``, ``in-doubt``, ``breaker``, …."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What was looked at."""

    store: Sequence[str] = ()
    """Why the store takes no messages."""
    cautions: Sequence[str] = ()
    restored_from: str = ""
    """The backup that the store is a copy of and was not dealt with as such."""
    queues: Sequence[QueueView] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    """Why processes go on with files as they were before, by kind of process."""
    open_breakers: Mapping[str, int] = field(default_factory=dict)
    """Failed calls in a row, by partner."""
    unknown: Sequence[Unknown] = ()
    """What partners' replies had that their contracts have not."""
    bridges: Sequence[BridgeView] = ()
    history: HistoryView | None = None
    backup_age_ms: int | None = None
    """None: there was never one."""


def judge(facts: Facts, limits: Health) -> list[Finding]:
    """Return what a person should look at, the worst first."""
    found = [Finding(Level.CRITICAL, "store", sentence) for sentence in facts.store]
    if facts.restored_from:
        sentence = (
            f"The store was restored from backup {facts.restored_from}: run `jmswrap restored` before it is used."
        )
        found.append(Finding(Level.CRITICAL, "restored", sentence))
    for queue in facts.queues:
        found += _queue(queue, limits)
    for partner, failures in sorted(facts.open_breakers.items()):
        sentence = f"Partner {partner} failed {failures} times in a row: its messages wait until a probe gets through."
        found.append(Finding(Level.WARNING, "breaker", sentence))
    for kind, problem in sorted(facts.refused.items()):
        sentence = f"The {kind}s go on with the files as they were before these were changed: {problem}"
        found.append(Finding(Level.WARNING, "refused", sentence))
    for seen in facts.unknown:
        sentence = (
            f"{seen.replies} replies of partner {seen.partner} to {seen.operation} had {seen.element}, which its "
            f"contract has not: see `jmswrap drift {seen.partner}`."
        )
        found.append(Finding(Level.WARNING, "unknown-element", sentence))
    found += _bridges(facts.bridges)
    found += _history(facts.history, limits)
    found += _backup(facts.backup_age_ms, limits)
    found += [Finding(Level.WARNING, "store", sentence) for sentence in facts.cautions]
    return sorted(found, key=lambda one: -one.level)


def level(findings: Sequence[Finding]) -> Level:
    """Return how bad it is altogether."""
    return max((one.level for one in findings), default=Level.OK)


CLOCK_BACK_MS = 60_000
"""Servers' clocks may differ by less than this."""


def _queue(queue: QueueView, limits: Health) -> Iterator[Finding]:
    name, age_ms = queue.name, queue.oldest_age_ms
    if age_ms <= -CLOCK_BACK_MS:
        sentence = (
            f"The oldest message of queue {name} came {span(-age_ms)} ahead of the store's clock, which was set back: "
            "what waits for a time waits so much longer (`jmswrap show` says until when, `jmswrap edit` sends it now)."
        )
        yield Finding(Level.WARNING, "clock", sentence)
    if queue.full:
        yield Finding(Level.CRITICAL, "full", f"Queue {name} is full and refuses messages: see what holds it up.")
    for most_seconds, bad in ((limits.oldest_critical_seconds, Level.CRITICAL), (limits.oldest_seconds, Level.WARNING)):
        if most_seconds and age_ms >= most_seconds * 1000:
            sentence = (
                f"The oldest message of queue {name} has waited for {span(age_ms)}: see `jmswrap messages -q {name}`."
            )
            yield Finding(bad, "oldest", sentence)
            break
    for state, most, word in ((State.DEAD, limits.dead, "dead"), (State.IN_DOUBT, limits.in_doubt, "in-doubt")):
        count = queue.counts.get(str(state), 0)
        if most and count >= most:
            messages = "1 message" if count == 1 else f"{count} messages"
            sentence = f"Queue {name} has {messages} {state}: see `jmswrap messages -q {name} -s {state}`."
            yield Finding(Level.WARNING, word, sentence)
    if queue.paused is not None:
        why = f" ({queue.paused})" if queue.paused else ""
        yield Finding(Level.WARNING, "paused", f"Queue {name} is paused{why}: resume it when it may go on.")


def _bridges(views: Sequence[BridgeView]) -> Iterator[Finding]:
    for view in views:
        if not view.up:
            said = f"Bridge {view.bridge} ({view.way}) carries nothing, for {span(view.for_ms)}: {view.reason}"
            yield Finding(Level.WARNING, "bridge", said if said.endswith(".") else f"{said}.")


def _history(view: HistoryView | None, limits: Health) -> Iterator[Finding]:
    if view is None:
        return
    if view.problem:
        yield Finding(Level.WARNING, "history", view.problem)
    if limits.history_seconds and view.overdue_ms >= limits.history_seconds * 1000:
        sentence = (
            f"{view.waiting} settled messages wait for the history, for {span(view.overdue_ms)}: see the workers' log."
        )
        yield Finding(Level.WARNING, "history", sentence)


def _backup(age_ms: int | None, limits: Health) -> Iterator[Finding]:
    if not limits.backup_hours or (age_ms is not None and age_ms < limits.backup_hours * 3_600_000):
        return
    sentence = "There was never a backup" if age_ms is None else f"The last backup is {span(age_ms)} old"
    yield Finding(Level.WARNING, "backup", f"{sentence}: run `jmswrap backup FOLDER`.")
