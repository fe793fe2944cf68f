"""A transform that does not end, with real workers: it costs its message and its process, nothing else."""

import contextlib
import os
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
from jmswrap.message import Message
from jmswrap.states import HERE, State
from jmswrap.store.server import EmbeddedServer
from jmswrap.worker.process import OVERRAN

SHEET = """\
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:o="urn:example:orders">
  <xsl:template match="/*">
    <xsl:call-template name="both"><xsl:with-param name="left" select="number(o:number)"/></xsl:call-template>
    <xsl:copy-of select="."/>
  </xsl:template>
  <xsl:template name="both">
    <xsl:param name="left"/>
    <xsl:if test="$left &gt; 0">
      <xsl:call-template name="both"><xsl:with-param name="left" select="$left - 1"/></xsl:call-template>
      <xsl:call-template name="both"><xsl:with-param name="left" select="$left - 1"/></xsl:call-template>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
"""

ENDLESS = 60
"""The template runs two to the power of it times."""


def integration(folder: Path, store: str, partner: str, seconds: int) -> Path:
    shutil.copy(Path(__file__).parents[1] / "data/partner/orders.wsdl", folder / "orders.wsdl")
    (folder / "both.xsl").write_text(SHEET)
    file = folder / "jmswrap.yaml"
    file.write_text(f"""\
jmswrap: 1
name: runaway-{seconds}
namespaces: {{o: "urn:example:orders"}}
store: {{url: "{store}"}}
transforms: {{seconds: {seconds}}}
workers: {{linger_seconds: 0.2}}
partners:
  shop: {{wsdl: orders.wsdl, address: "{partner}"}}
routes:
  place:
    from: {{queue: orders}}
    to: {{partner: shop, operation: Place}}
    steps: [{{xslt: both.xsl}}]
    key: {{xpath: "o:number"}}
    on_dead: release
""")
    return file


def order(number: int) -> Message:
    body = f'<Place xmlns="urn:example:orders"><number>{number}</number><quantity>1</quantity></Place>'
    return Message(clock.new_id(), "orders", "place", body.encode(), key=str(number))


@contextlib.contextmanager
def worker(file: Path, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**os.environ, "JMSWRAP_CONFIG": str(file)}
    with (file.parent / "worker.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", *command], stderr=log, stdout=log, env=environment)
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


@pytest.mark.parametrize(
    ("command", "seconds"),
    [
        (("jmswrap", "work"), 1),
        # Longer than a drain waits for its last calls: it is over when the transform is given up.
        (("jmswrap", "work"), 3),
        (("rq.cli", "worker", "-c", "jmswrap.rq"), 1),
    ],
    ids=["work", "work, after its drain", "rq"],
)
def test_a_transform_that_does_not_end_costs_its_message_and_its_process_and_nothing_else(
    store_server: EmbeddedServer, tmp_path: Path, command: tuple[str, ...], seconds: int
) -> None:
    with rogue(answer("200 OK", CONFIRMED)) as seen:
        file = integration(tmp_path, store_server.url, seen.address, seconds)
        here = connect(load(file))
        store = here.store
        runaway, *neighbours = order(ENDLESS), order(1), order(2), order(3)
        store.accept([runaway, *neighbours])
        here.bell.ring("orders")
        ids = [message.id for message in (runaway, *neighbours)]

        def states() -> list[State] | None:
            found = [record.state for record in map(store.record, ids) if record]
            return None if HERE & set(found) - {State.DEAD} else found

        with worker(file, *command) as process:
            assert eventually(states, "every message to settle") == [State.DEAD, *[State.DELIVERED] * 3]
            (attempt,) = store.attempts(runaway.id)
            assert (attempt.outcome, attempt.sentence.split(";")[0]) == (
                "transform-too-long",
                f"both.xsl ran longer than {seconds} s",
            )
            record = store.record(runaway.id)
            assert record
            assert record.kills == 0
            if command[0] == "jmswrap":
                assert process.wait(PATIENCE_SECONDS) == OVERRAN, (tmp_path / "worker.log").read_text()
            # The next worker, or the next process of this one, goes on.
            late = order(4)
            ids.append(late.id)
            store.accept([late])
            here.bell.ring("orders")
            with worker(file, *command) if process.poll() is not None else contextlib.nullcontext():
                assert eventually(states, "the next message")[-1] is State.DELIVERED
        here.close()
