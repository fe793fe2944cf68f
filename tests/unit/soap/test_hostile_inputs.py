"""The hostile inputs that come to the door: the right fault, the right status, nothing queued.

Numbers are those of the list of thirty; 26 to 30 come from partners.
"""

import gzip
import select
import socket
import time
from collections.abc import Callable

import pytest
from door import ORDERS, Orders, Reply, envelope_11, envelope_12, place

from jmswrap.soap.envelope import EnvelopeReader
from jmswrap.soap.faults import Blame, SoapFault
from jmswrap.soap.versions import SOAP_11

SOAP_12_TYPE = "application/soap+xml; charset=utf-8"
INSIDE = (b"Traceback", b'File "', b"lxml", b"redis", b"spyne", b"/jmswrap/")


def refused(orders: Orders, reply: Reply, status: int, code: str) -> Reply:
    """Check status and fault code, that nothing was queued and nothing leaked."""
    assert (reply.status, reply.fault_code) == (status, code), reply.body
    assert orders.queued() == 0
    assert not [word for word in INSIDE if word in reply.body]
    return reply


def test_1_an_empty_body_element_is_a_client_fault(orders: Orders) -> None:
    reply = refused(orders, orders.post(envelope_11("")), 500, "Client")
    assert "Body is empty" in reply.sentence


def test_2_a_zero_length_post_is_a_client_fault(orders: Orders) -> None:
    refused(orders, orders.post(b""), 500, "Client")
    refused(orders, orders.post(b"", SOAP_12_TYPE), 400, "Sender")


def test_3_an_internal_entity_reference_is_a_client_fault(orders: Orders) -> None:
    declared = b'<!DOCTYPE x [<!ENTITY e "A1">]>' + envelope_11(place("&e;"))
    refused(orders, orders.post(declared), 500, "Client")
    refused(orders, orders.post(envelope_11(place("&e;"))), 500, "Client")


def test_4_an_external_entity_is_a_client_fault_and_is_not_opened(orders: Orders) -> None:
    declared = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + envelope_11(place("&e;"))
    reply = refused(orders, orders.post(declared), 500, "Client")
    assert b"root:" not in reply.body


def test_5_a_bare_doctype_is_a_client_fault(orders: Orders) -> None:
    reply = refused(
        orders, orders.post(b"<?xml version='1.0'?><!-- a --><!DOCTYPE x>" + envelope_11(place())), 500, "Client"
    )
    assert reply.detail("code") == "doctype"


def test_a_doctype_in_utf_16_is_a_client_fault(orders: Orders) -> None:
    text = "<!DOCTYPE x>" + envelope_11(place()).decode()
    reply = refused(orders, orders.post(text.encode("utf-16"), "text/xml; charset=utf-16"), 500, "Client")
    assert reply.detail("code") == "doctype"


def test_a_doctype_inside_character_data_is_only_text(orders: Orders) -> None:
    reply = orders.post(envelope_11(place(note="<![CDATA[<!DOCTYPE html>]]>")))
    assert reply.receipt["status"] == "ACCEPTED"


def test_6_billion_laughs_is_a_client_fault_at_once(orders: Orders) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    laughs = f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]>'.encode() + envelope_11(place("&e11;"))
    began = time.monotonic()
    refused(orders, orders.post(laughs), 500, "Client")
    assert time.monotonic() - began < 15


def test_7_an_unknown_charset_is_refused(orders: Orders) -> None:
    refused(orders, orders.post(envelope_11(place()), "text/xml; charset=klingon"), 415, "Client")
    declared = b'<?xml version="1.0" encoding="klingon"?>' + envelope_11(place())
    refused(orders, orders.post(declared, "text/xml"), 500, "Client")


def test_8_soap_12_with_an_invalid_body_is_a_sender_fault_that_names_line_and_element(orders: Orders) -> None:
    body = envelope_12(place(quantity="many")).replace(b"<quantity>", b"\n<quantity>")
    reply = refused(orders, orders.post(body, SOAP_12_TYPE), 400, "Sender")
    assert "Line 2" in reply.sentence
    assert "quantity" in reply.sentence
    assert (reply.detail("line"), reply.detail("code")) == ("2", "invalid-document")
    assert reply.detail("element").endswith("quantity")


def test_soap_11_with_an_invalid_body_is_a_client_fault_that_names_line_and_element(orders: Orders) -> None:
    reply = refused(orders, orders.post(envelope_11(f'<Place xmlns="{ORDERS}"/>')), 500, "Client")
    assert reply.detail("line") == "1"
    assert reply.detail("element").endswith("Place")


