"""`kill -9` of a worker that nobody supervises: its messages are cared for at once, not a lease later."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from machine import descendants, eventually
from rogue import Rogue, request, rogue

from jmswrap import clock
from jmswrap.message import Message, Record
from jmswrap.operate.sweeper import Sweeper
from jmswrap.states import Phase, State
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store
from jmswrap.store.wakeup import Bell

ROOT = Path(__file__).parents[2]
CARED_FOR_SECONDS = 20.0
"""On any machine, beside whatever else runs there; a lease is 30 s. The crash matrix holds it to 5 s."""
WORKERS = {
    "jmswrap work": [sys.executable, "-m", "jmswrap", "work"],
    "rq worker": [str(Path(sys.executable).with_name("rq")), "worker", "-c", "jmswrap.rq"],
}
SLOW = """\
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:o="urn:example:orders">
  <xsl:template match="/*">
    <xsl:variable name="spent">
      <xsl:call-template name="spend"><xsl:with-param name="n" select="number(o:number)"/></xsl:call-template>
    </xsl:variable>
    <xsl:if test="$spent != ''"><xsl:copy-of select="."/></xsl:if>
  </xsl:template>
  <xsl:template name="spend">
    <xsl:param name="n"/>
    <xsl:if test="$n &lt; 2">1</xsl:if>
    <xsl:if test="$n &gt; 1">
      <xsl:call-template name="spend"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template>
      <xsl:call-template name="spend"><xsl:with-param name="n" select="$n - 2"/></xsl:call-template>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
"""
"""With a large number it takes many seconds: the message is claimed, and nothing of it was sent."""

LARGE = 34


def integration(folder: Path, store: Store, url: str, partner: str, policy: str) -> Path:
    shutil.copy(ROOT / "tests/data/partner/orders.wsdl", folder / "orders.wsdl")
    (folder / "slow.xsl").write_text(SLOW)
    file = folder / "jmswrap.yaml"
    file.write_text(
        f"""jmswrap: 1
name: orders
store: {{url: "{url}", prefix: {store.prefix}}}
workers: {{pool: pool-{store.prefix}}}
partners:
  shop: {{wsdl: orders.wsdl, address: "{partner}"}}
routes:
  place:
    from: {{queue: orders}}
    to: {{partner: shop, operation: Place}}
    steps: [{{xslt: slow.xsl}}]
    in_doubt: {policy}
"""
    )
    return file


@contextmanager
def working(kind: str, file: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**os.environ, "JMSWRAP_CONFIG": str(file), "PYTHONPATH": str(ROOT)}
    with (file.parent / "worker.log").open("ab") as log:
        process = subprocess.Popen(WORKERS[kind], env=environment, stdout=log, stderr=log, cwd=file.parent)
    try:
        yield process
    finally:
        for process_id in (*descendants(process.pid), process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
        process.wait(60)


def order(number: int) -> Message:
    body = f'<Place xmlns="urn:example:orders"><number>{number}</number><quantity>2</quantity></Place>'
    return Message(clock.new_id(), "orders", "place", body.encode())


def records(store: Store, messages: list[Message]) -> list[Record]:
    return [record for record in (store.record(message.id) for message in messages) if record is not None]


@pytest.mark.parametrize(("kind", "policy"), [("jmswrap work", "park"), ("rq worker", "redeliver")])
def test_a_lone_worker_that_is_killed_is_missed_at_once(
    store: Store, store_server: EmbeddedServer, tmp_path: Path, kind: str, policy: str
) -> None:
    def hangs(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        seen.gone.wait(600)

    with rogue(hangs) as seen:
        file = integration(tmp_path, store, store_server.url, seen.address, policy)
        messages = [order(1), order(LARGE)]
        store.accept(messages)
        bell = Bell(store.client, f"pool-{store.prefix}")
        bell.ring("orders")
        # As one runs in every gateway; the leases are those of the product, 30 s.
        sweeper = Sweeper(store, bell)
        sweeper.start()
        try:
            with working(kind, file) as process:

                def under_way() -> list[Record] | None:
                    found = records(store, messages)
                    phases = [record.phase for record in found]
                    return found if seen.requests and phases == [Phase.SENDING, Phase.CLAIMED] else None

                before = eventually(under_way, "a call and a claimed message")
                victim = int(before[0].worker.partition("~")[0].rpartition(".")[2])
                assert victim in {process.pid} | descendants(process.pid)
                os.kill(victim, signal.SIGKILL)
                killed_at = time.monotonic()

                def cared_for() -> list[Record] | None:
                    after = records(store, messages)
                    moved = [
                        new.fence != old.fence or new.state is not State.IN_FLIGHT
                        for old, new in zip(before, after, strict=True)
                    ]
                    return after if all(moved) else None

                sent, unsent = eventually(cared_for, "the messages to be cared for")
                took_seconds = time.monotonic() - killed_at
                assert took_seconds < CARED_FOR_SECONDS
                assert (sent.kills, unsent.kills, unsent.deliveries) == (1, 1, 0)
                assert unsent.state in (State.QUEUED, State.IN_FLIGHT)
                if policy == "park":
                    assert sent.state is State.IN_DOUBT
                else:
                    # RQ's own parent lives, and its next child sends again.
                    eventually(lambda: len(seen.requests) == 2, "the second call")
                    assert records(store, messages)[0].redelivered
        finally:
            sweeper.stop()
