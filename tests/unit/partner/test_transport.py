"""The transport's connections: reuse, ageing, and calls that the worker ends."""

import socket
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from rogue import CONFIRMED, Rogue, answer, request, rogue

from jmswrap.errors import ContractError
from jmswrap.outcome import Outcome
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.transport import Limits, PooledTransport
from jmswrap.partner.wire import Wire

WSDL = Path(__file__).parents[2] / "data/partner/orders.wsdl"
PLACE = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'


def partner(address: str, limits: Limits | None = None) -> closing[PartnerClient]:
    return closing(PartnerClient("orders", WSDL, address=address, limits=limits or Limits()))


def test_calls_one_after_another_share_a_connection() -> None:
    with rogue(answer("200 OK", CONFIRMED)) as seen, partner(seen.address) as orders:
        for _ in range(5):
            assert orders.call("Place", PLACE).outcome is Outcome.REPLIED
        assert seen.connections == 1


@pytest.mark.parametrize("interim", ["100 Continue", "102 Processing", "103 Early Hints\r\nLink: </a>"])
def test_an_interim_answer_is_not_the_answer(interim: str) -> None:
    """RFC 9110 §15.2: one or more may come before the final one, asked for or not."""

    def hesitant(connection: socket.socket, seen: Rogue) -> None:
        while request(connection, seen):
            numbered = CONFIRMED.replace(b">7<", b">%d<" % len(seen.requests))
            connection.sendall(f"HTTP/1.1 {interim}\r\n\r\n".encode() * 2)
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(numbered)}\r\n\r\n".encode() + numbered)

    with rogue(hesitant) as seen, partner(seen.address) as orders:
        for number in (1, 2):
            called = orders.call("Place", PLACE)
            assert called.outcome is Outcome.REPLIED, called.sentence
            assert b">%d<" % number in called.body
        assert seen.connections == 1


def test_a_connection_that_idled_too_long_is_not_used_again() -> None:
    limits = Limits(keepalive_idle_seconds=0.01)
    with rogue(answer("200 OK", CONFIRMED)) as seen, partner(seen.address, limits) as orders:
        orders.call("Place", PLACE)
        threading.Event().wait(0.05)
        orders.call("Place", PLACE)
        assert seen.connections == 2


def test_a_connection_that_the_partner_closed_is_not_used_again() -> None:
    closed = threading.Event()

    def once(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with rogue(once) as seen, partner(seen.address) as orders:
        for _ in range(3):
            assert orders.call("Place", PLACE).outcome is Outcome.REPLIED
            assert closed.wait(30)
            closed.clear()
        assert seen.connections == 3


def test_an_abort_from_another_thread_ends_a_call_that_waits() -> None:
    def hang(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        wire.abort()
        seen.gone.wait(60)

    wire = Wire()
    begun = time.monotonic()
    with rogue(hang) as seen, partner(seen.address) as orders:
        called = orders.call("Place", PLACE, wire=wire)
    assert called.outcome is Outcome.NO_ANSWER
    assert time.monotonic() - begun < 30


def test_a_call_ends_itself_when_its_lease_ends() -> None:
    def hang(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        seen.gone.wait(60)

    begun = time.monotonic()
    with rogue(hang) as seen, partner(seen.address) as orders:
        called = orders.call("Place", PLACE, wire=Wire(lease_end=begun + 1))
        assert called.outcome is Outcome.NO_ANSWER
        assert 0.95 < time.monotonic() - begun < 30


def test_a_renewed_lease_lets_a_running_call_go_on() -> None:
    def renew_then_answer(connection: socket.socket, seen: Rogue) -> None:
        request(connection, seen)
        old, wire.lease_end = wire.lease_end, time.monotonic() + 60
        assert old is not None
        seen.gone.wait(old + 0.2 - time.monotonic())
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode() + CONFIRMED)

    with rogue(renew_then_answer) as seen, partner(seen.address) as orders:
        wire = Wire(lease_end=time.monotonic() + 1.5)
        assert orders.call("Place", PLACE, wire=wire).outcome is Outcome.REPLIED


def test_the_wire_knows_how_much_was_written() -> None:
    wire = Wire()
    with rogue(answer("200 OK", CONFIRMED)) as seen, partner(seen.address) as orders:
        orders.call("Place", PLACE, wire=wire)
        assert wire.sent == len(seen.requests[0])


@pytest.mark.parametrize("address", ["http://example.invalid/a.xsd", "https://example.invalid/a.xsd", "ftp://x/y"])
def test_documents_come_from_the_bundle_only(address: str) -> None:
    with pytest.raises(ContractError, match="not in the pinned bundle"):
        PooledTransport(Limits()).load(address)
