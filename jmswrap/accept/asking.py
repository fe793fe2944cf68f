"""Questions about messages: which one is meant, how it stands, what the partner answered.

A message is found in the store, and when it has left, in the history. A service tells of
the messages of its own routes only.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from jmswrap import clock
from jmswrap.accept.clients import CLIENT_PROPERTY
from jmswrap.accept.replies import Told
from jmswrap.contract import answers
from jmswrap.errors import Refused
from jmswrap.history.history import History
from jmswrap.history.nouns import Search
from jmswrap.message import Record
from jmswrap.store.aio import AsyncStore


class UnknownMessage(Refused):
    """The service has no message by this name."""

    code = "unknown-message"


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller wants to know, and about which message."""

    name: str
    by: str
    """``messageId``, ``sourceId`` or ``correlationId``."""
    value: str
    client: str = ""
    """Who asks; empty when callers need not say."""

    @classmethod
    def read(cls, body: etree._Element, client: str = "") -> "Question":
        """Read a client's question that fits its schema."""
        (which,) = body.iterchildren(etree.Element)
        by = etree.QName(which).localname
        value = "".join(str(piece) for piece in which.itertext()).strip()
        return cls(etree.QName(body).localname, by, value, client)

    def concerns(self, record: Record) -> bool:
        """Tell whether the asker may know of a message: clients are told of their own only."""
        return not self.client or record.message.properties.get(CLIENT_PROPERTY) == self.client


class Asking:
    """Answers questions about the messages of an integration."""

    def __init__(self, store: AsyncStore, history: History | None) -> None:
        self._store = store
        self._history = history

    async def told(self, question: Question, service: str, routes: Sequence[str]) -> Told:
        """Return the answer; UnknownMessage when no route of the service has such a message."""
        record = await self._find(question, service, routes)
        if record is None or record.message.route not in routes or not question.concerns(record):
            raise UnknownMessage(
                f"{service} knows no message with the {question.by} {question.value[:200]!r}; "
                "ask by the messageId of its receipt."
            )
        wanted = question.name == answers.RESPONSE
        return Told(question.name, record, await self._store.answer(record.message.id) if wanted else None)

    async def _find(self, question: Question, service: str, routes: Sequence[str]) -> Record | None:
        if question.by == "messageId":
            return await self._by_id(question.value)
        if question.by == "sourceId":
            for route in routes:
                found = await self._by_id(clock.derived_id(route, question.value))
                if found is not None:
                    return found
            return None
        known = await self._store.correlated(service, question.value)
        return await self._by_id(known) if known else await self._by_correlation(question.value, routes)

    async def _by_id(self, message_id: str) -> Record | None:
        record = await self._store.record(message_id)
        if record is None and self._history is not None:
            kept = await asyncio.to_thread(self._history.message, message_id)
            return kept.record if kept else None
        return record

    async def _by_correlation(self, correlation_id: str, routes: Sequence[str]) -> Record | None:
        if self._history is None:
            return None
        for route in routes:
            found = await asyncio.to_thread(
                self._history.find, Search(route=route, correlation_id=correlation_id, limit=1)
            )
            if found:
                return found[0].record
        return None
