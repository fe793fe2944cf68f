"""What nobody foresaw, what blocks, and who never speaks."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from door import SETTINGS, Orders, Reply, Starts, envelope_11
from waiting import eventually

from jmswrap.store.server import EmbeddedServer


@pytest.fixture(scope="module")
def faulty(starts: Starts, store_server: EmbeddedServer) -> Orders:
    settings = SETTINGS.replace("services:", "services:\n  Faulty: {python: 'faulty_service:Faulty'}")
    return starts.orders(store_server.url, settings=settings, keep_alive_seconds=2)


def call(faulty: Orders, body: str) -> Reply:
    return faulty.request("POST", "/services/Faulty", envelope_11(body), {"Content-Type": "text/xml"})


def test_an_unforeseen_error_is_a_fault_with_an_id_and_the_log_has_the_rest(faulty: Orders) -> None:
    reply = call(faulty, '<divide xmlns="urn:faulty"><by>0</by></divide>')
    assert (reply.status, reply.fault_code, reply.detail("code")) == (500, "Server", "unexpected")
    assert reply.detail("id") in reply.sentence
    for inside in (b"Zero", b"Traceback", b"xyzzy", b"faulty_service"):
        assert inside not in reply.body
    log = faulty.log.read_text()
    assert "ZeroDivisionError" in log
    assert f"id={reply.detail('id')}" in log


def test_a_method_that_blocks_holds_nobody_else_up(faulty: Orders, tmp_path: Path) -> None:
    going_on, begun = tmp_path / "on", tmp_path / "on.begun"
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(call, faulty, f'<dawdle xmlns="urn:faulty"><until>{going_on}</until></dawdle>')
        try:
            eventually(begun.exists, "its begin")
            assert faulty.request("GET", "/health").status == 200
            assert not slow.done()
        finally:
            going_on.touch()
        assert slow.result().status == 200


def test_a_client_that_waits_for_leave_to_send_gets_it(faulty: Orders) -> None:
    body = envelope_11('<divide xmlns="urn:faulty"><by>3</by></divide>')
    head = (
        "POST /services/Faulty HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nExpect: 100-continue\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", faulty.port), timeout=60) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        answer = b""
        while b"Envelope>" not in answer:
            answer += connection.recv(65_536)
    assert answer.count(b"HTTP/1.1 200 ") == 1


@pytest.mark.parametrize("first", [b"", b"POST /services/Fau"])
def test_a_connection_on_which_no_request_comes_is_closed(faulty: Orders, first: bytes) -> None:
    with socket.create_connection(("127.0.0.1", faulty.port), timeout=60) as connection:
        connection.sendall(first)
        assert connection.recv(1000) == b""


def test_a_client_that_goes_away_in_the_middle_leaves_no_trace(faulty: Orders) -> None:
    before = faulty.log.read_text()
    head = b"POST /services/Orders HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 9\r\n\r\n<"
    with socket.create_connection(("127.0.0.1", faulty.port), timeout=60) as connection:
        connection.sendall(head)
    eventually(lambda: faulty.request("GET", "/health").status == 200, "an answer after it")
    assert "Traceback" not in faulty.log.read_text()[len(before) :]
