import http.client
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zeep
from lxml import etree

from jmswrap.errors import ConfigError, ContractError
from jmswrap.testing.http import Request
from jmswrap.testing.ledger import Entry, Ledger, entries
from jmswrap.testing.partner import Behaviour, SimulatedPartner

Simulate = Callable[..., str]
BODY = b'<Place xmlns="urn:example:orders"><number>%s</number><quantity>%s</quantity></Place>'
ENVELOPE = b'<e:Envelope xmlns:e="%s"><e:Body>%s</e:Body></e:Envelope>'
SOAP_11 = b"http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = b"http://www.w3.org/2003/05/soap-envelope"


def place(number: bytes = b"7", quantity: bytes = b"1", soap: bytes = SOAP_11) -> bytes:
    return ENVELOPE % (soap, BODY % (number, quantity))


def post(address: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    connection.request("POST", parts.path, body, {"Content-Type": "text/xml", **headers})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def answered(partner: SimulatedPartner, body: bytes) -> tuple[int, bytes]:
    answer = partner.respond(Request("POST", "/", {}, body))
    return answer.status, answer.body


def test_an_independent_client_gets_a_typed_reply_and_the_ledger_a_line(simulate: Simulate, tmp_path, wsdl):
    ledger = tmp_path / "ledger.jsonl"
    address = simulate("--ledger", ledger, "--value", "number=t:number")
    client = zeep.Client(str(wsdl))
    service = client.create_service(next(iter(client.wsdl.bindings)), address)
    assert isinstance(service.Place(number="A-1", quantity=2), str)
    (entry,) = entries(ledger)
    assert (entry.sequence, entry.operation, entry.values) == (1, "Place", {"number": "A-1"})
    assert entry.element == "{urn:example:orders}Place"


def test_a_reply_fits_the_schema_and_comes_in_the_version_it_was_asked_in(wsdl):
    partner = SimulatedPartner(wsdl, Ledger(None))
    for soap in (SOAP_11, SOAP_12):
        status, body = answered(partner, place(soap=soap))
        envelope = etree.fromstring(body)
        assert status == 200
        assert etree.QName(envelope).namespace == soap.decode()
        assert envelope[0][0].tag == "{urn:example:orders}PlaceResponse"


def test_a_body_that_does_not_fit_is_a_client_fault_that_names_the_element(wsdl, tmp_path):
    with Ledger(tmp_path / "ledger") as ledger:
        status, body = answered(SimulatedPartner(wsdl, ledger), place(quantity=b"many"))
    assert status == 500
    assert b":Client</faultcode>" in body
    assert b"quantity" in body
    assert entries(tmp_path / "ledger") == []


@pytest.mark.parametrize("body", [b"", b"<x", b"<x/>", ENVELOPE % (SOAP_11, b""), ENVELOPE % (b"urn:x", b"<a/>")])
def test_what_is_no_soap_request_is_a_client_fault(wsdl, body):
    status, answer = answered(SimulatedPartner(wsdl, Ledger(None)), body)
    assert (status, b"Client" in answer) == (500, True)


def test_a_one_way_operation_is_answered_202_with_nothing(wsdl):
    body = ENVELOPE % (SOAP_11, b'<Tell xmlns="urn:example:orders"><news>x</news></Tell>')
    assert answered(SimulatedPartner(wsdl, Ledger(None)), body) == (202, b"")


def test_faults_come_with_the_share_asked_for_and_the_same_seed_gives_the_same(wsdl):
    def run(seed: int) -> list[int]:
        partner = SimulatedPartner(wsdl, Ledger(None), Behaviour(faults=0.5, seed=seed))
        return [answered(partner, place())[0] for _ in range(100)]

    assert run(1) == run(1) != run(2)
    assert set(run(1)) == {200, 500, 503}
    assert 30 < run(1).count(200) < 70


def test_a_body_the_rule_is_true_for_gets_a_business_fault(wsdl):
    partner = SimulatedPartner(wsdl, Ledger(None), Behaviour(rejects="t:quantity > 100"))
    assert answered(partner, place(quantity=b"100"))[0] == 200
    status, body = answered(partner, place(quantity=b"101"))
    assert (status, b":Client</faultcode>" in body) == (500, True)


def test_a_lost_answer_is_applied_all_the_same(simulate: Simulate, tmp_path):
    ledger = tmp_path / "ledger"
    address = simulate("--ledger", ledger, "--lost", 1)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        post(address, place())
    assert len(entries(ledger)) == 1


def test_a_partner_that_is_down_refuses_connections_and_comes_back(simulate: Simulate):
    address = simulate("--down-after", 1, "--down-seconds", 2)
    assert post(address, place())[0] == 200
    with pytest.raises(ConnectionRefusedError):
        post(address, place())
    deadline = time.monotonic() + 60
    while True:
        try:
            assert post(address, place())[0] == 200
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline


def test_latency_is_added_to_each_answer(simulate: Simulate):
    address = simulate("--latency", 200)
    began = time.monotonic()
    assert post(address, place())[0] == 200
    assert time.monotonic() - began >= 0.2


def test_chunked_and_pipelined_requests_are_taken(simulate: Simulate):
    parts = urlsplit(simulate())
    whole = place()
    chunked = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (10, whole[:10], len(whole) - 10, whole[10:])
    head = b"POST / HTTP/1.1\r\nHost: x\r\n"
    with socket.create_connection((str(parts.hostname), parts.port), timeout=60) as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked)
        connection.sendall(head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(whole) + whole)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_a_ledger_goes_on_counting_where_it_stopped(wsdl, tmp_path):
    for _ in range(2):
        with Ledger(tmp_path / "deep" / "ledger") as ledger:
            answered(SimulatedPartner(wsdl, ledger), place())
    assert [entry.sequence for entry in entries(tmp_path / "deep" / "ledger")] == [1, 2]
    assert isinstance(entries(tmp_path / "deep" / "ledger")[0], Entry)


