"""A WSDL with several ports, as one integration that runs."""

import subprocess
import sys
from pathlib import Path

import urllib3
from lxml import etree
from machine import Up, eventually, up

from jmswrap import xml
from jmswrap.testing.ledger import entries

ORDERS = Path(__file__).parents[1] / "data" / "wsdl" / "orders.wsdl"
FIRST, SECOND = "OrderService-Soap", "OrderService-Half"
PORT = '<port name="Half" binding="tns:Half"><soap:address location="http://partner.example/half"/></port></service>'


def with_a_second_port(wsdl: Path) -> Path:
    text = ORDERS.read_text()
    bound = text[text.index('<binding name="Soap"') : text.index('<binding name="Soap12"')]
    half = bound.replace('"Soap"', '"Half"').replace(bound[bound.rindex("<operation") :], "</binding>")
    wsdl.write_text(text.replace("<service", half + "<service").replace("</service>", PORT))
    return wsdl


def sent(running: Up, service: str, operation: str) -> tuple[int, bytes]:
    sample = etree.tostring(etree.parse(running.folder / "samples" / service / f"{operation}.xml")).decode()
    envelope = f'<e:Envelope xmlns:e="{xml.SOAP_11}"><e:Body>{sample}</e:Body></e:Envelope>'
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"urn:test:orders/{operation}"'}
    answer = urllib3.request("POST", running.facts["services"][service]["address"], body=envelope, headers=headers)
    return answer.status, answer.data


def test_every_port_is_a_service_of_one_gateway_and_the_one_way_operation_is_stored(tmp_path: Path) -> None:
    wsdl = with_a_second_port(tmp_path / "shop.wsdl")
    command = [sys.executable, "-m", "jmswrap", "wrap", str(wsdl), "-o", str(tmp_path / "shop"), "--all"]
    done = subprocess.run([*command, "--answer", "sync"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.count("operation")) == (0, 2), done.stderr
    assert "Operation Forget is one-way: answered `empty` in place of `sync`." in done.stderr
    with up(tmp_path / "shop", "--simulate", "--workers", 1) as running:
        for service in (FIRST, SECOND):
            status, reply = sent(running, service, "PlaceOrder")
            assert (status, b"PlaceOrderResponse" in reply) == (200, True), reply
        assert sent(running, FIRST, "Forget") == (202, b"")
        ledgers = {name: Path(partner["ledger"]) for name, partner in running.facts["partners"].items()}
        eventually(lambda: len(entries(ledgers[FIRST])) == 2 or None, "the one-way message")
        assert [entry.operation for entry in entries(ledgers[FIRST])] == ["PlaceOrder", "Forget"]
        assert [entry.operation for entry in entries(ledgers[SECOND])] == ["PlaceOrder"]
