"""A message that kills its worker, with real processes: a stylesheet that recurses past a small stack."""

import contextlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import PATIENCE_SECONDS, eventually
from rogue import CONFIRMED, answer, rogue

from jmswrap import clock
from jmswrap.app.connections import connect
from jmswrap.app.integration import load
from jmswrap.clock import worker_name
from jmswrap.message import Message
from jmswrap.states import HERE, State
from jmswrap.store.server import EmbeddedServer

STACK_KB = 512
FATAL_DEPTH = 1_450
"""libxslt gives up by itself at 3,000; on this stack the process is gone before."""

SHEET = """\
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:o="urn:example:orders">
  <xsl:template match="/*">
    <xsl:call-template name="down"><xsl:with-param name="left" select="number(o:number)"/></xsl:call-template>
    <xsl:copy-of select="."/>
  </xsl:template>
  <xsl:template name="down">
    <xsl:param name="left"/>
    <xsl:if test="$left &gt; 0">
      <xsl:call-template name="down"><xsl:with-param name="left" select="$left - 1"/></xsl:call-template>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
"""


def integration(folder: Path, store: str, partner: str) -> Path:
    shutil.copy(Path(__file__).parents[1] / "data/partner/orders.wsdl", folder / "orders.wsdl")
    (folder / "down.xsl").write_text(SHEET)
    file = folder / "jmswrap.yaml"
    file.write_text(f"""\
jmswrap: 1
name: poison
namespaces: {{o: "urn:example:orders"}}
store: {{url: "{store}"}}
partners:
  shop: {{wsdl: orders.wsdl, address: "{partner}"}}
routes:
  place:
    from: {{queue: orders}}
    to: {{partner: shop, operation: Place}}
    steps: [{{xslt: down.xsl}}]
    key: {{xpath: "o:number"}}
    on_dead: release
    # A neighbour may be half way to the partner when the poison strikes.
    idempotent: true
    in_doubt: redeliver
""")
    return file


def order(number: int) -> Message:
    body = f'<Place xmlns="urn:example:orders"><number>{number}</number><quantity>1</quantity></Place>'
    return Message(clock.new_id(), "orders", "place", body.encode(), key=str(number))


@contextlib.contextmanager
def worker(file: Path) -> Iterator["subprocess.Popen[bytes]"]:
    limited = ["sh", "-c", f'ulimit -s {STACK_KB}; exec "$@"', "sh"]
    command = [*limited, sys.executable, "-m", "jmswrap", "work", "-c", str(file)]
    with (file.parent / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the depth that is fatal is measured for glibc's thread stacks")
def test_what_kills_its_worker_runs_alone_and_dies_the_third_time(store_server: EmbeddedServer, tmp_path: Path) -> None:
    with rogue(answer("200 OK", CONFIRMED)) as seen:
        file = integration(tmp_path, store_server.url, seen.address)
        here = connect(load(file))
        store, bell = here.store, here.bell
        poison, *innocents = order(FATAL_DEPTH), order(1), order(2), order(3)
        store.accept([poison, *innocents])
        bell.ring("orders")
        for kills in (1, 2):
            with worker(file) as process:
                assert process.wait(PATIENCE_SECONDS) == -signal.SIGSEGV, (tmp_path / "worker.log").read_text()
                # The supervisor of `up` does this.
                store.abandon(worker_name(process.pid))
            record = store.record(poison.id)
            assert record
            assert (record.kills, record.state) == (kills, State.QUEUED)
            bell.ring("orders")
        ids = [message.id for message in (poison, *innocents)]

        def states() -> list[State] | None:
            found = [record.state for record in (store.record(name) for name in ids) if record]
            return None if HERE & set(found) - {State.DEAD} else found

        with worker(file) as process:
            assert eventually(states, "every message to settle") == [State.DEAD, *[State.DELIVERED] * 3]
            assert process.poll() is None
        record = store.record(poison.id)
        assert record
        assert record.kills == 3
        assert "killed its worker three times" in record.reason
        (attempt,) = store.attempts(poison.id)
        assert attempt.outcome == "killed-workers"
        here.close()
        assert len(seen.requests) >= 3
