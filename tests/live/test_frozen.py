"""A message that stops a whole process without killing it: a pattern that backtracks without end."""

from pathlib import Path

from machine import eventually, up
from rogue import CONFIRMED, answer, rogue

from jmswrap.app.connections import connect
from jmswrap.app.integration import load
from jmswrap.states import HERE, State
from jmswrap.store.server import EmbeddedServer
from tests.live.test_poison import integration, order

SHEET = """\
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:o="urn:example:orders"
  xmlns:xp20="http://www.oracle.com/XSL/Transform/java/oracle.tip.pc.services.functions.Xpath20">
  <xsl:template match="/*">
    <xsl:if test="o:number = 666 and xp20:matches('{a}b', '^(a+)+$')"><never/></xsl:if>
    <xsl:copy-of select="."/>
  </xsl:template>
</xsl:stylesheet>
""".replace("{a}", "a" * 200)


def test_a_process_that_stands_still_is_ended_and_its_message_dies_alone(
    store_server: EmbeddedServer, tmp_path: Path
) -> None:
    with rogue(answer("200 OK", CONFIRMED)) as seen:
        # Long enough that a busy machine keeps no process from moving for so long.
        file = integration(tmp_path, store_server.url, seen.address)
        file.write_text(file.read_text() + "workers: {frozen_seconds: 3}\n")
        (tmp_path / "down.xsl").write_text(SHEET)
        here = connect(load(file))
        store = here.store
        freezing, *neighbours = order(666), order(1), order(2)
        store.accept([freezing, *neighbours])
        here.bell.ring("orders")

        def settled() -> bool:
            states = [record.state for record in map(store.record, (m.id for m in (freezing, *neighbours))) if record]
            return not HERE & set(states) - {State.DEAD}

        with up(tmp_path, "--workers", 1) as machine:
            eventually(settled, "every message to settle")
            record = store.record(freezing.id)
            assert record
            assert (record.state, record.kills) == (State.DEAD, 3)
            assert store.attempts(freezing.id)[-1].outcome == "killed-workers"
            assert [store.record(m.id).state for m in neighbours] == [State.DELIVERED] * 2
            assert "oracle/strings.py" in machine.log.read_text(), "the log says where it stood"
        here.close()
