"""A restored store: nothing that may have been delivered since its backup is sent as if for the first time.

Everything that was not settled at the backup is looked at once, while all queues are
paused: what the history knows to be settled is settled, what a route may send twice
stays queued with the redelivered mark, and of the rest the partner is asked, or a person.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from jmswrap import clock
from jmswrap.message import Record
from jmswrap.states import FINAL, HERE, Phase, State
from jmswrap.store.copies import Copies, Verdict
from jmswrap.store.store import Store

PAUSED = "restored from a backup: resolve what is in doubt, then resume"
DOUBT = "It was not settled when the backup was made, and may have been delivered since."
PAGE = 500


class Knows(Protocol):
    """The part of ``history.history.History`` that is needed."""

    def settled(self, message_ids: Sequence[str]) -> dict[tuple[str, int], State]:
        """Return which messages are there, by id and time of acceptance, and how they ended."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What a route does with a message that may have arrived, and what it makes of one that has."""

    in_doubt: str = "doubt"
    """``keep``: it is sent again with the mark; ``probe``: the partner is asked; ``doubt``: a person is."""
    outputs: tuple[tuple[str, str], ...] = ()
    """Purpose and queue of the messages of which one comes of a delivery."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of the messages of a restored store."""

    backup: str
    settled: int
    """The history says how they ended since the backup."""
    in_doubt: int
    """For a person; those that were in doubt or dead already are among them."""
    asked: int
    """Of these, messages about which the partner will be asked."""
    marked: int
    """Sent again by themselves, with the redelivered mark."""
    untouched: int
    """Not due before now, so nobody can have sent them."""
    queues: tuple[str, ...]
    """What is paused."""


class Restoring:
    """Deals once with a store that was restored; ``run`` may be repeated after a crash."""

    def __init__(
        self,
        store: Store,
        copies: Copies,
        history: Knows | None,
        manners: Mapping[str, Manner],
        readers: Mapping[str, str],
    ) -> None:
        self._store = store
        self._copies = copies
        self._history = history
        self._manners = manners
        self._readers = readers
        """The route that takes the messages of a queue that name none."""

    def run(self, backup: str, queues: Sequence[str]) -> Restored:
        """Pause everything, decide about every message, and say what was done."""
        self._copies.begin(queues, PAUSED)
        told: Counter[str] = Counter()
        names = sorted({*queues, *(summary.name for summary in self._store.queues())})
        for queue in names:
            unsettled = [record for record in self._store.walk(queue) if record.state in HERE]
            ordered = list({record.message.id: record for record in reversed(unsettled)}.values())
            for start in range(0, len(ordered), PAGE):
                told += self._decided(ordered[start : start + PAGE])
        self._copies.end()
        return Restored(
            backup, told["SETTLED"], told["DOUBT"], told["asked"], told["KEPT"], told["untouched"], tuple(names)
        )

    def _decided(self, records: Sequence[Record]) -> Counter[str]:
        ended = self._ended(records)
        verdicts = [Verdict(one.message.id, one.accepted_ms, self._verdict(one, ended)) for one in records]
        told: Counter[str] = Counter()
        for verdict, said in zip(verdicts, self._copies.decide(verdicts, DOUBT), strict=True):
            told[said or "untouched"] += 1
            told["asked"] += said == "DOUBT" and verdict.what == "probe"
        return told

    def _ended(self, records: Sequence[Record]) -> dict[tuple[str, int], State]:
        """Return what the history says of messages and of what would come of them."""
        if self._history is None:
            return {}
        ids = [record.message.id for record in records]
        ids += [made for record in records for made in self._made(record)]
        return self._history.settled(ids)

    def _verdict(self, record: Record, ended: Mapping[tuple[str, int], State]) -> str:
        manner = self._manner(record)
        if manner.in_doubt == "probe" and record.phase is Phase.REPLIED:
            # It arrived, which is all that its partner could say; what became of the answer is for a person.
            manner = replace(manner, in_doubt="doubt")
        final = ended.get((record.message.id, record.accepted_ms))
        if final not in FINAL:
            return manner.in_doubt
        known = {message for message, _ in ended}
        made = self._made(record)
        if final is State.DELIVERED and made and not any(one in known or self._store.record(one) for one in made):
            # It was delivered, but what came of it is lost with what the backup does not have.
            return manner.in_doubt if manner.in_doubt == "keep" else "doubt"
        return str(final)

    def _made(self, record: Record) -> list[str]:
        """Return the ids under which a delivery of a message would have put others."""
        return [clock.derived_id(record.message.id, purpose, queue) for purpose, queue in self._manner(record).outputs]

    def _manner(self, record: Record) -> Manner:
        route = record.message.route or self._readers.get(record.message.queue, "")
        return self._manners.get(route, Manner())
