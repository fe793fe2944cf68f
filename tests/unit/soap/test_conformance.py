"""The table of ``conformance.py`` by real HTTP, and its page."""

import re
import socket
from pathlib import Path

import pytest
from conformance import TABLE, document
from conformance_rule import Rule
from door import Orders

PAGE = Path(__file__).parents[3] / "docs/conformance.md"


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: f"{rule.where}: {rule.says}")
def test_the_door_does_what_the_rule_asks(orders: Orders, rule: Rule) -> None:
    if rule.raw:
        assert _statuses(orders, rule.raw, len(rule.statuses)) == list(rule.statuses)
        return
    headers = dict(rule.headers)
    if rule.content_type is not None:
        headers["Content-Type"] = rule.content_type
    reply = orders.request(rule.method, rule.path, rule.body or None, headers)
    assert reply.status == rule.status, reply.body
    if rule.fault:
        assert reply.fault_code == rule.fault
        assert orders.queued() == 0
    elif rule.method == "POST":
        assert reply.receipt["status"] == "ACCEPTED"
    assert rule.holds.encode() in reply.body
    assert not rule.lacks or rule.lacks.encode() not in reply.body
    for name, value in rule.answers.items():
        assert reply.headers[name] == value


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text() == document(), "print it again, as conformance.py says"


def test_a_zipped_contract_is_known_by_a_validator_of_its_own(orders: Orders) -> None:
    plain = orders.request("GET", "/services/Orders?wsdl").headers["etag"]
    zipped = orders.request("GET", "/services/Orders?wsdl", headers={"Accept-Encoding": "gzip"}).headers["etag"]
    assert plain != zipped
    for etag, coding in ((plain, "identity"), (zipped, "gzip")):
        known = {"If-None-Match": etag, "Accept-Encoding": coding}
        assert orders.request("GET", "/services/Orders?wsdl", headers=known).status == 304


def test_100_comes_before_the_answer(orders: Orders) -> None:
    rule = next(rule for rule in TABLE if rule.says.startswith("100 comes"))
    head, _, body = rule.raw.partition(b"\r\n\r\n")
    with socket.create_connection(("127.0.0.1", orders.port), timeout=15) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_a_request_without_host_gets_what_other_refusals_get(orders: Orders) -> None:
    without = b"POST /services/Orders HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: 0\r\n\r\n"
    looking = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", orders.port), timeout=15) as connection:
        connection.sendall(without + looking)
        answers = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"<faultcode>soap:Client</faultcode><faultstring>The request has no Host header; send" in answers
    assert answers.endswith(b"\r\n\r\nThe request has no Host header; send the one that HTTP/1.1 asks for.\n")
    assert orders.queued() == 0


def _statuses(orders: Orders, raw: bytes, count: int) -> list[int]:
    """Send bytes and return the final statuses of the first answers."""
    with socket.create_connection(("127.0.0.1", orders.port), timeout=15) as connection:
        connection.sendall(raw)
        answer = b""
        while len(found := _final(answer)) < count:
            piece = connection.recv(65_536)
            if not piece:
                break
            answer += piece
    return found


def _final(answer: bytes) -> list[int]:
    return [int(one) for one in re.findall(rb"HTTP/1\.[01] ([2-5]\d\d) ", answer)]
