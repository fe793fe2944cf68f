"""Every row of the outcome table, made by a server that misbehaves in just that way."""

import gzip
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rogue import CONFIRMED, Behaviour, Rogue, answer, envelope, fault, raw, request, reset, rogue

from jmswrap.outcome import TABLE, Called, Meaning, Outcome
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.transport import Limits
from jmswrap.partner.wire import Wire

ROOT = Path(__file__).parents[3]
WSDL = ROOT / "tests/data/partner/orders.wsdl"
PLACE = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'
LIMITS = Limits(connect_seconds=20, read_seconds=20, total_seconds=30, max_reply_bytes=5_000)
"""For partners that answer: a busy machine makes nobody hang."""
IMPATIENT = Limits(connect_seconds=20, read_seconds=1, total_seconds=2, max_reply_bytes=5_000)
"""For those that never do."""
OUAF = '<o:Fault xmlns:o="http://ouaf.oracle.com/"><o:ResponseStatus>F</o:ResponseStatus></o:Fault>'


def call(
    address: str, body: bytes = PLACE, operation: str = "Place", wire: Wire | None = None, limits: Limits = LIMITS
) -> Called:
    with closing(PartnerClient("orders", WSDL, address=address, limits=limits)) as partner:
        return partner.call(operation, body, wire=wire)


def hang(connection: socket.socket, seen: Rogue) -> None:
    request(connection, seen)
    seen.gone.wait(60)


def read_little_and_reset(connection: socket.socket, seen: Rogue) -> None:
    connection.recv(1000)
    reset(connection)


def answer_once_then_reset(connection: socket.socket, seen: Rogue) -> None:
    answered = f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED
    request(connection, seen)
    connection.sendall(answered)
    request(connection, seen)
    reset(connection)


def trickle(connection: socket.socket, seen: Rogue) -> None:
    request(connection, seen)
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: " + b"z" * 1000:
        if seen.gone.wait(0.05):
            return
        connection.sendall(bytes([byte]))


def endless(connection: socket.socket, seen: Rogue) -> None:
    request(connection, seen)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")


