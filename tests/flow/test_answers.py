"""What callers get, by every reply style, with a real partner behind; and answers fetched afterwards."""

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zeep
from answering import (
    ANSWER,
    LONG_SECONDS,
    ORDERS,
    RECEIPT,
    SHORT_SECONDS,
    Partner,
    Reply,
    ask,
    call,
    fits,
    integration,
    place,
)
from machine import Up, eventually, up

from jmswrap import xml
from jmswrap.app.examination import check

_names = itertools.count(1)


@dataclass
class House:
    up: Up
    partner: Partner
    folder: Path

    @property
    def port(self) -> int:
        return int(urlsplit(self.up.facts["services"]["sync"]["wsdl"]).port or 0)

    def call(self, service: str, body: str, header: str = "", version: str = "1.1") -> Reply:
        named = f'<a:MessageID xmlns:a="{xml.WSA_10}">urn:{next(_names)}</a:MessageID>'
        return call(self.port, service, body, header or named, version)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("answers") / "house"
    partner = Partner()
    integration(folder, partner.address)
    assert check(folder) == []
    with up(folder) as running:
        yield House(running, partner, folder)
    partner.close()


@pytest.fixture(autouse=True)
def _partner_at_work(house: House) -> Iterator[None]:
    house.partner.hold.set()
    yield
    house.partner.hold.set()


def message_id(text: str) -> str:
    return f'<a:MessageID xmlns:a="{xml.WSA_10}">{text}</a:MessageID>'


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_sync_gives_the_partners_own_response(house: House, version: str) -> None:
    reply = house.call("sync", place("A1"), version=version)
    assert (reply.status, reply.content.tag) == (200, f"{{{ORDERS}}}PlaceResponse")
    assert reply.text("confirmation") == "C-A1"
    fits(house.folder, "sync", reply)


def test_sync_queues_nothing(house: House) -> None:
    house.call("sync", place("A2"))
    (queue,) = [one for one in house.up.jmswrap("queues") if one["name"] == "sync"]
    assert not any(queue["counts"].values())


@pytest.mark.parametrize(("version", "status", "code"), [("1.1", 500, "Server"), ("1.2", 500, "Receiver")])
def test_a_declared_fault_goes_through_sync_as_it_came(house: House, version: str, status: int, code: str) -> None:
    reply = house.call("sync", place("stock-1"), version=version)
    assert reply.status == status
    assert code in (reply.text("faultcode") or reply.text("Code", "Value"))
    assert (reply.text("faultstring") or reply.text("Reason", "Text")) == "sold out"
    detail = reply.root.xpath("//*[local-name()='detail' or local-name()='Detail']/*")
    assert [entry.tag for entry in detail] == [f"{{{ORDERS}}}OutOfStock"]
    assert detail[0][0].nsmap["xsd"] == xml.XSD, "what xsi:type names is declared, as in the partner's envelope"


def test_a_technical_fault_of_the_partner_is_told_in_a_sentence(house: House) -> None:
    reply = house.call("sync", place("broken-1"))
    assert (reply.status, reply.text("faultcode")) == (500, "soap:Server")
    assert reply.text("faultstring") == (
        "The partner shop failed: database down. Nothing was queued; send the message again later."
    )


def test_a_partner_that_does_not_answer_in_time_is_told(house: House) -> None:
    house.partner.hold.clear()
    reply = house.call("curt", place("slow-1"))
    assert reply.status == 500
    assert SHORT_SECONDS - 0.5 < reply.seconds < LONG_SECONDS
    assert f"did not answer within {SHORT_SECONDS} s and may have processed the message" in reply.text("faultstring")


def test_a_caller_that_waits_for_the_partner_blocks_nobody(house: House) -> None:
    house.partner.hold.clear()
    replies: list[Reply] = []
    waiting = threading.Thread(target=lambda: replies.append(house.call("sync", place("slow-3"))))
    waiting.start()
    eventually(lambda: any(number == "slow-3" for number, _ in house.partner.got), "the call")
    assert house.call("receipt", place("B1")).status == 200
    assert replies == [], "the event loop must not wait for the partner"
    house.partner.hold.set()
    waiting.join(60)
    (reply,) = replies
    assert reply.text("confirmation") == "C-slow-3"


def test_a_paused_partner_is_not_called_by_sync(house: House) -> None:
    _say(house, "pause")
    try:
        reply = house.call("sync", place("A3"))
        assert (reply.status, reply.headers["retry-after"]) == (503, "5")
        assert "The partner shop is paused" in reply.text("faultstring")
    finally:
        _say(house, "resume")
    assert house.call("sync", place("A4")).status == 200


def test_empty_answers_nothing_and_the_message_arrives(house: House) -> None:
    reply = house.call("empty", place("E1"))
    assert (reply.status, reply.body) == (202, b"")
    eventually(lambda: any(number == "E1" for number, _ in house.partner.got), "the delivery")


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_hybrid_gives_receipt_and_answer_when_the_answer_comes_in_time(house: House, version: str) -> None:
    reply = house.call("hybrid", place(f"H-{version}"), version=version)
    assert reply.status == 200
    assert reply.text("receipt", "status") == "ACCEPTED"
    assert reply.text("answer", "response", "confirmation") == f"C-H-{version}"
    assert reply.seconds < LONG_SECONDS
    fits(house.folder, "hybrid", reply)


