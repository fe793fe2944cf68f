"""WS-Addressing in calls to partners."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from jmswrap import xml
from jmswrap.outcome import Outcome
from jmswrap.partner.callback import Barred, Destinations
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.transport import NoReply

WSDL = Path(__file__).parents[2] / "data/partner/orders.wsdl"
PLACE = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'
REPLY = b"""<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<PlaceResponse xmlns="urn:example:orders"><confirmation>C</confirmation></PlaceResponse></s:Body></s:Envelope>"""
HOLDING_OTHERS = (
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::1",
    "fe80::1",
    "fd00::1",
    "fec0::1",
    "100.64.0.1",
    "255.255.255.255",
)
"""IPv6 addresses that another one stands in, and further ones that lead nowhere public."""


Heard = tuple[str, list[bytes]]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """A partner's address, and what it was sent."""
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", str(len(REPLY)))
            self.end_headers()
            self.wfile.write(REPLY)

        def log_message(self, format: str, *args: Any) -> None:
            assert format

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/orders", got
    server.shutdown()
    server.server_close()


def blocks(namespace: str, **said: str) -> list[str]:
    """Return header blocks as the door keeps them."""
    return [f'<a:{name} xmlns:a="{namespace}">{content}</a:{name}>' for name, content in said.items()]


@pytest.mark.parametrize("namespace", [xml.WSA_10, xml.WSA_0408])
def test_every_delivery_of_a_message_has_the_same_message_id_and_our_address_of_the_partner(
    namespace: str, heard: Heard
) -> None:
    address, got = heard
    client = PartnerClient("shop", WSDL, address=address, addressing=namespace)
    for _ in range(2):
        assert client.call("Place", PLACE, message_id="m1").outcome is Outcome.REPLIED
    client.close()
    first, second = ([(b.tag, b.xpath("string()")) for b in etree.fromstring(raw)[0]] for raw in got)
    anonymous = f"{namespace}/anonymous" if namespace == xml.WSA_10 else f"{namespace}/role/anonymous"
    assert first == second
    assert dict(first) == {
        f"{{{namespace}}}To": address,
        f"{{{namespace}}}Action": "urn:place",
        f"{{{namespace}}}MessageID": "urn:jmswrap:m1",
        f"{{{namespace}}}ReplyTo": anonymous,
    }


@pytest.mark.parametrize("namespace", [xml.WSA_10, xml.WSA_0408])
@pytest.mark.parametrize("ours", [True, False])
def test_what_a_caller_addressed_to_us_is_addressed_anew_to_the_partner(
    namespace: str, ours: bool, heard: Heard
) -> None:
    address, got = heard
    elsewhere = "<a:Address>http://caller.example/answers</a:Address>"
    said = blocks(
        namespace,
        To="http://gateway.example/services/shop",
        Action="urn:place",
        MessageID="urn:caller:1",
        RelatesTo="urn:caller:0",
        ReplyTo=elsewhere,
        FaultTo=elsewhere,
    )
    client = PartnerClient("shop", WSDL, address=address, addressing=namespace if ours else "")
    called = client.call("Place", PLACE, message_id="m1", headers=[*said, '<Session xmlns="urn:s">7</Session>'])
    client.close()
    assert called.outcome is Outcome.REPLIED
    names = [etree.QName(block).localname for block in etree.fromstring(got[0])[0]]
    found = {etree.QName(block).localname: block.xpath("string()") for block in etree.fromstring(got[0])[0]}
    assert len(names) == len(found)
    assert found["To"] == address
    assert (found["RelatesTo"], found["Session"]) == ("urn:caller:0", "7")
    assert found["MessageID"] == ("urn:jmswrap:m1" if ours else "urn:caller:1")
    assert b"caller.example" not in got[0]
    assert b"gateway.example" not in got[0]


def test_an_action_that_http_cannot_carry_is_one_sentence(tmp_path: Path, heard: Heard) -> None:
    wsdl = tmp_path / "odd.wsdl"
    wsdl.write_text(WSDL.read_text("utf-8").replace("urn:place", "urn:\u03a9"), "utf-8")
    client = PartnerClient("shop", wsdl, address=heard[0])
    called = client.call("Place", PLACE)
    client.close()
    assert called.outcome is Outcome.CANNOT_CALL
    assert "has the character '\u03a9', which HTTP cannot carry" in called.sentence


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "0.0.0.0", "224.0.0.1", *HOLDING_OTHERS],
)
def test_no_address_that_is_not_public_is_dialled(host: str) -> None:
    with pytest.raises(Barred, match="not a public address"):
        Destinations((host,)).pin(host, 80)


def test_a_private_network_is_dialled_when_it_is_named() -> None:
    assert Destinations(("10.1.2.3",), ("10.1.0.0/16",)).pin("10.1.2.3", 80) == "10.1.2.3"
    with pytest.raises(Barred):
        Destinations(("10.2.2.3",), ("10.1.0.0/16",)).pin("10.2.2.3", 80)


@pytest.mark.parametrize(
    ("address", "permitted"),
    [
        ("https://erp.example/answers", True),
        ("https://ERP.example:8443/", False),
        ("http://erp.example/", False),
        ("https://erp.example.evil/", False),
        ("https://user:word@erp.example/", False),
        ("ftp://erp.example/", False),
        ("http://any.example:81/x", True),
        ("https://[erp.example", False),
        ("https://erp.example/a b", False),
        ("https://erp.example/a\r\nX: y", False),
        ("https://erp.example/\u00e4\u20ac", False),
        ("https://\uff45rp.example/", False),
        ("https://erp.example\\@evil.example/", False),
        ("https://evil.example#@erp.example/", False),
        ("https://erp.example%2eevil.example/", False),
        ("http://[2001:db8::7]:8080/x", True),
        ("http://[2001:db8::7]/x", False),
        ("http://[2001:db8::8]/x", True),
        ("http://2130706433/", False),
    ],
)
def test_only_listed_hosts_are_called(address: str, permitted: bool) -> None:
    allowed = ("erp.example:443", "any.example", "[2001:db8::7]:8080", "[2001:db8::8]")
    assert Destinations(allowed).permits(address) is permitted


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_a_number_is_the_address_that_it_stands_for(host: str) -> None:
    with pytest.raises((Barred, NoReply)):
        Destinations((host,)).pin(host, 80)
