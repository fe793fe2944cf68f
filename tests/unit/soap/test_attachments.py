"""MTOM at the door: parts become base64 in the body; other attachments are refused."""

import base64

import pytest
from door import ORDERS, Orders, envelope_11, envelope_12
from lxml import etree

INCLUDE = '<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:p@x"/>'
PLACE = f'<Place xmlns="{ORDERS}"><number>{INCLUDE}</number><quantity>1</quantity></Place>'
PART = b"\r\n--" + bytes(range(256)) * 2 + b"--\r\n"


def mtom(envelope: bytes, inside: str = "text/xml", kind: str = "application/xop+xml") -> tuple[bytes, str]:
    parts = (
        f'--xx\r\nContent-Type: application/xop+xml; type="{inside}"\r\nContent-ID: <r@x>\r\n\r\n'.encode(),
        envelope,
        b"\r\n--xx\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <p@x>\r\n\r\n",
        PART,
        b"\r\n--xx--",
    )
    return b"".join(parts), f'multipart/related; boundary=xx; type="{kind}"; start="<r@x>"; start-info="{inside}"'


@pytest.mark.parametrize(("envelope", "inside"), [(envelope_11, "text/xml"), (envelope_12, "application/soap+xml")])
def test_a_part_is_stored_as_base64_in_its_place(orders: Orders, envelope, inside: str) -> None:
    reply = orders.post(*mtom(envelope(PLACE), inside))
    assert reply.status == 200, reply.body
    (record,) = orders.store.messages("place")
    body = etree.fromstring(orders.store.body(record.message.id))
    assert base64.b64decode(body.findtext(f"{{{ORDERS}}}number")) == PART


@pytest.mark.parametrize(
    ("charset", "encoding"), [("UTF-16", "utf-16-be"), ("utf-16", "utf-16"), ("iso-8859-1", "utf-8-sig")]
)
def test_the_envelope_is_read_in_the_encoding_of_its_part(orders: Orders, charset: str, encoding: str) -> None:
    body, kind = mtom(envelope_11(PLACE))
    body = body.replace(envelope_11(PLACE), envelope_11(PLACE).decode().encode(encoding))
    body = body.replace(b"application/xop+xml;", f"application/xop+xml; charset={charset};".encode(), 1)
    assert orders.post(body, kind).status == 200


@pytest.mark.parametrize("kind", ["text/xml", "application/soap+xml"])
def test_soap_with_attachments_is_refused_in_one_sentence(orders: Orders, kind: str) -> None:
    reply = orders.post(*mtom(envelope_11(PLACE), kind=kind))
    assert reply.status == 415
    assert "MTOM only" in reply.sentence
    assert orders.queued() == 0


def test_dime_is_refused(orders: Orders) -> None:
    assert orders.post(b"x", "application/dime").status == 415


def test_a_body_with_parts_has_the_same_cap(orders: Orders) -> None:
    body, kind = mtom(envelope_11(PLACE))
    assert orders.post(body + b" " * 20_000_000, kind).status == 413


def test_a_message_that_names_no_part_is_a_fault(orders: Orders) -> None:
    body, kind = mtom(envelope_11(PLACE).replace(b"cid:p@x", b"cid:q@x"))
    reply = orders.post(body, kind)
    assert (reply.status, reply.fault_code) == (500, "Client")
    assert "no part" in reply.sentence
