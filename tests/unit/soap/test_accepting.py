"""A valid call is stored and answered with a receipt."""

import http.client
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from door import ORDERS, PARTNER, SETTINGS, Orders, Starts, envelope_11, envelope_12, place
from lxml import etree
from waiting import eventually

from jmswrap import xml
from jmswrap.contract.derive import derive
from jmswrap.contract.schemas import Schemas
from jmswrap.message import Settlement
from jmswrap.states import State
from jmswrap.store.server import EmbeddedServer


def test_a_valid_call_is_stored_and_answered_with_a_receipt(orders: Orders, tmp_path: Path) -> None:
    reply = orders.post(envelope_11(place("A7")), SOAPAction='"urn:place"')

    assert reply.status == 200, reply.body
    assert reply.headers["content-type"] == "text/xml; charset=utf-8"
    assert reply.receipt["status"] == "ACCEPTED"
    record = orders.store.record(reply.receipt["messageId"], with_body=True)
    assert record is not None
    message = record.message
    assert (message.queue, message.route, message.operation, message.key) == ("place", "place", "Place", "A7")
    assert message.type == "{urn:example:orders}Place"
    assert etree.fromstring(message.body).findtext("{urn:example:orders}number") == "A7"
    answer = reply.envelope[0][0]
    Schemas.of(derive(PARTNER, tmp_path, "Orders")).validate(answer, "{urn:jmswrap:receipt:1}AcceptResponse")


def test_soap_12_is_answered_in_soap_12(orders: Orders) -> None:
    reply = orders.post(envelope_12(place()), 'application/soap+xml; charset=utf-8; action="urn:place"')
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/soap+xml; charset=utf-8"
    assert reply.receipt["status"] == "ACCEPTED"


def test_declared_headers_stay_with_the_message_and_others_do_not(orders: Orders) -> None:
    header = '<o:Origin xmlns:o="urn:example:orders">shop</o:Origin><h:x xmlns:h="urn:h"/>'
    record = orders.store.record(orders.post(envelope_11(place(), header)).receipt["messageId"])
    assert record is not None
    (kept,) = record.message.soap_headers
    assert etree.fromstring(kept).text == "shop"


def test_the_operation_is_found_by_the_body_and_goes_its_own_route(orders: Orders) -> None:
    reply = orders.post(envelope_11('<Tell xmlns="urn:example:orders"><news>rain</news></Tell>'))
    record = orders.store.record(reply.receipt["messageId"])
    assert record is not None
    assert (record.message.operation, record.message.queue, record.message.key) == ("Tell", "tell", "")


def test_a_missing_key_is_refused_with_a_sentence_that_names_the_place(orders: Orders) -> None:
    reply = orders.post(envelope_11(place(" ")))
    assert (reply.status, reply.fault_code) == (500, "Client")
    assert "o:number" in reply.sentence
    assert orders.queued() == 0


def test_many_calls_on_one_connection_are_all_answered(orders: Orders) -> None:
    body = envelope_11(place(note="x" * 100_000))
    connection = http.client.HTTPConnection("127.0.0.1", orders.port, timeout=60)
    for _ in range(60):
        connection.request("POST", "/services/Orders", body, {"Content-Type": "text/xml"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()
    assert orders.queued() == 60


def test_concurrent_calls_are_all_stored(orders: Orders) -> None:
    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(lambda n: orders.post(envelope_11(place(f"K{n}"))), range(200)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.receipt["messageId"] for reply in replies}) == 200
    assert orders.queued() == 200


def test_a_large_body_is_taken_while_small_ones_go_on(orders: Orders) -> None:
    large = envelope_11(place("L", note="y" * 700_000))
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(orders.post, [large, envelope_11(place())] * 8))
    assert {reply.status for reply in replies} == {200}


def test_a_store_that_is_down_is_a_server_fault_and_never_a_receipt(starts: Starts, tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "store")
    with server:
        orders = starts.orders(server.url)
        assert orders.post(envelope_11(place())).receipt["status"] == "ACCEPTED"
        assert orders.request("GET", "/ready").status == 200
    reply = orders.post(envelope_11(place()))
    assert (reply.status, reply.fault_code) == (503, "Server")
    assert reply.headers["retry-after"] == "5"
    for inside in (b"AcceptResponse", b"store.url", b"unix", str(tmp_path).encode()):
        assert inside not in reply.body
    reply = orders.post(envelope_12(place()), "application/soap+xml")
    assert (reply.status, reply.fault_code) == (503, "Receiver")
    probe = orders.request("GET", "/ready")
    assert (probe.status, probe.body) == (503, b"not ready: store-down\n")
    assert orders.request("GET", "/health").status == 200


