"""What somebody tries who means harm: each found once, so that it stays found."""

import os
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from door import Orders, Starts, envelope_11, envelope_12, place
from secured import Papers
from test_attachments import PLACE, mtom
from waiting import eventually

from jmswrap import xml
from jmswrap.store.server import EmbeddedServer


@pytest.fixture(scope="module")
def locked(starts: Starts, store_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orders]:
    """A gateway that speaks TLS with a key under a password."""
    papers = Papers.issued(tmp_path_factory.mktemp("papers"))
    pem = (papers.folder / "server.key").read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    form, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    sealed = key.private_bytes(form, kind, serialization.BestAvailableEncryption(b"key word"))
    (papers.folder / "server.key").write_bytes(sealed)
    os.environ["DOOR_KEY"] = "key word"
    files = f"certificate: {papers.folder}/server.pem, key: {papers.folder}/server.key"
    yield starts.orders(store_server.url, f"{{tls: {{{files}, key_password: 'env:DOOR_KEY'}}}}", tls=papers.client())
    del os.environ["DOOR_KEY"]


def say(orders: Orders, request: bytes, until: bytes) -> bytes:
    """Send raw bytes; return what comes until a text, or the end, has come."""
    with socket.create_connection(("127.0.0.1", orders.port), timeout=15) as connection:
        connection.sendall(request)
        heard = b""
        while until not in heard and (piece := connection.recv(65_536)):
            heard += piece
        return heard


def post(body: bytes, *lines: str, path: str = "/services/Orders", version: str = "1.1") -> bytes:
    head = (f"POST {path} HTTP/{version}", "Host: x", "Content-Type: text/xml", "Connection: close", *lines, "", "")
    return "\r\n".join(head).encode() + body


def test_a_hundred_thousand_headers_cost_no_more_than_their_bytes(orders: Orders) -> None:
    """One look at all others for each of them would take minutes."""
    root = f'<s:Envelope xmlns:s="{xml.SOAP_11}" xmlns:a="{xml.WSA_10}">'
    many = f"{root}<s:Header>{'<a:To/>' * 120_000}</s:Header><s:Body>{place()}</s:Body></s:Envelope>"
    assert "stands more than once" in orders.post(many.encode()).sentence


def test_a_prefix_that_nobody_declared_is_refused_whatever_is_warned_of_after_it(orders: Orders) -> None:
    """lxml lets it pass when a warning, here of a namespace that is no full address, follows the error."""
    envelope = b'<s:Envelope><s:Body><Place xmlns="u"/></s:Body></s:Envelope>'
    reply = orders.post(envelope)
    assert (reply.detail("code"), reply.fault_code) == ("not-xml", "Client"), reply.body
    assert "prefix s on Envelope is not defined" in reply.sentence


def test_a_path_cannot_begin_a_line_in_the_log(orders: Orders) -> None:
    say(orders, post(b"", "Content-Length: 0", path="/services/%0d%0aERROR%20forged%1b[2J"), b"</")
    eventually(lambda: "forged" in orders.log.read_text(), "the line")
    (line,) = [line for line in orders.log.read_text().splitlines() if "forged" in line]
    assert "unknown-service" in line
    assert "\\r\\nERROR forged\\x1b[2J" in line


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: +5",),
        (f"Content-Length: {'9' * 5000}",),
        ("Content-Length: 0x5",),
        ("Content-Length: 5, 5",),
        ("Transfer-Encoding : chunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Transfer-Encoding: \x0bchunked",),
        ("Transfer-Encoding:", " chunked"),
        ("Transfer-Encoding: xchunked",),
        ("X: a\n Content-Length: 5",),
        ("X: a\rContent-Length: 5",),
        ("Content-Type: application/json", "Content-Length: 5"),
    ],
)
def test_a_head_that_two_could_read_two_ways_ends_the_connection(orders: Orders, lines: tuple[str, ...]) -> None:
    smuggled = post(envelope_11(place()), f"Content-Length: {len(envelope_11(place()))}")
    heard = say(orders, post(b"5\r\nhello\r\n0\r\n\r\n" + smuggled, *lines), b"no end but the end")
    assert heard.split(b" ")[1] in (b"400", b"501")
    assert heard.count(b"HTTP/1.1") == 1
    assert orders.queued() == 0


