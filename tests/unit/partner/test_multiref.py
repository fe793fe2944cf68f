"""Replies in SOAP's encoding whose values stand beside the wrapper, as older servers write them."""

import pytest
from lxml import etree
from rogue import SOAP

from jmswrap.outcome import Called, Outcome
from jmswrap.partner.reply import Parsers, interpret
from jmswrap.partner.transport import HttpReply

ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
NAMES = f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:enc="{ENCODING}"'


def came(*body: str, wanted: bool = True) -> Called:
    envelope = f'<e:Envelope xmlns:e="{SOAP}" {NAMES}><e:Body>{"".join(body)}</e:Body></e:Envelope>'
    reply = HttpReply(200, {"content-type": "text/xml"}, envelope.encode())
    return interpret(reply, Parsers().parser, False, frozenset(), wanted, encoded=True)


def test_what_a_reply_refers_to_stands_in_its_wrapper() -> None:
    called = came(
        '<r:getResponse xmlns:r="urn:r"><return href="#id0"/><again href="#id1"/></r:getResponse>',
        '<multiRef id="id0" enc:root="0" xsi:type="n:Person" xmlns:n="urn:n"><name>Jo</name>',
        '<at href="#id1"/></multiRef>',
        '<multiRef id="id1" enc:root="0"><street>High Street</street></multiRef>',
    )
    root = etree.fromstring(called.body)
    assert root.tag == "{urn:r}getResponse"
    assert (root.findtext("return/name"), root.findtext("return/at/street")) == ("Jo", "High Street")
    assert root.findtext("again/street") == "High Street"
    assert not root.xpath("//@href | //@id")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('<r><a href="#x"/></r><m id="x"><b href="#x"/></m>', "in itself"),
        ('<r><a href="#nobody"/></r>', "not in it"),
        (
            '<r><a href="#n0"/></r>'
            + "".join(f'<m id="n{i}">{f"<b href={chr(34)}#n{i + 1}{chr(34)}/>" * 20}</m>' for i in range(9))
            + '<m id="n9">x</m>',
            "more than 100000",
        ),
    ],
    ids=["in-itself", "of-nothing", "grows"],
)
def test_a_reply_that_cannot_be_put_together_is_no_reply(body: str, why: str) -> None:
    called = came(body)
    assert called.outcome is Outcome.GARBAGE_REPLY
    assert why in called.sentence
    assert came(body, wanted=False).outcome is Outcome.REPLIED, "nobody reads it"