def test_9_an_id_href_cycle_is_only_an_invalid_document(orders: Orders) -> None:
    cycle = f'<Place xmlns="{ORDERS}"><number id="a" href="#b"/><quantity id="b" href="#a">1</quantity></Place>'
    refused(orders, orders.post(envelope_11(cycle)), 500, "Client")


def test_10_an_href_beside_an_id_is_left_alone(orders: Orders) -> None:
    header = '<h:x xmlns:h="urn:h" id="a"/><h:y xmlns:h="urn:h" href="http://example.org/"/>'
    assert orders.post(envelope_11(place(), header)).receipt["status"] == "ACCEPTED"


@pytest.mark.parametrize(("soap", "kind"), [(envelope_11, "text/xml"), (envelope_12, "application/soap+xml")])
def test_11_an_unknown_mandatory_header_is_not_understood(
    orders: Orders, soap: Callable[[str, str], bytes], kind: str
) -> None:
    reply = orders.post(soap(place(), '<h:Magic xmlns:h="urn:h" s:mustUnderstand="1"/>'), kind)
    refused(orders, reply, 500, "MustUnderstand")
    if kind != "text/xml":
        block = reply.envelope.find(".//{http://www.w3.org/2003/05/soap-envelope}NotUnderstood")
        assert block is not None
        assert block.get("qname") == "n:Magic"


def test_a_mandatory_header_for_somebody_else_is_passed_by(orders: Orders) -> None:
    header = '<h:Magic xmlns:h="urn:h" s:mustUnderstand="1" s:actor="urn:a-proxy"/>'
    assert orders.post(envelope_11(place(), header)).receipt["status"] == "ACCEPTED"


def test_12_json_is_an_unsupported_media_type(orders: Orders) -> None:
    refused(orders, orders.post(b'{"number": 1}', "application/json"), 415, "Client")


def test_13_no_content_type_is_an_unsupported_media_type(orders: Orders) -> None:
    refused(orders, orders.post(envelope_11(place()), None), 415, "Client")


def test_14_a_content_length_over_the_cap_is_too_large(orders: Orders) -> None:
    refused(orders, orders.post(envelope_11(place(note="x" * 1_000_000))), 413, "Client")


def test_15_a_chunked_body_over_the_cap_is_too_large(orders: Orders) -> None:
    piece = b"%x\r\n%s\r\n" % (65_536, b" " * 65_536)
    head = b"POST /services/Orders HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = _raw(orders, head, [piece] * 17 + [b"0\r\n\r\n"])
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"<faultcode>soap:Client</faultcode>" in answer
    assert orders.queued() == 0


def test_16_an_action_of_another_operation_is_a_client_fault(orders: Orders) -> None:
    reply = refused(orders, orders.post(envelope_11(place()), SOAPAction='"urn:tell"'), 500, "Client")
    assert reply.detail("code") == "action-mismatch"
    reply = orders.post(envelope_12(place()), 'application/soap+xml; action="urn:tell"')
    refused(orders, reply, 400, "Sender")


@pytest.mark.parametrize("action", ['"urn:place"', "urn:place", '""', ""])
def test_an_action_that_fits_or_is_empty_is_taken(orders: Orders, action: str) -> None:
    assert orders.post(envelope_11(place()), SOAPAction=action).receipt["status"] == "ACCEPTED"


@pytest.mark.parametrize("namespace", [b"http://www.w3.org/2003/05/soap-envelope", b"urn:other"])
def test_17_a_wrong_envelope_namespace_is_a_version_mismatch(orders: Orders, namespace: bytes) -> None:
    strange = envelope_11(place()).replace(b"http://schemas.xmlsoap.org/soap/envelope/", namespace)
    refused(orders, orders.post(strange), 500, "VersionMismatch")


def test_a_soap_11_envelope_as_soap_12_is_a_version_mismatch_that_names_what_is_taken(orders: Orders) -> None:
    reply = refused(orders, orders.post(envelope_11(place()), SOAP_12_TYPE), 500, "VersionMismatch")
    assert b"SupportedEnvelope" in reply.body


def test_18_two_body_children_are_a_client_fault(orders: Orders) -> None:
    refused(orders, orders.post(envelope_11(place() + place())), 500, "Client")


def test_19_five_thousand_levels_are_a_client_fault(orders: Orders) -> None:
    refused(orders, orders.post(envelope_11("<a>" * 5000 + "</a>" * 5000)), 500, "Client")


def test_20_a_hundred_thousand_attributes_are_a_client_fault(orders: Orders) -> None:
    attributes = "".join(f' a{n}=""' for n in range(100_000))
    reply = refused(orders, orders.post(envelope_11(place(attributes=attributes))), 500, "Client")
    assert reply.detail("code") == "too-wide"


