"""Questions about messages: which one is meant, how it stands, what the partner answered.

A message is found in the store, and when it has left, in the history. A service tells of
the messages of its own routes only, and a client that is known of those it may know of.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from jmswrap import clock
from jmswrap.accept.clients import CLIENT_PROPERTY
from jmswrap.accept.replies import Told
from jmswrap.config.gateway_settings import EVERYBODY
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


class Asking:
    """Answers questions about the messages of an integration.

    ``others`` says for each client of whose messages it is told beside its own. Clients are kept apart in what is
    looked up, too: one that uses another's correlation id must not hide the other's message from it.
    """

    def __init__(
        self, store: AsyncStore, history: History | None, others: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._store = store
        self._history = history
        self._others = others or {}

    async def told(self, question: Question, service: str, routes: Sequence[str]) -> Told:
        """Return the answer; UnknownMessage when no route of the service has such a message."""
        found = [one for one in await self._named(question, service, routes) if one.message.route in routes]
        known = [one for one in found if self._concerns(question.client, one)]
        if not known and question.by == "correlationId" and self._history is not None:
            known = await asyncio.to_thread(self._correlated, self._history, question, routes)
        if not known:
            raise UnknownMessage(
                f"{service} knows no message with the {question.by} {question.value[:200]!r}; "
                "ask by the messageId of its receipt."
            )
        record = max(known, key=lambda one: one.accepted_ms)
        wanted = question.name == answers.RESPONSE
        return Told(question.name, record, await self._store.answer(record.message.id) if wanted else None)

    def _clients(self, asker: str) -> tuple[str, ...]:
        """Return whose messages a client may know of; empty: anybody's."""
        others = self._others.get(asker, ())
        return () if not asker or EVERYBODY in others else (asker, *others)

    def _concerns(self, asker: str, record: Record) -> bool:
        clients = self._clients(asker)
        return not clients or record.message.properties.get(CLIENT_PROPERTY) in clients

    async def _named(self, question: Question, service: str, routes: Sequence[str]) -> list[Record]:
        """Return the messages that a question may mean."""
        if question.by == "messageId":
            ids = [question.value]
        elif question.by == "sourceId":
            ids = [clock.derived_id(route, question.value) for route in routes]
        else:
            # The name without a client is that of messages from before callers were known, or told apart.
            clients = ("", *(self._clients(question.client) or self._others))
            ids = await self._store.correlated(service, question.value, clients)
        return [found for id in ids if (found := await self._by_id(id)) is not None]

    async def _by_id(self, message_id: str) -> Record | None:
        record = await self._store.record(message_id)
        if record is None and self._history is not None:
            kept = await asyncio.to_thread(self._history.message, message_id)
            return kept.record if kept else None
        return record

    def _correlated(self, history: History, question: Question, routes: Sequence[str]) -> list[Record]:
        clients = self._clients(question.client)
        whose = [((CLIENT_PROPERTY, client),) for client in clients] if clients else [()]
        searches = [
            Search(route=route, correlation_id=question.value, properties=each, limit=1)
            for route in routes
            for each in whose
        ]
        return [kept.record for search in searches for kept in history.find(search)]
