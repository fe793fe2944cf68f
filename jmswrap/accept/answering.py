"""How a call is answered, by its route's style: a receipt, nothing, the partner's answer, or both.

Belongs to one event loop. Nothing in it blocks: calls that pass straight through run in the
passage's threads.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from jmswrap import clock
from jmswrap.accept.asking import Asking, Question
from jmswrap.accept.clients import CLIENT_PROPERTY
from jmswrap.accept.commit import GroupCommit
from jmswrap.accept.hosting import WriteOperation, WriteService
from jmswrap.accept.replies import Accepted, Nothing, Passed, Reply, Waited
from jmswrap.config.route_settings import AnswerStyle
from jmswrap.errors import Unavailable
from jmswrap.message import Message, ReceiptStatus
from jmswrap.outcome import Called, Outcome
from jmswrap.partner.wire import Wire
from jmswrap.store.aio import AsyncStore
from jmswrap.store.waiting import AnswerBell

CORRELATED_MS = 604_800_000
"""How much longer than an answer is kept its message is found by its correlation id: until it comes."""


class PassesOn(Protocol):
    """The part of ``deliver.passing.Passage`` that a gateway needs."""

    threads: ThreadPoolExecutor

    def pass_on(self, message: Message, until: float, wire: Wire) -> Called:
        """Send a message and return what came of it."""

    def close(self) -> None:
        """End the threads."""


class Answering:
    """Answers the calls of a gateway process."""

    def __init__(
        self,
        commit: GroupCommit,
        store: AsyncStore | None = None,
        asking: Asking | None = None,
        passage: PassesOn | None = None,
    ) -> None:
        self._commit = commit
        self._store = store
        self._bell = AnswerBell(store) if store else None
        self._asking = asking
        self._passage = passage

    async def answer(self, operation: WriteOperation, service: WriteService, message: Message) -> Reply:
        """Do with a message what its operation's style says; Refused or Unavailable."""
        if operation.style is AnswerStyle.SYNC:
            return await self._passed(operation, message)
        if operation.keep_answer_ms and message.correlation_id and self._store is not None:
            keep_ms = operation.keep_answer_ms + CORRELATED_MS
            client = message.properties.get(CLIENT_PROPERTY, "")
            await self._store.correlate(service.name, message.correlation_id, message.id, keep_ms, client)
        if operation.style is AnswerStyle.HYBRID and self._bell is not None:
            return await self._waited(operation, message, self._bell)
        receipt = await self._commit.accept(message)
        return Nothing(receipt) if operation.style is AnswerStyle.EMPTY else Accepted(receipt)

    async def told(self, service: WriteService, question: Question) -> Reply:
        """Answer a question about a message."""
        if self._asking is None:
            raise Unavailable("This gateway process answers no questions; ask again later.")
        return await self._asking.told(question, service.name, service.routes)

    async def close(self) -> None:
        """End what waits and calls."""
        if self._bell is not None:
            await self._bell.close()
        if self._passage is not None:
            self._passage.close()

    async def _waited(self, operation: WriteOperation, message: Message, bell: AnswerBell) -> Waited:
        if message.reply_to:
            # The answer goes there (WS-Addressing), and nowhere twice.
            return Waited(await self._commit.accept(message), None)
        until = clock.monotonic() + operation.answer_seconds
        with bell.listening(message.id) as rung:
            await bell.ready()
            receipt = await self._commit.accept(message)
            if receipt.status is ReceiptStatus.DUPLICATE:
                rung.set()
            seconds = max(until - clock.monotonic(), 0)
            return Waited(receipt, await bell.wait(message.id, rung, seconds))

    async def _passed(self, operation: WriteOperation, message: Message) -> Passed:
        if self._passage is None:
            raise Unavailable("This gateway process passes nothing on; send the message again later.")
        seconds = operation.answer_seconds
        until = clock.monotonic() + seconds
        wire = Wire(until)
        call = asyncio.get_running_loop().run_in_executor(
            self._passage.threads, self._passage.pass_on, message, until, wire
        )
        try:
            # A little after the wire ends the call itself and says how far it came.
            called = await asyncio.wait_for(asyncio.shield(call), seconds + 1)
        except TimeoutError:
            wire.abort()
            called = Called(Outcome.NO_ANSWER, "the time was over")
        return Passed(called, operation.partner, seconds)
