"""A gateway that is sent thousands of mutated requests: ``make fuzz`` sends 100,000.

``JMSWRAP_FUZZ`` says how many, ``JMSWRAP_FUZZ_SEED`` which; a failure names its seed and request.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from door import Orders, Reply, Starts
from lxml import etree
from mutations import Case, Framing, Mutations

from jmswrap.store.server import EmbeddedServer

REQUESTS = int(os.environ.get("JMSWRAP_FUZZ", "3000"))
SEED = int(os.environ.get("JMSWRAP_FUZZ_SEED", "1"))
CONNECTIONS = 16
ANSWER_SECONDS = 15.0
SILENCE_SECONDS = 0.1
"""An incomplete request waits for its rest: after this long it is given up."""
MOST_GROWTH_KB = 40_000
INSIDE = (b"Traceback", b'File "', b"lxml", b"redis", b"spyne", b"/jmswrap/", b"<html", b"<HTML")


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Seen:
    """What came back."""

    statuses: Counter[int] = field(default_factory=Counter)
    receipts: set[str] = field(default_factory=set)
    unanswered: int = 0


@pytest.fixture
def fuzzed(starts: Starts, store_server: EmbeddedServer) -> Iterator[Orders]:
    orders = starts.orders(store_server.url, "{max_body_bytes: 200000, body_seconds: 1}")
    yield orders
    orders.process.terminate()
    orders.process.wait(30)


def test_every_mutated_request_gets_an_envelope_and_valid_ones_their_receipts(fuzzed: Orders) -> None:
    mutations, seen = Mutations(SEED), Seen()
    cases = (mutations.case() for _ in range(REQUESTS))
    asyncio.run(_send_all(fuzzed.port, iter([mutations.valid() for _ in range(300)]), Seen()))
    before, queued = _memory_kb(fuzzed), fuzzed.queued()
    asyncio.run(_send_all(fuzzed.port, cases, seen))
    log = fuzzed.log.read_text()
    assert "Traceback" not in log, log[-3000:]
    assert 0 <= fuzzed.queued() - queued - len(seen.receipts) <= seen.unanswered
    assert len(seen.receipts) > REQUESTS / 20
    assert _memory_kb(fuzzed) - before < MOST_GROWTH_KB + REQUESTS // 10
    assert fuzzed.process.poll() is None


async def _send_all(port: int, cases: Iterator[Case], seen: Seen) -> None:
    async with asyncio.TaskGroup() as senders:
        for _ in range(CONNECTIONS):
            senders.create_task(_send(port, cases, seen))


async def _send(port: int, cases: Iterator[Case], seen: Seen) -> None:
    """Send one case after another, on one connection as long as it lasts."""
    connection: Connection | None = None
    try:
        for case in cases:
            connection = connection or await asyncio.open_connection("127.0.0.1", port, limit=1_000_000)
            if not await _ask(case, connection, seen):
                connection[1].close()
                connection = None
    finally:
        if connection is not None:
            connection[1].close()


async def _ask(case: Case, connection: Connection, seen: Seen) -> bool:
    """Send a case and judge what comes; say whether the connection can carry another."""
    reader, writer = connection
    writer.write(case.raw)
    replies = await _replies(case, reader)
    for reply in replies:
        _judge(case, reply, seen)
    assert replies or case.framing is Framing.BROKEN, case
    seen.unanswered += not replies
    return case.framing is Framing.WHOLE and not _ends(replies)


async def _replies(case: Case, reader: asyncio.StreamReader) -> list[Reply]:
    if case.framing is Framing.WHOLE:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return [await _reply(reader)]
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
            raise AssertionError(f"seed {SEED}: {case.raw[:3000]!r} got no answer: {error!r}") from error
    replies = []
    try:
        while True:
            async with asyncio.timeout(ANSWER_SECONDS if replies and _ends(replies) else SILENCE_SECONDS):
                replies.append(await _reply(reader))
    except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
        return replies


async def _reply(reader: asyncio.StreamReader) -> Reply:
    status = 100
    while status == 100:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    return Reply(status, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


def _ends(replies: list[Reply]) -> bool:
    return any(reply.headers.get("connection") == "close" for reply in replies)


def _judge(case: Case, reply: Reply, seen: Seen) -> None:
    told = f"seed {SEED}: {case.raw[:3000]!r} got {reply.status} {dict(reply.headers)} {reply.body[:2000]!r}"
    seen.statuses[reply.status] += 1
    # A fault may tell a sender's own words back: mutations make `text/xml` into `lxml`.
    assert not [word for word in INSIDE if word in reply.body and word not in case.raw], told
    if not reply.headers.get("content-type", "").startswith(("text/xml", "application/soap+xml")):
        # Not a POST, or not HTTP: the HTTP server says so itself.
        assert case.framing is Framing.BROKEN, told
        assert reply.status in (400, 404, 405, 408, 413, 414, 417, 426, 431, 501, 505), told
        return
    assert etree.QName(reply.envelope).localname == "Envelope", told
    assert reply.detail("code") != "unexpected", told
    if reply.status == 200:
        seen.receipts.add(reply.receipt["messageId"])
    else:
        assert reply.fault_code, told
    assert not case.valid or reply.status == 200, told


def _memory_kb(orders: Orders) -> int:
    statuses = [Path(f"/proc/{process}/status").read_text() for process in orders.processes()]
    return sum(int(status.partition("VmRSS:")[2].split()[0]) for status in statuses)
