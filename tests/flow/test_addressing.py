"""WS-Addressing at the door, by raw HTTP, and answers that go to the address the caller named."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from answering import ORDERS, Partner, Reply, call, integration, place
from lxml import etree
from machine import Up, eventually, up

from jmswrap import xml

ACTION = "urn:place"
ANON = {xml.WSA_10: f"{xml.WSA_10}/anonymous", xml.WSA_0408: f"{xml.WSA_0408}/role/anonymous"}


@dataclass
class Caller:
    """A caller's own service: what came to it; it fails as often as it is told."""

    failures: int = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    redirect: str = ""

    def __post_init__(self) -> None:
        caller = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                caller.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                failing = caller.failures > 0
                caller.failures -= failing
                self.send_response(503 if failing else 202)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                assert format

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/answers"


@dataclass
class House:
    up: Up
    partner: Partner

    def call(self, service: str, number: str, header: str, version: str = "1.1", action: str = ACTION) -> Reply:
        port = urlsplit(self.up.facts["services"]["sync"]["wsdl"]).port or 0
        return call(port, service, place(number), header, version, action)

    def published(self, service: str) -> str:
        return (self.up.folder / f"wsdl/{service}.wsdl").read_text()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("addressing") / "house"
    partner = Partner()
    integration(folder, partner.address)
    with up(folder) as running:
        yield House(running, partner)
    partner.close()


@pytest.fixture
def caller() -> Iterator[Caller]:
    made = Caller()
    yield made
    made.server.shutdown()
    made.server.server_close()


def head(namespace: str = xml.WSA_10, **named: str) -> str:
    """Header blocks; ReplyTo and FaultTo take an address, and what follows a `|` as reference parameters."""
    blocks = []
    for name, value in named.items():
        address, _, more = value.partition("|")
        parameters = f"<a:ReferenceParameters>{more}</a:ReferenceParameters>" if more else ""
        inside = f"<a:Address>{address}</a:Address>{parameters}" if name in ("ReplyTo", "FaultTo") else value
        blocks.append(f'<a:{name} xmlns:a="{namespace}">{inside}</a:{name}>')
    return "".join(blocks)


def blocks(envelope: bytes) -> dict[str, str]:
    root = etree.fromstring(envelope)
    return {str(b.tag): b.text or "" for b in root.xpath("//*[local-name()='Header']/*")}


@pytest.mark.parametrize("namespace", [xml.WSA_10, xml.WSA_0408])
@pytest.mark.parametrize("service", ["sync", "receipt", "hybrid"])
def test_an_answer_relates_to_its_request(house: House, namespace: str, service: str) -> None:
    id = f"urn:relates-{service}-{namespace[-5:]}"
    reply = house.call(service, "R1", head(namespace, MessageID=id, Action=ACTION, ReplyTo=ANON[namespace]))
    assert reply.status == 200, reply.body
    assert blocks(reply.body) == {
        f"{{{namespace}}}Action": f"{ORDERS}:OrdersPort:PlaceResponse",
        f"{{{namespace}}}RelatesTo": id,
    }


def test_a_lone_id_in_one_namespace_hides_no_addressing_in_the_other(house: House) -> None:
    addressed = head(xml.WSA_0408, MessageID="urn:both", Action=ACTION, ReplyTo=ANON[xml.WSA_0408])
    reply = house.call("sync", "R1b", head(xml.WSA_10, MessageID="urn:lone") + addressed)
    assert blocks(reply.body)[f"{{{xml.WSA_0408}}}RelatesTo"] == "urn:both"


def test_what_addresses_a_message_a_second_time_is_not_honoured(house: House) -> None:
    second = head(xml.WSA_0408, To="urn:here").replace("<a:To", '<a:To s:mustUnderstand="1"')
    first = head(xml.WSA_10, MessageID="urn:both", Action=ACTION)
    assert house.call("sync", "R1c", first + second.replace("mustUnderstand", "none")).status == 200
    assert "does not understand" in house.call("sync", "R1d", first + second).text("faultstring")


