"""The hostile inputs that come from partners: numbers 26 to 30 of the list of thirty; 1 to 25 come to the door."""

import socket
import time
from contextlib import closing
from pathlib import Path

import pytest
from rogue import CONFIRMED, Rogue, answer, request, rogue

from jmswrap.contract.wrap import wrap
from jmswrap.errors import ContractError
from jmswrap.outcome import Called, Outcome
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.transport import Limits

DATA = Path(__file__).parents[2] / "data"
WSDL = DATA / "partner/orders.wsdl"
PLACE = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'
LIMITS = Limits(connect_seconds=20, read_seconds=20, total_seconds=30, max_reply_bytes=5_000)


def call(address: str, typed: bool = False, limits: Limits = LIMITS) -> Called:
    with closing(PartnerClient("orders", WSDL, address=address, limits=limits)) as partner:
        return partner.call("Place", PLACE, typed=typed, wanted=True)


def test_26_a_wsdl_that_imports_a_file_of_this_machine_is_refused(tmp_path: Path) -> None:
    hostile = (DATA / "wsdl/hostile.wsdl").read_bytes()

    def page(connection: socket.socket, seen: Rogue) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + hostile)

    with rogue(page) as seen:
        for source in (f"{seen.address}.wsdl", str(DATA / "wsdl/hostile.wsdl")):
            with pytest.raises(ContractError, match="file:///etc/passwd is not read, only relative paths"):
                wrap(source, tmp_path / "front")
    assert not (tmp_path / "front").exists()


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("place", ["</PlaceResponse>", "</e:Body>"])
def test_27_a_reply_with_an_unexpected_element_is_kept_as_it_came(typed: bool, place: str) -> None:
    reply = CONFIRMED.replace(place.encode(), f'<surprise xmlns="urn:new">1</surprise>{place}'.encode())
    assert reply != CONFIRMED
    with rogue(answer("200 OK", reply)) as seen:
        called = call(seen.address, typed)
    assert called.outcome is Outcome.REPLIED, called.sentence
    assert called.raw == reply


def test_28_a_reply_with_a_doctype_is_not_read() -> None:
    entity = b'<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + CONFIRMED.replace(b">7<", b">&x;<")
    with rogue(answer("200 OK", entity)) as seen:
        called = call(seen.address)
    assert called.outcome is Outcome.GARBAGE_REPLY
    assert b"root:" not in called.raw + called.body + called.sentence.encode()


@pytest.mark.parametrize(
    ("declaration", "encoding", "charset"),
    [
        ("", "latin-1", "ISO-8859-1"),
        ('<?xml version="1.0"?>', "latin-1", "ISO-8859-1"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "utf-8", "ISO-8859-1"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "utf-16", "utf-16"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "utf-16-le", "utf-16"),
        ("", "utf-16-be", "UTF-16"),
        ("", "utf-8-sig", "ISO-8859-1"),
        ("", "utf-8", "undefined"),
    ],
)
def test_a_reply_is_read_in_the_encoding_that_it_is_in(declaration: str, encoding: str, charset: str) -> None:
    reply = (declaration + CONFIRMED.decode().replace(">7<", ">\xe9<")).encode(encoding)
    with rogue(answer("200 OK", reply, f"Content-Type: text/xml; charset={charset}")) as seen:
        called = call(seen.address)
    assert called.outcome is Outcome.REPLIED, called.sentence
    assert ">\xe9<".encode() in called.body


def test_the_envelope_beside_attachments_is_the_part_that_start_names() -> None:
    """RFC 2387 §3.2; without `start` it is the first."""
    parts = (b"--b\r\nContent-ID: <p>\r\n\r\nhello", b"--b\r\nContent-ID: <r>\r\n\r\n" + CONFIRMED, b"--b--\r\n")
    kind = 'Content-Type: multipart/related; type="text/xml"; boundary=b; start="<r>"'
    with rogue(answer("200 OK", b"\r\n".join(parts), kind)) as seen:
        called = call(seen.address)
    assert called.outcome is Outcome.REPLIED, called.sentence


def test_a_reply_with_a_prefix_that_nobody_declared_is_no_reply() -> None:
    with rogue(answer("200 OK", b'<e:Envelope><e:Body><a xmlns="u"/></e:Body></e:Envelope>')) as seen:
        assert call(seen.address).outcome is Outcome.GARBAGE_REPLY


def test_29_a_partner_that_never_answers_is_given_up_in_time() -> None:
    def hang(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        seen.gone.wait(60)

    impatient, began = Limits(connect_seconds=20, read_seconds=0.5, total_seconds=1.5), time.monotonic()
    with rogue(hang) as seen:
        assert call(seen.address, limits=impatient).outcome is Outcome.NO_ANSWER
        assert time.monotonic() - began < 30


def test_30_a_reply_without_end_is_cut_off() -> None:
    def endless(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not seen.gone.is_set():
            connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")

    with rogue(endless) as seen:
        called = call(seen.address)
    assert called.outcome is Outcome.OVERSIZE_REPLY
    assert len(called.raw) <= LIMITS.max_reply_bytes