def test_21_a_text_of_fifty_megabytes_is_too_large(orders: Orders) -> None:
    head = b"POST /services/Orders HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 50000000\r\n\r\n"
    answer = _raw(orders, head, [b"x" * 1_000_000] * 50)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert orders.queued() == 0


def test_21_a_text_over_the_parsers_own_cap_is_a_client_fault() -> None:
    with pytest.raises(SoapFault, match="well-formed") as refusal:
        EnvelopeReader().read(envelope_11(place(note="x" * 11_000_000)), SOAP_11, "utf-8")
    assert refusal.value.blame is Blame.CLIENT


def test_22_a_gzip_bomb_is_too_large(orders: Orders) -> None:
    bomb = gzip.compress(b" " * 100_000_000)
    assert len(bomb) < 1_000_000
    refused(orders, orders.post(bomb, Content_Encoding="gzip"), 413, "Client")


def test_an_honest_gzip_body_is_taken(orders: Orders) -> None:
    reply = orders.post(gzip.compress(envelope_11(place())), Content_Encoding="gzip")
    assert reply.receipt["status"] == "ACCEPTED"


def test_a_body_that_is_not_what_its_coding_says_is_refused(orders: Orders) -> None:
    refused(orders, orders.post(envelope_11(place()), Content_Encoding="gzip"), 500, "Client")
    refused(orders, orders.post(gzip.compress(envelope_11(place()))[:-9], Content_Encoding="gzip"), 500, "Client")
    refused(orders, orders.post(envelope_11(place()), Content_Encoding="br"), 415, "Client")


def test_23_a_byte_a_second_ends_at_the_deadline(orders: Orders) -> None:
    head = b"POST /services/Orders HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 5000\r\n\r\n"
    answer = _raw(orders, head, [b"<"] * 60, pause_seconds=1)  # far longer than the body may take
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"<faultcode>soap:Client</faultcode>" in answer
    assert orders.queued() == 0


def test_24_utf_16_is_read_as_such(orders: Orders) -> None:
    text = envelope_11(place("Ä1")).decode()
    for content_type in ("text/xml; charset=utf-16", "text/xml"):
        reply = orders.post(text.encode("utf-16"), content_type)
        record = orders.store.record(reply.receipt["messageId"])
        assert record is not None
        assert record.message.key == "Ä1"


def test_24_a_declaration_that_lies_never_changes_what_is_stored(orders: Orders) -> None:
    """The Content-Type's charset goes first (RFC 7303); without one, a lie is a Client fault."""
    lie = b'<?xml version="1.0" encoding="iso-8859-1"?>' + envelope_11(place("Ä1"))
    reply = orders.post(lie, "text/xml; charset=utf-8")
    record = orders.store.record(reply.receipt["messageId"])
    assert record is not None
    assert record.message.key == "Ä1"


def test_24_bytes_that_are_not_in_the_declared_encoding_are_a_client_fault(orders: Orders) -> None:
    latin = envelope_11(place("Ä1")).decode().encode("latin-1")
    refused(orders, orders.post(latin, "text/xml; charset=utf-8"), 500, "Client")
    refused(orders, orders.post(b'<?xml version="1.0" encoding="utf-8"?>' + latin, "text/xml"), 500, "Client")
    refused(orders, orders.post(envelope_11(place()), "text/xml; charset=utf-16"), 500, "Client")


def test_25_a_foreign_host_header_changes_nothing(orders: Orders) -> None:
    first = orders.request("GET", "/services/Orders?wsdl", headers={"Host": "evil.example"})
    second = orders.request("GET", "/services/Orders?wsdl")
    assert b"evil.example" not in first.body
    assert first.body == second.body


@pytest.mark.parametrize(
    "body",
    [b"\x00\x01\x02", b"hello", b"<a", b"<a/>", b"%PDF-1.4", b"\xff\xfe", b"<?xml version='1.0'?>", b"\xef\xbb\xbf"],
)
def test_whatever_was_sent_the_answer_is_an_envelope(orders: Orders, body: bytes) -> None:
    refused(orders, orders.post(body), 500, "Client")
    refused(orders, orders.post(body, SOAP_12_TYPE), 400, "Sender")


def _raw(orders: Orders, head: bytes, pieces: list[bytes], pause_seconds: float = 0) -> bytes:
    """Send pieces with pauses until something comes back; return all of it, until it ends or falls silent."""
    with socket.create_connection(("127.0.0.1", orders.port), timeout=60) as connection:
        connection.sendall(head)
        for piece in pieces:
            if pause_seconds and select.select([connection], [], [], pause_seconds)[0]:
                break
            try:
                connection.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                break
        answer = b""
        while b"</soap:Envelope>" not in answer:
            piece = connection.recv(65_536)
            if not piece:
                break
            answer += piece
        return answer