def test_a_wsdl_that_cannot_be_used_is_one_sentence(tmp_path: Path):
    wrong = tmp_path / "wrong.wsdl"
    wrong.write_text("<definitions/>")
    with pytest.raises(ContractError):
        SimulatedPartner(wrong, Ledger(None))


def test_an_xpath_that_cannot_be_used_is_one_sentence(wsdl):
    with pytest.raises(ConfigError, match="nope:x cannot be used"):
        SimulatedPartner(wsdl, Ledger(None), Behaviour(rejects="nope:x"))


@pytest.mark.parametrize("soap", [SOAP_11, SOAP_12])
def test_a_rejection_carries_the_fault_detail_that_the_contract_declares(wsdl, soap):
    partner = SimulatedPartner(wsdl, Ledger(None), Behaviour(rejects="t:number = '13'"))
    _, body = answered(partner, place(b"13", soap=soap))
    detail = etree.fromstring(body)[0][0][-1]
    assert etree.QName(detail).localname.lower() == "detail"
    (element,) = detail
    assert element.tag == "{urn:example:orders}OutOfStock"
    partner._schemas.validate(element, element.tag)


def test_a_rejection_may_be_given_and_must_be_a_declared_one(wsdl):
    given = '<OutOfStock xmlns="urn:example:orders"><number>13</number></OutOfStock>'
    partner = SimulatedPartner(wsdl, Ledger(None), Behaviour(rejects="true()", rejection=given))
    assert b"<number>13</number></OutOfStock></detail>" in answered(partner, place())[1]
    for wrong, said in (
        ("<x/>", "no operation declares"),
        ("<x", "cannot be used"),
        (given.replace("number", "n"), "n"),
    ):
        with pytest.raises(ConfigError, match=said):
            SimulatedPartner(wsdl, Ledger(None), Behaviour(rejection=wrong))