def test_hybrid_gives_the_receipt_alone_when_the_partner_is_slow_and_the_answer_later(house: House) -> None:
    house.partner.hold.clear()
    reply = house.call("hasty", place("slow-2"))
    assert reply.status == 200
    assert not reply.root.xpath("//*[local-name()='answer']")
    assert SHORT_SECONDS - 0.5 < reply.seconds < LONG_SECONDS
    fits(house.folder, "hasty", reply)
    id = reply.text("receipt", "messageId")
    house.partner.hold.set()
    fetched = eventually(lambda: _answered(house, "hasty", "messageId", id), "the answer")
    assert fetched.text("answer", "response", "confirmation") == "C-slow-2"


def test_hybrid_tells_a_refusal_in_its_answer(house: House) -> None:
    reply = house.call("hybrid", place("stock-2"))
    assert reply.status == 200
    assert (reply.text("answer", "fault", "text"), reply.text("fault", "code")) == ("sold out", "Server")
    assert reply.root.xpath("//*[local-name()='detail']/*")[0].tag == f"{{{ORDERS}}}OutOfStock"
    fits(house.folder, "hybrid", reply)


def test_many_wait_at_once_for_their_own_answers(house: House) -> None:
    replies: dict[str, Reply] = {}
    numbers = [f"M{index}" for index in range(20)]
    threads = [
        threading.Thread(target=lambda n=number: replies.update({n: house.call("hybrid", place(n))}))
        for number in numbers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {n: replies[n].text("confirmation") for n in numbers} == {n: f"C-{n}" for n in numbers}


def test_a_repeated_hybrid_call_gets_the_same_answer_and_is_not_delivered_again(house: House) -> None:
    header = message_id("urn:twice")
    first = house.call("hybrid", place("twice"), header)
    again = house.call("hybrid", place("twice"), header)
    assert [r.text("receipt", "status") for r in (first, again)] == ["ACCEPTED", "DUPLICATE"]
    assert again.text("confirmation") == "C-twice"
    assert [number for number, _ in house.partner.got].count("twice") == 1


def test_status_and_answer_are_told_by_message_id_own_id_and_correlation_also_from_the_history(house: House) -> None:
    relates = f'<a:RelatesTo xmlns:a="{xml.WSA_10}">urn:batch-7</a:RelatesTo>'
    receipt = house.call("receipt", place("F1"), message_id("urn:mine-1") + relates)
    assert receipt.content.tag == f"{{{RECEIPT}}}AcceptResponse"
    id = receipt.text("messageId")
    names = {"messageId": id, "sourceId": "urn:mine-1", "correlationId": "urn:batch-7"}

    def left() -> bool:
        return any(m["id"] == id for m in house.up.jmswrap("messages", "--history"))

    for _ in range(2):
        for by, value in names.items():
            fetched = eventually(lambda by=by, value=value: _answered(house, "receipt", by, value), "the answer")
            assert fetched.text("message", "messageId") == id
            assert fetched.text("answer", "response", "confirmation") == "C-F1"
            fits(house.folder, "receipt", fetched)
            status = house.call("receipt", ask("GetMessageStatus", by, value))
            assert status.content.tag == f"{{{ANSWER}}}GetMessageStatusResponse"
            assert (status.text("state"), status.text("attempts")) == ("DELIVERED", "1")
            fits(house.folder, "receipt", status)
        eventually(left, "the message in the history")


def test_a_service_does_not_tell_of_another_services_messages(house: House) -> None:
    id = house.call("receipt", place("S1")).text("messageId")
    reply = house.call("hybrid", ask("GetMessageStatus", "messageId", id))
    assert (reply.status, reply.text("faultcode")) == (500, "soap:Client")
    assert "hybrid knows no message with the messageId" in reply.text("faultstring")


def test_zeep_calls_every_published_contract(house: House) -> None:
    def service(name: str, port: str = "OrdersSoap11") -> zeep.proxy.ServiceProxy:
        client = zeep.Client(f"http://127.0.0.1:{house.port}/services/{name}?wsdl")
        return client.bind("Orders", port)

    assert service("sync").Place(number="Z1", quantity=1) == "C-Z1"
    with pytest.raises(zeep.exceptions.Fault, match="sold out"):
        service("sync").Place(number="stock-z", quantity=1)
    service("empty").Place(number="Z2", quantity=1)
    hybrid = service("hybrid", "OrdersSoap12").Place(number="Z3", quantity=1)
    assert hybrid.receipt.status == "ACCEPTED"
    assert hybrid.answer.response._value_1[0] == "C-Z3" or "C-Z3" in str(hybrid.answer.response._value_1[0])
    status = service("hybrid", "OrdersAnswersSoap11").GetMessageStatus(messageId=hybrid.receipt.messageId)
    assert status.state == "DELIVERED"
    fetched = service("hybrid", "OrdersAnswersSoap12").GetResponse(messageId=hybrid.receipt.messageId)
    assert fetched.answer.answeredAt is not None


def _answered(house: House, service: str, by: str, value: str) -> Reply | None:
    reply = house.call(service, ask("GetResponse", by, value))
    assert reply.status == 200, reply.body
    return reply if reply.root.xpath("//*[local-name()='answer']") else None


def _say(house: House, verb: str) -> None:
    command = [sys.executable, "-m", "jmswrap", verb, "--partner", "shop", "-c", str(house.folder)]
    subprocess.run(command, check=True, timeout=60)
