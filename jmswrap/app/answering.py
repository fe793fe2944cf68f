"""How a gateway process answers: what waits for answers, tells of messages, and passes straight through."""

import os
import signal
from dataclasses import dataclass

from jmswrap.accept.answering import Answering
from jmswrap.accept.asking import Asking
from jmswrap.accept.commit import GroupCommit
from jmswrap.app.archiving import history_of
from jmswrap.app.delivery import passings
from jmswrap.app.integration import Integration
from jmswrap.config.route_settings import AnswerStyle
from jmswrap.deliver.passing import Passage
from jmswrap.history.history import History
from jmswrap.store.aio import AsyncStore
from jmswrap.store.store import Store
from jmswrap.transform.limit import TimeLimit

MOST_THREADS = 64
"""Calls of `sync` routes under way at once in a gateway process, whatever their partners take."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A gateway process's answering and what it holds open."""

    answering: Answering
    history: History | None

    async def close(self) -> None:
        """End what waits, and let go of the history."""
        await self.answering.close()
        if self.history is not None:
            self.history.close()


def answers_of(integration: Integration, commit: GroupCommit, store: AsyncStore, blocking: Store) -> Answers:
    """Return how a gateway process answers; ``blocking`` is the store for threads."""
    history = history_of(integration)
    others = {name: client.messages_of for name, client in integration.config.clients.items()}
    asking = Asking(store, history, others)
    return Answers(Answering(commit, store, asking, _passage(integration, blocking)), history)


def _passage(integration: Integration, store: Store) -> Passage | None:
    config = integration.config
    through = [route for route in config.routes.values() if route.answer is AnswerStyle.SYNC]
    if not through:
        return None
    limit = TimeLimit(config.transforms.seconds, _end_soon)
    partners = {route.to.partner for route in through if route.to.partner}
    threads = min(sum(config.partners[name].concurrency for name in partners), MOST_THREADS)
    return Passage(store, passings(integration, limit), threads)


def _end_soon() -> None:
    """Have this process answer the calls under way and end: its parent starts another."""
    os.kill(os.getpid(), signal.SIGTERM)