def test_a_request_without_addressing_gets_none(house: House) -> None:
    assert blocks(house.call("sync", "R2", "").body) == {}


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize(
    ("namespace", "header", "subcode"),
    [
        (xml.WSA_10, head(MessageID="urn:1", Action="urn:other"), "ActionNotSupported"),
        (xml.WSA_10, head(MessageID="urn:1", To="urn:here"), "MessageAddressingHeaderRequired"),
        (xml.WSA_10, head(Action=ACTION, ReplyTo=ANON[xml.WSA_10]), "MessageAddressingHeaderRequired"),
        (xml.WSA_10, head(MessageID="urn:1", Action=ACTION) + head(MessageID="urn:2"), "InvalidAddressingHeader"),
        (xml.WSA_10, head(MessageID="urn:1", Action=ACTION, ReplyTo=""), "InvalidAddressingHeader"),
        (xml.WSA_10, head(MessageID="urn:1", Action=ACTION, ReplyTo="http://evil/"), "InvalidAddressingHeader"),
        (xml.WSA_0408, head(xml.WSA_0408, MessageID="urn:1", To="urn:x"), "MessageInformationHeaderRequired"),
        (
            xml.WSA_0408,
            head(xml.WSA_0408, MessageID="urn:1", Action=ACTION) * 2,
            "InvalidMessageInformationHeader",
        ),
    ],
)
def test_wrong_headers_get_the_faults_of_the_standard(
    house: House, namespace: str, header: str, subcode: str, version: str
) -> None:
    reply = house.call("sync", "R3", header, version, action="")
    assert reply.status == (500 if version == "1.1" else 400)
    code = reply.text("faultcode") if version == "1.1" else reply.text("Subcode", "Value")
    assert code == f"wsa:{subcode}"
    assert blocks(reply.body)[f"{{{namespace}}}Action"] == f"{namespace}/fault"


@pytest.mark.parametrize(
    ("header", "reason", "problem"),
    [
        (head(MessageID="urn:1", Action=ACTION) + head(MessageID="urn:2"), "InvalidCardinality", "wsa:MessageID"),
        (head(MessageID="urn:1", Action=ACTION, ReplyTo=""), "MissingAddressInEPR", "wsa:ReplyTo"),
        (
            head(MessageID="urn:1", Action=ACTION, FaultTo="http://evil/"),
            "OnlyAnonymousAddressSupported",
            "wsa:FaultTo",
        ),
        (head(MessageID="urn:1", Action="urn:other"), "", "urn:other"),
    ],
)
def test_a_fault_about_addressing_says_which_header_it_is_about(
    house: House, header: str, reason: str, problem: str
) -> None:
    told = house.call("sync", "R4", header, "1.1", action="")
    assert told.text("Header", "FaultDetail").strip() == problem
    assert told.root.find(".//{*}FaultDetail")[0].nsmap["wsa"] == xml.WSA_10
    assert told.text("Body", "detail") == "", "SOAP 1.1: the detail is about the Body"
    told = house.call("sync", "R4", header, "1.2", action="")
    assert told.text("Subcode", "Subcode", "Value") == (f"wsa:{reason}" if reason else "")
    assert told.text("Detail", "ProblemHeaderQName") + told.text("Detail", "ProblemAction") == problem
    assert told.root.find(".//{*}Detail")[0].nsmap["wsa"] == xml.WSA_10


@pytest.mark.parametrize(
    ("number", "text", "action"),
    [
        ("stock-1", "sold out", f"{ORDERS}:OrdersPort:Place:Fault:OutOfStock"),
        ("broken-1", "The partner shop failed", f"{xml.WSA_10}/soap/fault"),
    ],
)
def test_a_fault_bears_its_action_by_the_contract_or_that_of_soap_faults(
    house: House, number: str, text: str, action: str
) -> None:
    reply = house.call("sync", number, head(MessageID="urn:f1", Action=ACTION, ReplyTo=ANON[xml.WSA_10]))
    assert reply.text("faultstring").startswith(text)
    assert blocks(reply.body) == {f"{{{xml.WSA_10}}}Action": action, f"{{{xml.WSA_10}}}RelatesTo": "urn:f1"}
    assert action in house.published("sync") or action.endswith("/soap/fault")


def test_who_wants_no_faults_learns_by_the_status_that_nothing_was_taken(house: House) -> None:
    header = head(MessageID="urn:f2", Action=ACTION, FaultTo=f"{xml.WSA_10}/none")
    reply = house.call("sync", "stock-2", header)
    assert (reply.status, reply.body) == (500, b"")
    assert house.call("sync", "A1", header).text("confirmation") == "C-A1"


