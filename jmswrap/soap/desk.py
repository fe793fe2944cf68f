"""Where a service's calls are answered: a desk for each service of the gateway.

A derived service is served in the event loop, which only large bodies leave for a thread;
a user's typed service runs in threads throughout, because its methods may block.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from jmswrap.accept.answering import Answering
from jmswrap.accept.hosting import (
    Answers,
    AskOperation,
    Engine,
    Hosted,
    Hosting,
    TypedService,
    WriteOperation,
    WriteService,
)
from jmswrap.accept.put import Queues
from jmswrap.contract.publish import Document
from jmswrap.soap.admission import Visit
from jmswrap.soap.envelope import Envelope, EnvelopeReader, has_many
from jmswrap.soap.faults import Answer
from jmswrap.soap.guard import Head
from jmswrap.soap.service import WriteServer, write_server
from jmswrap.soap.typed import TypedHost, read_envelope
from jmswrap.soap.versions import BY_NUMBER

TYPED_THREADS = 8
"""Calls of typed services under way at once in a process."""


class Desk(Protocol):
    """A service as the ASGI application sees it."""

    @property
    def name(self) -> str:
        """The service's name."""

    @property
    def operations(self) -> Sequence[str]:
        """The names of its operations."""

    async def answer(self, head: Head, body: bytes, visit: Visit) -> Answer:
        """Answer a call; SoapFault or an error of ours when it is refused."""

    def wsdl(self) -> Document:
        """Return the contract."""

    def file(self, name: str) -> Document | None:
        """Return a schema the contract refers to."""


class WriteDesk:
    """Serves a derived service."""

    def __init__(self, service: WriteService, answers: Answers, large: ThreadPoolExecutor) -> None:
        self.name = service.name
        self._operations: dict[str, WriteOperation | AskOperation] = {**service.operations, **service.questions}
        self.operations = tuple(operation.name for operation in service.operations.values())
        self._published = service.published
        self._reader = EnvelopeReader()
        self._large_reader = EnvelopeReader()
        self._large = large
        self._servers: dict[str, WriteServer] = {
            number: write_server(service, version, answers) for number, version in BY_NUMBER.items()
        }

    async def answer(self, head: Head, body: bytes, visit: Visit) -> Answer:
        """Accept a message and answer with its receipt."""
        server = self._servers[head.version.number]
        if not has_many(body):
            envelope = self._reader.read(body, head.version, head.charset)
            if not visit.is_open:
                envelope = await self._admitted(envelope, visit)
            context = server.begin(head, envelope, visit.client)
        else:
            loop = asyncio.get_running_loop()
            read = self._large_reader.read
            envelope = await loop.run_in_executor(self._large, read, body, head.version, head.charset)
            if not visit.is_open:
                envelope = await self._admitted(envelope, visit)
            context = await loop.run_in_executor(self._large, server.begin, head, envelope, visit.client)
        reply = await server.finish(context)
        # A one-way operation, or a caller that wants no answer (WS-Addressing none).
        silent = not reply or (context.transport.addressing is not None and context.transport.addressing.no_answer)
        return Answer(202, head.version.media_type, b"") if silent else Answer(200, head.version.media_type, reply)

    async def _admitted(self, envelope: Envelope, visit: Visit) -> Envelope:
        operation = self._operations.get(str(envelope.body.tag))
        return await visit.admit(envelope, self.name, operation.name if operation else "")

    def wsdl(self) -> Document:
        """Return the published contract, from its file."""
        return self._published.wsdl()

    def file(self, name: str) -> Document | None:
        """Return a schema of the published contract."""
        return self._published.file(name)


class TypedDesk:
    """Serves a service class that a user wrote."""

    def __init__(self, service: TypedService, queues: Queues, threads: ThreadPoolExecutor) -> None:
        self.name = service.name
        self._host = TypedHost(service, queues)
        self.operations = self._host.operations
        self._threads = threads

    async def answer(self, head: Head, body: bytes, visit: Visit) -> Answer:
        """Call the user's method in a thread."""
        loop = asyncio.get_running_loop()
        envelope = await loop.run_in_executor(self._threads, read_envelope, head, body)
        operation = self._host.operation_of(str(envelope.body.tag))
        envelope = await visit.admit(envelope, self.name, operation)
        reply = await loop.run_in_executor(self._threads, self._host.call, head, envelope, visit.client)
        return Answer(200, head.version.media_type, reply)

    def wsdl(self) -> Document:
        """Return the contract that Spyne made of the class when the process started."""
        return self._host.wsdl

    def file(self, name: str) -> Document | None:
        """Return nothing: the schemas stand in the WSDL."""
        return None


class Desks:
    """All desks of a gateway process, by path."""

    def __init__(self, hosting: Hosting, engine: Engine) -> None:
        # One thread: its reader's parser must not be used by two at once.
        self._large = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jmswrap-large")
        self._typed = ThreadPoolExecutor(max_workers=TYPED_THREADS, thread_name_prefix="jmswrap-typed")
        queues = Queues(hosting.queues, engine.commit, asyncio.get_running_loop())
        self.by_path: Mapping[str, Desk] = {
            f"/services/{name}": self._desk(service, engine, queues) for name, service in hosting.services.items()
        }

    def close(self) -> None:
        """End the threads."""
        self._large.shutdown(wait=False)
        self._typed.shutdown(wait=False)

    def _desk(self, service: Hosted, engine: Engine, queues: Queues) -> Desk:
        if isinstance(service, TypedService):
            return TypedDesk(service, queues, self._typed)
        return WriteDesk(service, engine.answers or Answering(engine.commit), self._large)
