"""Waiting for answers: one subscription a process tells every waiter, nobody polls.

A script that keeps an answer somebody may wait for publishes the message's id. What was
published while the subscription was broken is looked up when it stands again.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.exceptions import RedisError

from jmswrap import log
from jmswrap.errors import StoreDown
from jmswrap.message import Answer
from jmswrap.store import keys
from jmswrap.store.aio import AsyncStore

SUBSCRIBED_SECONDS = 2.0
"""How long a waiter lets the subscription take; after that only the end of its time shows the answer."""
_LISTEN_SECONDS = 10.0
_AGAIN_SECONDS = 0.5

_LOG = log.get(__name__)


class AnswerBell:
    """Tells when answers come; belongs to one event loop. It subscribes when first needed."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._waiters: dict[str, set[asyncio.Event]] = {}
        self._subscribed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def listening(self, message_id: str) -> Iterator[asyncio.Event]:
        """Give an event that is set when the message may have its answer."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())
        rung = asyncio.Event()
        self._waiters.setdefault(message_id, set()).add(rung)
        try:
            yield rung
        finally:
            waiting = self._waiters[message_id]
            waiting.discard(rung)
            if not waiting:
                del self._waiters[message_id]

    async def ready(self) -> None:
        """Wait a moment for the subscription; without it a waiter sees its answer at the end of its time."""
        try:
            await asyncio.wait_for(self._subscribed.wait(), SUBSCRIBED_SECONDS)
        except TimeoutError:
            _LOG.warning("answers-not-heard", reason="the store does not take the subscription")

    async def wait(self, message_id: str, rung: asyncio.Event, seconds: float) -> Answer | None:
        """Return the answer as soon as it is there; None when it did not come in time."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await rung.wait()
                    rung.clear()
                    answer = await self._look(message_id)
                    if answer is not None:
                        return answer
        except TimeoutError:
            return await self._look(message_id)

    async def close(self) -> None:
        """End the subscription."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _look(self, message_id: str) -> Answer | None:
        try:
            return await self._store.answer(message_id)
        except StoreDown:
            # The message is stored; its caller gets the receipt, and the answer when it asks for it.
            return None

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except (RedisError, OSError) as error:
                self._subscribed.clear()
                _LOG.warning("answers-not-heard", reason=type(error).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _hear(self) -> None:
        async with self._store.client.pubsub() as subscription:
            await subscription.subscribe(keys.answered(self._store.prefix))
            while True:
                heard: Any = await subscription.get_message(timeout=_LISTEN_SECONDS)
                if heard is None:
                    continue
                if heard["type"] == "subscribe":
                    self._subscribed.set()
                    self._ring_all()
                elif heard["type"] == "message":
                    self._ring(heard["data"].decode())

    def _ring(self, message_id: str) -> None:
        for rung in self._waiters.get(message_id, ()):
            rung.set()

    def _ring_all(self) -> None:
        for message_id in self._waiters:
            self._ring(message_id)