def test_who_wants_no_answer_gets_none(house: House) -> None:
    reply = house.call("receipt", "N1", head(MessageID="urn:none", Action=ACTION, ReplyTo=f"{xml.WSA_10}/none"))
    assert (reply.status, reply.body) == (202, b"")


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_partners_answer_goes_to_the_address_that_the_caller_named(
    house: House, caller: Caller, version: str
) -> None:
    caller.failures = 1
    end = f'{caller.address}|<p:ticket xmlns:p="urn:p">7</p:ticket>'
    reply = house.call("empty", "C1", head(MessageID=f"urn:c-{version}", Action=ACTION, ReplyTo=end), version)
    assert reply.status == 202
    eventually(lambda: len(caller.got) >= 2, "the answer, after one failure")
    (_, first), (http, second) = caller.got[:2]
    said = blocks(second)
    assert said[f"{{{xml.WSA_10}}}RelatesTo"] == f"urn:c-{version}"
    assert said[f"{{{xml.WSA_10}}}To"] == caller.address
    assert said[f"{{{xml.WSA_10}}}Action"] == f"{ORDERS}:OrdersPort:PlaceResponse"
    assert said["{urn:p}ticket"] == "7"
    id = f"{{{xml.WSA_10}}}MessageID"
    assert said[id].startswith("urn:jmswrap:")
    assert said[id] == blocks(first)[id], "a repeated answer has the same id"
    assert b"C-C1" in second
    assert http["content-type"].startswith("text/xml" if version == "1.1" else "application/soap+xml")


def test_a_refusal_goes_to_fault_to(house: House, caller: Caller) -> None:
    both = head(
        MessageID="urn:bad", Action=ACTION, ReplyTo=caller.address + "/replies", FaultTo=caller.address + "/faults"
    )
    assert house.call("receipt", "stock-9", both).status == 200
    eventually(lambda: bool(caller.got), "the refusal")
    (_, body), *_ = caller.got
    assert blocks(body)[f"{{{xml.WSA_10}}}To"].endswith("/faults")
    assert b"sold out" in body
    (number,) = etree.fromstring(body).xpath("//*[local-name()='OutOfStock']/*")
    assert number.nsmap["xsd"] == xml.XSD, "what xsi:type names is declared"


def test_who_wants_no_faults_gets_none_at_its_reply_address_either(house: House, caller: Caller) -> None:
    both = head(MessageID="urn:nofault", Action=ACTION, ReplyTo=caller.address, FaultTo=f"{xml.WSA_10}/none")
    id = house.call("receipt", "stock-8", both).text("messageId")
    eventually(lambda: house.up.jmswrap("show", id)["state"] == "DEAD", "the refusal")
    # The next answer is sent after all that the refusal made.
    house.call("receipt", "A8", head(MessageID="urn:next", Action=ACTION, ReplyTo=caller.address))
    eventually(lambda: bool(caller.got), "the next answer")
    assert [blocks(body)[f"{{{xml.WSA_10}}}RelatesTo"] for _, body in caller.got] == ["urn:next"]


def test_an_answer_that_is_sent_on_is_not_given_on_the_connection_too(house: House, caller: Caller) -> None:
    reply = house.call("hybrid", "H8", head(MessageID="urn:once", Action=ACTION, ReplyTo=caller.address))
    assert reply.status == 200
    assert reply.text("HybridResponse", "receipt", "messageId")
    assert not reply.text("HybridResponse", "answer")


def test_an_answer_that_comes_on_the_connection_cannot_be_wanted_elsewhere(house: House, caller: Caller) -> None:
    reply = house.call("sync", "S8", head(MessageID="urn:sync", Action=ACTION, ReplyTo=caller.address), "1.2")
    assert reply.text("Subcode", "Subcode", "Value") == "wsa:OnlyAnonymousAddressSupported"
    assert "S8" not in [number for number, _ in house.partner.got]


def test_a_private_address_is_never_called_unless_its_network_is_named(house: House, caller: Caller) -> None:
    answered = head(MessageID="urn:private", Action=ACTION, ReplyTo=caller.address)
    assert house.call("hybrid", "P1", answered).status == 200

    def dead() -> bool:
        queues = {queue["name"]: queue["counts"] for queue in house.up.jmswrap("queues")}
        return bool(queues.get("hybrid.callbacks", {}).get("DEAD"))

    eventually(dead, "the answer that may not be sent in its error queue")
    assert caller.got == []