def test_a_full_queue_is_told_to_come_again_and_its_neighbour_is_served(
    starts: Starts, store_server: EmbeddedServer
) -> None:
    settings = SETTINGS.replace("to: {queue: placed}", "to: {queue: placed}\n    backlog_messages: 2")
    orders = starts.orders(store_server.url, settings=settings)
    replies = [orders.post(envelope_11(place(f"K{number}"))) for number in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 503]
    refused = replies[-1]
    assert (refused.fault_code, refused.detail("code")) == ("Server", "queue-full")
    assert refused.headers["retry-after"] == "5"
    assert b"place is full" not in refused.body
    assert "Queue place is full: it holds 2 messages" in orders.log.read_text()
    assert orders.post(envelope_11('<Tell xmlns="urn:example:orders"><news>rain</news></Tell>')).status == 200
    (claimed,) = orders.store.claim("place", "w", 1).messages
    orders.store.settle([Settlement(claimed.id, claimed.fence, State.DELIVERED)])
    assert orders.post(envelope_11(place("K4"))).receipt["status"] == "ACCEPTED"


def test_a_message_that_comes_again_in_another_serialisation_is_a_duplicate(
    starts: Starts, store_server: EmbeddedServer
) -> None:
    settings = SETTINGS.replace('key: {xpath: "o:number"}', 'key: {xpath: "o:number"}\n    id: {message_id: true}')
    orders = starts.orders(store_server.url, settings=settings)
    header = f'<a:MessageID xmlns:a="{xml.WSA_10}">urn:1</a:MessageID>'
    first = orders.post(envelope_11(place(), header)).receipt
    other = '<o:Place xmlns:o="urn:example:orders"  ><o:number>A1</o:number><o:quantity>3</o:quantity></o:Place>'
    prefixed = orders.post(envelope_11(other, header))
    assert prefixed.detail("code") == "id-reused", "a prefix is part of the canonical form"
    spaced = place().replace("<number>", "<number >").replace(f'"{ORDERS}"', f"'{ORDERS}'\n")
    again = orders.post(envelope_11(spaced, header)).receipt
    assert again == {**first, "status": "DUPLICATE"}
    orders.store.client.delete(f"{orders.store.prefix}:b:{first['messageId']}")
    assert orders.post(envelope_11(f"<!-- x -->{place()}", header)).receipt["status"] == "DUPLICATE"
    assert orders.queued() == 1


def test_a_store_that_may_lose_messages_gets_none(starts: Starts, tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "store") as server:
        orders = starts.orders(server.url)
        orders.store.client.config_set("appendonly", "no")
        eventually(lambda: orders.post(envelope_11(place())).status == 503, "the refusal")
        before = orders.queued()
        reply = orders.post(envelope_11(place()))
        assert (reply.fault_code, reply.detail("code")) == ("Server", "store-unsafe")
        assert orders.queued() == before
        orders.store.client.config_set("appendonly", "yes")
        eventually(lambda: orders.post(envelope_11(place())).status == 200, "the first message after")


def has_pending(pid: int, number: signal.Signals) -> bool:
    (line,) = (one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("ShdPnd"))
    return bool(int(line.split()[1], 16) >> (number - 1) & 1)


def test_a_process_that_was_just_started_hears_that_it_is_to_stop(starts: Starts, store_server: EmbeddedServer) -> None:
    orders = starts.orders(store_server.url, "{processes: 1}")
    (first,) = orders.processes()
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while not (fresh := set(orders.processes()) - {first}):
        assert time.monotonic() < deadline, "no next process"  # no pause: it is to be met before it takes signals
    (next_one,) = fresh
    os.kill(next_one, signal.SIGSTOP)
    orders.process.send_signal(signal.SIGTERM)
    eventually(lambda: has_pending(next_one, signal.SIGTERM), "the word from its parent")
    os.kill(next_one, signal.SIGCONT)
    eventually(lambda: orders.process.poll() is not None, "the end of the gateway", 18)
    assert orders.process.returncode == 0, orders.log.read_text()


def test_a_gateway_told_to_stop_answers_what_it_took_and_ends(starts: Starts, store_server: EmbeddedServer) -> None:
    orders = starts.orders(store_server.url, "{processes: 2}")
    kept = http.client.HTTPConnection("127.0.0.1", orders.port, timeout=60)
    kept.request("GET", "/health")
    assert kept.getresponse().read() == b"alive\n"
    orders.process.send_signal(signal.SIGTERM)
    eventually(lambda: orders.process.poll() is not None, "the gateway, whose idle connection is kept, to end", 18)
    kept.close()
    assert orders.process.returncode == 0, orders.log.read_text()
