"""The asynchronous WSDL: the partner's requests, our receipt, one form that all tools accept."""

from pathlib import Path

import pytest
from lxml import etree

from jmswrap import xml
from jmswrap.contract.bundle import pin
from jmswrap.contract.derive import derive
from jmswrap.contract.reading import read
from jmswrap.contract.receipt import ACCEPT_RESPONSE
from jmswrap.contract.schemas import Schemas
from jmswrap.errors import ContractError, InvalidDocument

ORDERS = "{urn:test:orders}"


@pytest.fixture
def front(wsdls: Path, tmp_path: Path) -> Path:
    return derive(pin(str(wsdls / "orders.wsdl"), tmp_path / "pinned"), tmp_path / "front", "Front")


def test_operations_elements_actions_and_headers_are_the_partners(front: Path) -> None:
    contract = read(front)
    port = contract.port()
    assert contract.target_namespace == "urn:test:orders"
    assert [(o.name, o.element, o.soap_action, o.headers) for o in port.usable] == [
        ("PlaceOrder", ORDERS + "PlaceOrder", "urn:test:orders/PlaceOrder", (ORDERS + "Ticket", ORDERS + "Trace")),
        ("Forget", ORDERS + "Forget", "urn:test:orders/Forget", ()),
    ]
    assert port.usable[0].documentation == "Places one order."


def test_every_operation_answers_with_a_receipt_and_no_fault(front: Path) -> None:
    assert {o.reply_element for o in read(front).port().usable} == {ACCEPT_RESPONSE}
    assert etree.parse(front).find(f".//{{{xml.WSDL}}}fault") is None


def test_a_soap_12_port_stands_beside_where_the_partner_has_one(front: Path) -> None:
    ports = read(front).ports
    versions = [("Soap11", "1.1"), ("Soap12", "1.2")]
    names = [(f"OrderService{more}{suffix}", number) for more in ("", "Answers") for suffix, number in versions]
    assert [(p.name, p.soap_version) for p in ports] == names
    # One action for both, or tools that mix them up are refused.
    assert ports[1].operations["PlaceOrder"].soap_action == "urn:test:orders/PlaceOrder"


def test_soap_12_is_not_even_mentioned_where_the_partner_has_none(wsdls: Path, tmp_path: Path) -> None:
    front = derive(wsdls / "spread" / "service.wsdl", tmp_path, "Front")
    assert "soap12" not in front.read_text()
    assert "soap-envelope" not in front.read_text()


def test_the_order_of_the_parts_is_the_standards(front: Path) -> None:
    names = [etree.QName(e).localname for e in etree.parse(front).getroot().iterchildren("*")]
    assert list(dict.fromkeys(names)) == ["documentation", "types", "message", "portType", "binding", "service"]


def test_inline_schemas_come_after_those_they_need_with_their_prefixes(wsdls: Path, tmp_path: Path) -> None:
    front = derive(wsdls / "two-chunks.wsdl", tmp_path, "Front")
    schemas = etree.parse(front).findall(f".//{{{xml.XSD}}}schema")
    assert [s.get("targetNamespace") for s in schemas] == [
        "urn:test:late",
        "urn:test",
        "urn:test",
        "urn:jmswrap:receipt:1",
        "urn:jmswrap:answer:1",
    ]
    size = next(e for e in schemas[1].iter() if e.get("name") == "size")
    assert (size.get("type"), size.nsmap["q2"]) == ("q2:Size", "urn:test")


def test_several_wsdls_become_one_and_schema_files_stay_files(wsdls: Path, tmp_path: Path) -> None:
    pinned = pin(str(wsdls / "spread" / "service.wsdl"), tmp_path / "pinned")
    front = derive(pinned, tmp_path / "front", "Front")
    assert sorted(f.name for f in front.parent.iterdir()) == [
        "Front.wsdl",
        "identity.xsd",
        "meters.xsd",
        "units.xsd",
        "xml.xsd",
    ]
    assert (front.parent / "meters.xsd").read_bytes() == (pinned.parent / "meters.xsd").read_bytes()
    assert etree.parse(front).find(f"{{{xml.WSDL}}}import") is None
    assert read(front).port().operations.keys() == {"ReadMeter"}


def test_the_same_bundle_gives_the_same_bytes(front: Path, wsdls: Path, tmp_path: Path) -> None:
    again = derive(tmp_path / "pinned" / "orders.wsdl", tmp_path / "again", "Front")
    assert again.read_bytes() == front.read_bytes()


def test_a_derived_wsdl_says_that_jmswrap_made_it(front: Path) -> None:
    said = etree.parse(front).getroot().findtext(f"{{{xml.WSDL}}}documentation")
    assert said is not None
    assert "derived by jmswrap from orders.wsdl" in said


def test_the_receipt_is_checked_by_its_schema(front: Path) -> None:
    schemas = Schemas.of(front)
    text = (
        '<r:AcceptResponse xmlns:r="urn:jmswrap:receipt:1"><r:receipt><r:messageId>m1</r:messageId>'
        "<r:correlationId>c1</r:correlationId><r:status>{}</r:status>"
        "<r:acceptedAt>2026-01-15T09:30:00.123Z</r:acceptedAt></r:receipt></r:AcceptResponse>"
    )
    schemas.validate(etree.fromstring(text.format("DUPLICATE")), ACCEPT_RESPONSE)
    with pytest.raises(InvalidDocument, match="Element status"):
        schemas.validate(etree.fromstring(text.format("LOST")), ACCEPT_RESPONSE)


def test_what_cannot_be_derived_is_refused_and_leaves_nothing(wsdls: Path, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"typed-part\.wsdl:\d+: operation Do"):
        derive(wsdls / "typed-part.wsdl", tmp_path / "front", "Front")
    assert not (tmp_path / "front").exists()


def test_parts_keep_the_names_that_the_partner_gave_them(wsdls: Path, tmp_path: Path) -> None:
    source = tmp_path / "bare.wsdl"
    text = (wsdls / "orders.wsdl").read_text()
    source.write_text(
        text.replace('<part name="parameters"', '<part name="request"').replace('"parameters"', '"request"')
    )
    root = etree.parse(derive(source, tmp_path / "out", "Bare")).getroot()
    parts = {e.getparent().get("name"): e.get("name") for e in root.iter(f"{{{xml.WSDL}}}part")}
    assert set(parts.values()) >= {"request"}
    assert "parameters" not in parts.values()
    assert parts["AcceptAnswer"] == "receipt", "one answer for all: .NET must not unwrap it"
    named = {e.get("parts") for e in root.iter(f"{{{xml.WSDL_SOAP_11}}}body")} - {None}
    assert named <= {"request"}
