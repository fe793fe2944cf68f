"""Concurrent accepts share a round trip and an fsync.

While one batch is on its way to the store, the messages that arrive form the next.
A message that fails fails alone; a caller that goes away takes nobody with it.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from jmswrap import log, xml
from jmswrap.accept.ringing import Ringer
from jmswrap.errors import IdReused, JmswrapError, Unavailable
from jmswrap.message import Message, Receipt

Outcome = Receipt | JmswrapError

_LOG = log.get(__name__)


class Accepting(Protocol):
    """The part of ``store.aio.AsyncStore`` that a group commit needs."""

    async def accept(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Accept the messages; an outcome for each, in their order."""

    async def body(self, message_id: str) -> bytes | None:
        """Return a message's body as accepted; None when it is gone."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one batch, and the waiting room before it, may hold."""

    batch_messages: int = 128
    batch_bytes: int = 4_194_304
    waiting_bytes: int = 268_435_456
    batches: int = 2
    """Batches under way at once: one on the wire while the other is on the disk."""


DEFAULT_CAPS = Caps()

Waiting = tuple[Message, "asyncio.Future[Receipt]"]


class GroupCommit:
    """Gathers messages into batches; belongs to one event loop."""

    def __init__(self, store: Accepting, ringer: Ringer, caps: Caps = DEFAULT_CAPS) -> None:
        self._store = store
        self._ringer = ringer
        self._caps = caps
        self._waiting: deque[Waiting] = deque()
        self._waiting_bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, message: Message) -> Receipt:
        """Return the receipt once the message is on disk.

        Raises Refused (this message only) or Unavailable (call again later). A message that came
        before is a DUPLICATE, also in another serialisation (exclusive C14N) as long as the first
        body is in the store. When it has left for the history or was erased, only a body with the
        same bytes is a duplicate; any other is IdReused.
        """
        try:
            return await self._accept(message)
        except IdReused:
            first = await self._store.body(message.id)
            if first is None or not await asyncio.to_thread(xml.same_document, first, message.body):
                raise
            return await self._accept(replace(message, body=first))

    async def _accept(self, message: Message) -> Receipt:
        if self._waiting_bytes + len(message.body) > self._caps.waiting_bytes:
            raise Unavailable("More messages are waiting to be stored than the gateway can hold; send it again later.")
        receipt: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, receipt))
        self._waiting_bytes += len(message.body)
        if len(self._tasks) < self._caps.batches:
            task = asyncio.get_running_loop().create_task(self._commit())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await receipt

    async def close(self) -> None:
        """Wait until everything that was taken has its answer."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _commit(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            try:
                outcomes = await self._stored([message for message, _ in batch])
            except BaseException as error:
                self._give_up(batch, error)
                raise
            self._answer(batch, outcomes)

    async def _stored(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        try:
            return await self._store.accept(messages)
        except JmswrapError as error:
            return [error] * len(messages)
        except Exception as error:  # noqa: BLE001 - whatever it is, no caller may wait for ever
            if len(messages) > 1:
                # One of them cannot even be sent: the others must not suffer for it.
                return [(await self._stored([message]))[0] for message in messages]
            _LOG.error("message-broke", exc_info=True, message=messages[0].id)
            return [_failed(error)]

    def _give_up(self, batch: list[Waiting], error: BaseException) -> None:
        """Answer everybody: the task ends, and nobody may come after it."""
        while batch:
            self._answer(batch, [_failed(error)] * len(batch))
            batch = self._next_batch()

    def _next_batch(self) -> list[Waiting]:
        caps, size, batch = self._caps, 0, list[Waiting]()
        while self._waiting and len(batch) < caps.batch_messages and (not batch or size < caps.batch_bytes):
            waiting = self._waiting.popleft()
            size += len(waiting[0].body)
            batch.append(waiting)
        self._waiting_bytes -= size
        return batch

    def _answer(self, batch: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
        for (message, receipt), outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Receipt) and outcome.wake:
                self._ringer.ring(message.queue)
            if receipt.done():
                continue  # its caller went away; the message is stored all the same
            if isinstance(outcome, Receipt):
                receipt.set_result(outcome)
            else:
                receipt.set_exception(outcome)


def _failed(error: BaseException) -> Unavailable:
    return Unavailable(f"The message could not be stored ({type(error).__name__}); send it again.")
