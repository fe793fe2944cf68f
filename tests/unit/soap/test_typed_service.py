"""A user's own Spyne service in the gateway: the example, run as its text says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import zeep
from door import Orders, Reply, Starts
from lxml import etree

from jmswrap import xml
from jmswrap.contract.lint import lint
from jmswrap.contract.lint_nouns import REFUSED
from jmswrap.store.server import EmbeddedServer

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples/typed_service"
READING = (EXAMPLE / "reading.xml").read_bytes()
PATH = "/services/MeterReadings"
TEXT = {"Content-Type": "text/xml; charset=utf-8"}

MAKE_WSDL = """
import sys
import jmswrap.soap
from meter_readings import MeterReadings
from jmswrap.soap.typed import Typed11, TypedApplication
from jmswrap.soap.typed_wsdl import typed_wsdl
application = TypedApplication([MeterReadings], MeterReadings.__tns__, "MeterReadings", Typed11(), Typed11())
sys.stdout.buffer.write(typed_wsdl(application, "http://gateway.example/services/MeterReadings"))
"""


@pytest.fixture(scope="module")
def readings(starts: Starts, store_server: EmbeddedServer) -> Orders:
    settings = (EXAMPLE / "jmswrap.yaml").read_text().replace("name: meter-readings", "name: NAME")
    return starts.orders(store_server.url, settings=settings)


def send(readings: Orders, body: bytes, kind: str = "text/xml") -> Reply:
    return readings.request("POST", PATH, body, {"Content-Type": kind})


def test_the_example_puts_a_message_and_returns_its_receipt(readings: Orders) -> None:
    reply = send(readings, READING)
    assert reply.status == 200, reply.body
    message_id = reply.envelope.findtext(".//{urn:example:meter-readings}message_id")
    assert message_id
    record = readings.store.record(message_id, with_body=True)
    assert record is not None
    message = record.message
    assert (message.queue, message.route, message.key) == ("readings", "readings", "E-4711")
    assert etree.fromstring(message.body).findtext("{urn:example:meter-readings}Value") == "1234.5"


def test_a_repeated_call_is_a_duplicate_of_the_same_message(readings: Orders) -> None:
    again = READING.replace(b"06:00", b"07:00")
    first, second = (send(readings, again).envelope for _ in range(2))
    name = ".//{urn:example:meter-readings}"
    assert (first.findtext(f"{name}status"), second.findtext(f"{name}status")) == ("ACCEPTED", "DUPLICATE")
    assert first.findtext(f"{name}message_id") == second.findtext(f"{name}message_id")


def test_soap_12_is_answered_in_soap_12(readings: Orders) -> None:
    body = READING.replace(xml.SOAP_11.encode(), xml.SOAP_12.encode())
    reply = send(readings, body, "application/soap+xml")
    assert (reply.status, reply.envelope.tag) == (200, f"{{{xml.SOAP_12}}}Envelope")


def test_a_value_out_of_bounds_is_a_client_fault_with_line_and_element(readings: Orders) -> None:
    reply = send(readings, READING.replace(b"kWh", b"litres"))
    assert (reply.status, reply.fault_code, reply.detail("line")) == (500, "Client", "8")
    assert reply.detail("element").endswith("unit")


def test_what_the_method_refuses_is_its_own_fault(readings: Orders) -> None:
    reply = send(readings, READING.replace(b"E-4711", b"TEST-1"))
    assert (reply.status, reply.fault_code, reply.detail("code")) == (500, "Client", "TestMeter")
    assert "test meters" in reply.sentence


def test_an_action_of_another_operation_is_refused(readings: Orders) -> None:
    reply = readings.request("POST", PATH, READING, {**TEXT, "SOAPAction": '"delete"'})
    assert (reply.status, reply.fault_code, reply.detail("code")) == (500, "Client", "action-mismatch")


def test_another_element_is_no_operation(readings: Orders) -> None:
    reply = send(readings, READING.replace(b"m:report", b"m:erase"))
    assert (reply.status, reply.detail("code")) == (500, "unknown-operation")


def test_the_guard_stands_before_a_typed_service_too(readings: Orders) -> None:
    reply = send(readings, b"<!DOCTYPE x>" + READING)
    assert (reply.status, reply.detail("code")) == (500, "doctype")


def test_a_client_that_imports_the_wsdl_can_call_it(readings: Orders) -> None:
    client = zeep.Client(f"http://127.0.0.1:{readings.port}{PATH}?wsdl")
    stored = client.service.report(
        reading={"meter": "W-1", "taken": "2026-11-21T08:00:00Z", "value": "3", "unit": "m3"}
    )
    assert stored.status == "ACCEPTED"
    client.transport.session.close()


def test_no_tool_refuses_the_wsdl(readings: Orders) -> None:
    found = lint(f"http://127.0.0.1:{readings.port}{PATH}?wsdl")
    assert [str(one) for one in found if one.severity == REFUSED] == []


def test_the_wsdl_is_the_same_at_every_start_and_in_the_order_tools_want() -> None:
    made = {_wsdl(seed) for seed in ("0", "1", "7")}
    assert len(made) == 1
    root = etree.fromstring(made.pop())
    assert [etree.QName(child).localname for child in root] == [
        "types", "message", "message", "portType", "binding", "binding", "service",
    ]  # fmt: skip
    addresses = [a.get("location") for a in root.iter() if etree.QName(a).localname == "address"]
    assert addresses == ["http://gateway.example/services/MeterReadings"] * 2


def _wsdl(seed: str) -> bytes:
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MAKE_WSDL],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{EXAMPLE}", "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return found.stdout
