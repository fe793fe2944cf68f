"""A gateway whose transform does not end: the caller gets a fault, the process is replaced, others are served."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from answering import ORDERS, Partner, call, integration, place
from machine import Up, eventually, up

ENDLESS = "60"
SHEET = f"""\
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:o="{ORDERS}">
  <xsl:template match="/*">
    <xsl:if test="o:number = '{ENDLESS}'"><xsl:call-template name="both"/></xsl:if>
    <xsl:copy-of select="."/>
  </xsl:template>
  <xsl:template name="both">
    <xsl:param name="left" select="{ENDLESS}"/>
    <xsl:if test="$left &gt; 0">
      <xsl:call-template name="both"><xsl:with-param name="left" select="$left - 1"/></xsl:call-template>
      <xsl:call-template name="both"><xsl:with-param name="left" select="$left - 1"/></xsl:call-template>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Up]:
    folder, partner = tmp_path / "slow", Partner()
    integration(folder, partner.address)
    (folder / "both.xsl").write_text(SHEET)
    file = folder / "jmswrap.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["transforms"] = {"seconds": 1}
    settings["routes"]["sync"] |= {"steps": [{"xslt": "both.xsl"}], "answer_seconds": 30}
    file.write_text(yaml.safe_dump(settings))
    with up(folder) as machine:
        yield machine
    partner.close()


def test_a_caller_whose_transform_does_not_end_gets_a_fault_and_the_next_one_an_answer(running: Up) -> None:
    port = int(urlsplit(running.facts["services"]["sync"]["wsdl"]).port or 0)
    assert call(port, "sync", place("1"), "").status == 200
    refused = call(port, "sync", place(ENDLESS), "")
    assert refused.status == 500
    assert refused.text("faultstring") == (
        "The message could not be put into the form of the partner shop: a step took longer than `transforms.seconds`. "
        "Nothing was sent."
    )

    def served() -> bool:
        try:
            return call(port, "sync", place("2"), "").status == 200
        except OSError:
            # Between two processes a connection may be closed.
            return False

    assert eventually(served, "the next process")