@pytest.mark.parametrize("path", ["/services/Orders", "/services/None"])
def test_the_body_of_a_refused_request_is_never_read_as_the_next_one(orders: Orders, path: str) -> None:
    inside = envelope_11(place())
    smuggled = post(inside, f"Content-Length: {len(inside)}")
    head = (f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(smuggled)}")
    heard = say(orders, "\r\n".join((*head, "", "")).encode() + smuggled, b"Envelope>")
    assert heard.split(b" ")[1] in (b"404", b"415")
    assert orders.queued() == 0


@pytest.mark.parametrize("path", ["/services/Orders", "/services/None"])
def test_who_writes_a_large_body_to_its_end_hears_why_it_was_refused(orders: Orders, path: str) -> None:
    head = (f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", "Transfer-Encoding: chunked")
    body = (b"%x\r\n%s\r\n" % (100_000, b"x" * 100_000)) * 80 + b"0\r\n\r\n"
    after = post(envelope_11(place()), f"Content-Length: {len(envelope_11(place()))}")
    heard = say(orders, "\r\n".join((*head, "", "")).encode() + body + after, b"AcceptResponse>")
    assert heard.split(b" ")[1] in (b"404", b"415")
    assert heard.count(b"HTTP/1.1 200") == 1, "the connection is good for the next message"


def test_what_is_no_xml_is_told_in_one_line(orders: Orders) -> None:
    reply = orders.post(envelope_11(place()).decode().encode("utf-16-le"))
    assert "not well-formed XML" in reply.sentence
    assert "\n" not in reply.sentence


def test_http_10_gets_no_100_continue(orders: Orders) -> None:
    body = envelope_11(place())
    heard = say(orders, post(body, f"Content-Length: {len(body)}", "Expect: 100-continue", version="1.0"), b"</")
    assert heard.startswith(b"HTTP/1.0 200")


def test_parts_that_grow_beyond_the_cap_are_413(orders: Orders) -> None:
    include = '<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:p@x"/>'
    body, kind = mtom(envelope_11(PLACE).replace(b"</number>", b"</number>" + f"<n>{include}</n>".encode() * 2000))
    reply = orders.post(body, kind)
    assert (reply.status, reply.fault_code, reply.detail("code")) == (413, "Client", "too-large")


def test_entities_in_a_part_are_not_expanded(orders: Orders) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    body, kind = mtom(f"{bomb}]>".encode() + envelope_11(PLACE.replace("<number>", '<number x="&i;">')))
    began = time.monotonic()
    assert orders.post(body, kind).fault_code == "Client"
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("envelope", [envelope_11, envelope_12])
def test_the_operation_is_that_of_the_part_that_start_names(orders: Orders, envelope: Callable[[str], bytes]) -> None:
    kind = "text/xml" if envelope is envelope_11 else "application/soap+xml"
    first = envelope('<Tell xmlns="urn:example:orders"><news>no</news></Tell>')
    body, content_type = mtom(envelope(PLACE), kind)
    decoy = b"--xx\r\nContent-Type: application/xop+xml\r\nContent-ID: <d@x>\r\n\r\n" + first + b"\r\n"
    reply = orders.post(decoy + body, content_type)
    assert "d@x" in reply.sentence, "a part that nothing names is refused"
    assert orders.queued() == 0


def test_a_caller_that_never_ends_its_handshake_holds_up_nobody(locked: Orders) -> None:
    with socket.create_connection(("127.0.0.1", locked.port), timeout=15) as stalled:
        stalled.sendall(b"\x16\x03\x01\x02\x00")
        assert locked.request("GET", "/health").status == 200
    # Nor does one that shakes hands and then says nothing.
    assert locked.tls is not None
    with (
        socket.create_connection(("127.0.0.1", locked.port), timeout=15) as raw,
        locked.tls.wrap_socket(raw, server_hostname="127.0.0.1"),
    ):
        assert locked.request("GET", "/health").status == 200