CASES: list[tuple[Outcome, Behaviour]] = [
    (Outcome.REPLIED, answer("200 OK", CONFIRMED)),
    (Outcome.NO_ANSWER, hang),
    (Outcome.NO_ANSWER, raw(b"")),
    (Outcome.PARTIAL_REPLY, raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<e:Env")),
    (Outcome.PARTIAL_REPLY, raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n<e:Env")),
    (Outcome.PARTIAL_REPLY, trickle),
    (Outcome.EMPTY_REPLY, answer("202 Accepted")),
    (Outcome.EMPTY_REPLY, answer("200 OK", envelope(""))),
    (Outcome.REDIRECTED, answer("302 Found", b"", "Location: http://127.0.0.1:9/")),
    (Outcome.REDIRECTED, answer("308 Permanent Redirect", b"moved", "Location: http://127.0.0.1:9/")),
    (Outcome.NOT_AUTHORISED, answer("401 Unauthorized", b"who?")),
    (Outcome.NOT_AUTHORISED, answer("403 Forbidden")),
    (Outcome.NO_SUCH_ENDPOINT, answer("404 Not Found", b"<html/>")),
    (Outcome.NO_SUCH_ENDPOINT, answer("405 Method Not Allowed")),
    (Outcome.REQUEST_TIMED_OUT, answer("408 Request Timeout")),
    (Outcome.TOO_MANY, answer("429 Too Many Requests", b"", "Retry-After: 7")),
    (Outcome.HTTP_REFUSED, answer("400 Bad Request", b"no idea")),
    (Outcome.FAULT_REFUSED, answer("500 Internal Server Error", fault("e:Client"))),
    (Outcome.FAULT_REFUSED, answer("400 Bad Request", fault("e:Client.Data"))),
    (Outcome.FAULT_REFUSED, answer("200 OK", fault("Client"))),
    (Outcome.FAULT_REFUSED, answer("500 Internal Server Error", fault("e:Server", detail=OUAF))),
    (
        Outcome.FAULT_REFUSED,
        answer("500 Oh", fault("e:Server", detail='<OutOfStock xmlns="urn:example:orders"/>')),
    ),
    (Outcome.FAULT_TECHNICAL, answer("500 Internal Server Error", fault("e:Server"))),
    (Outcome.FAULT_TECHNICAL, answer("500 Oh", fault("x:Odd").replace(b"<e:Fault>", b'<e:Fault xmlns:x="urn:x">'))),
    (Outcome.FAULT_NEVER, answer("500 Internal Server Error", fault("e:MustUnderstand"))),
    (Outcome.FAULT_NEVER, answer("500 Internal Server Error", fault("e:VersionMismatch"))),
    (
        Outcome.FAULT_CREDENTIALS,
        answer(
            "500 Internal Server Error",
            fault("w:FailedAuthentication").replace(
                b"<e:Fault>",
                b'<e:Fault xmlns:w="http://docs.oasis-open.org/wss/2004/01/'
                b'oasis-200401-wss-wssecurity-secext-1.0.xsd">',
            ),
        ),
    ),
    (Outcome.SERVER_ERROR, answer("500 Internal Server Error", b"<html>stack trace</html>")),
    (Outcome.SERVER_ERROR, answer("500 Internal Server Error")),
    (Outcome.SERVER_ERROR, answer("501 Not Implemented")),
    (Outcome.BAD_GATEWAY, answer("502 Bad Gateway", b"<html/>")),
    (Outcome.UNAVAILABLE, answer("503 Service Unavailable", fault("e:Server"), "Retry-After: 3")),
    (Outcome.GATEWAY_TIMED_OUT, answer("504 Gateway Timeout")),
    (Outcome.GARBAGE_REPLY, answer("200 OK", b"<html>Log in</html>")),
    (Outcome.GARBAGE_REPLY, answer("200 OK", b"{}")),
    (Outcome.GARBAGE_REPLY, answer("200 OK", b"<!DOCTYPE e:Envelope>" + CONFIRMED)),
    (Outcome.GARBAGE_REPLY, raw(b"HTTP/1.1 099 No\r\n\r\n")),
    (Outcome.GARBAGE_REPLY, raw(b"SSH-2.0-OpenSSH_9.7\r\n")),
    (Outcome.REPLIED, answer("200 OK", gzip.compress(CONFIRMED), "Content-Encoding: gzip")),
    (Outcome.PARTIAL_REPLY, answer("200 OK", gzip.compress(CONFIRMED)[:-9], "Content-Encoding: gzip")),
    (Outcome.GARBAGE_REPLY, answer("200 OK", CONFIRMED, "Content-Encoding: gzip")),
    (Outcome.OVERSIZE_REPLY, answer("200 OK", gzip.compress(b" " * 6_000), "Content-Encoding: gzip")),
    (Outcome.OVERSIZE_REPLY, answer("200 OK", b" " * 6_000)),
    (Outcome.OVERSIZE_REPLY, endless),
]


@pytest.mark.parametrize(("expected", "behave"), CASES)
def test_a_misbehaving_partner_gives_the_outcome_of_its_row(expected: Outcome, behave: Behaviour) -> None:
    with rogue(behave) as seen:
        called = call(seen.address, limits=IMPATIENT if behave in (hang, trickle) else LIMITS)
    assert called.outcome is expected, called.sentence
    assert called.sentence
    assert "\n" not in called.sentence
    assert len(seen.requests) == 1


def test_a_refused_connection_sends_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    called = call(f"http://127.0.0.1:{port}/")
    assert called.outcome is Outcome.NOT_CONNECTED
    assert called.http_status == 0


def test_an_unknown_host_name_sends_nothing() -> None:
    assert call("http://partner.invalid/").outcome is Outcome.NAME_UNKNOWN


def test_a_server_that_speaks_no_tls_fails_the_handshake() -> None:
    with rogue(lambda connection, seen: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as seen:
        address = seen.address.replace("http:", "https:")
        assert call(address).outcome is Outcome.TLS_FAILED


def test_a_reset_in_the_middle_of_the_request_counts_as_partly_sent() -> None:
    note = b"<note>" + b"n" * 20_000_000 + b"</note></Place>"
    with rogue(read_little_and_reset) as seen:
        called = call(seen.address, PLACE.replace(b"</Place>", note))
        assert called.outcome is Outcome.PARTLY_SENT, called.sentence


def test_a_partner_that_reads_no_further_counts_as_partly_sent() -> None:
    note = b"<note>" + b"n" * 20_000_000 + b"</note></Place>"
    with rogue(lambda connection, seen: seen.gone.wait(60) and None) as seen:
        called = call(seen.address, PLACE.replace(b"</Place>", note), limits=IMPATIENT)
        assert called.outcome is Outcome.PARTLY_SENT, called.sentence


def test_a_reset_on_a_reused_connection_is_told_apart() -> None:
    with rogue(answer_once_then_reset) as seen:
        with closing(PartnerClient("orders", WSDL, address=seen.address, limits=LIMITS)) as partner:
            assert partner.call("Place", PLACE).outcome is Outcome.REPLIED
            assert partner.call("Place", PLACE).outcome is Outcome.RESET_ON_REUSE
        assert seen.connections == 1


def test_a_one_way_operation_takes_an_empty_202_as_delivered() -> None:
    with rogue(answer("202 Accepted")) as seen:
        called = call(seen.address, b'<Tell xmlns="urn:example:orders"><news>n</news></Tell>', "Tell")
        assert called.outcome is Outcome.ACCEPTED


def test_a_lease_that_is_over_before_the_first_byte_sends_nothing() -> None:
    with rogue(answer("200 OK", CONFIRMED)) as seen:
        called = call(seen.address, wire=Wire(lease_end=time.monotonic() - 1))
        assert called.outcome is Outcome.NOT_SENT
        assert seen.requests == []


def test_a_body_that_no_operation_takes_cannot_be_called() -> None:
    assert call("http://127.0.0.1:9/", b"<Odd/>", "").outcome is Outcome.CANNOT_CALL


@pytest.mark.parametrize(
    ("asked", "wait_ms"),
    [
        ("3", 3_000),
        ("9" * 5000, 86_400_000),
        ("soon", 0),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 0),
    ],
)
def test_what_a_partner_asks_to_wait_is_heard(asked: str, wait_ms: int) -> None:
    with rogue(answer("503 Service Unavailable", b"", f"Retry-After: {asked}")) as seen:
        assert call(seen.address).retry_after_ms == wait_ms


def test_an_early_refusal_of_a_large_request_is_heard() -> None:
    def refuse(connection: socket.socket, seen: Rogue) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_RD)
        seen.gone.wait(2)

    note = b"<note>" + b"n" * 20_000_000 + b"</note></Place>"
    with rogue(refuse) as seen:
        called = call(seen.address, PLACE.replace(b"</Place>", note))
        assert called.outcome in (Outcome.HTTP_REFUSED, Outcome.PARTLY_SENT)


# tests/unit/deliver; tests/unit/partner/test_tokens.py
ELSEWHERE = {
    *(Outcome.TRANSFORM_FAILED, Outcome.VALUE_NOT_MAPPED, Outcome.FORWARDED, Outcome.KILLED_WORKERS, Outcome.NO_TOKEN),
    *(Outcome.CROSS_REFERENCES_DOWN, Outcome.TRANSFORM_TOO_LONG),
    # tests/unit/deliver/test_taking.py, tests/live/test_bridge.py
    *(Outcome.TAKEN, Outcome.REJECTED, Outcome.BROKER_REFUSED, Outcome.NO_RECEIPT),
}


def test_every_row_of_the_table_is_made_by_a_test() -> None:
    source = Path(__file__).read_text()
    assert {o for o in Outcome if f"Outcome.{o.name}" in source} | ELSEWHERE == set(Outcome) == set(TABLE)


def test_nothing_that_may_have_been_applied_is_sent_again_blindly() -> None:
    fully_sent = {row for row in TABLE if row not in _CERTAIN}
    assert {outcome for outcome in fully_sent if TABLE[outcome].other is not Meaning.IN_DOUBT} == set()


_CERTAIN = {
    *(Outcome.NOT_CONNECTED, Outcome.NAME_UNKNOWN, Outcome.TLS_FAILED, Outcome.NOT_SENT, Outcome.PARTLY_SENT),
    *(Outcome.REPLIED, Outcome.ACCEPTED, Outcome.FORWARDED, Outcome.CANNOT_CALL, Outcome.TRANSFORM_FAILED),
    Outcome.TRANSFORM_TOO_LONG,
    *(Outcome.REDIRECTED, Outcome.NOT_AUTHORISED, Outcome.NO_SUCH_ENDPOINT, Outcome.REQUEST_TIMED_OUT),
    *(Outcome.TOO_MANY, Outcome.HTTP_REFUSED, Outcome.UNAVAILABLE, Outcome.FAULT_CREDENTIALS),
    *(Outcome.FAULT_REFUSED, Outcome.FAULT_TECHNICAL, Outcome.FAULT_NEVER, Outcome.KILLED_WORKERS),
    *(Outcome.NO_TOKEN, Outcome.VALUE_NOT_MAPPED, Outcome.CROSS_REFERENCES_DOWN),
    *(Outcome.TAKEN, Outcome.REJECTED, Outcome.BROKER_REFUSED),
}


def lines_of_the_table() -> Iterator[str]:
    for outcome, row in TABLE.items():
        breaker = "yes" if row.trouble else ""
        yield f"| `{outcome}` | {row.when} | {row.idempotent} | {row.other} | {breaker} |"


def test_the_document_shows_the_table_as_it_is() -> None:
    document = (ROOT / "docs/outcomes.md").read_text().splitlines()
    assert [line for line in document if line.startswith("| `")] == list(lines_of_the_table())
