"""What goes over the wire to a partner, and which WSDLs can be loaded."""

from contextlib import closing
from pathlib import Path

import pytest
from lxml import etree
from rogue import CONFIRMED, answer, envelope, rogue

from jmswrap.app.partners import forms
from jmswrap.contract.reading import read
from jmswrap.contract.wrap import wrap
from jmswrap.errors import ContractError, PartnerError
from jmswrap.outcome import Outcome
from jmswrap.partner.answered import Answered
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.watch import Watch

WSDL = Path(__file__).parents[2] / "data/partner/orders.wsdl"
PLACE = (
    b'<p:Place xmlns:p="urn:example:orders" xmlns:x="urn:x"><p:number>1</p:number>'
    b"<p:quantity>2</p:quantity><!-- kept --></p:Place>"
)
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"


def eleven(address: str, wsdl: Path = WSDL) -> closing[PartnerClient]:
    return closing(PartnerClient("o", wsdl, address=address))


def twelve(address: str) -> closing[PartnerClient]:
    return closing(PartnerClient("o", WSDL, address=address, port="Twelve"))


def sent(request: bytes) -> tuple[dict[str, str], etree._Element]:
    head, _, body = request.partition(b"\r\n\r\n")
    pairs = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, value in pairs}, etree.fromstring(body)


def test_the_body_goes_through_byte_for_byte() -> None:
    with rogue(answer("200 OK", CONFIRMED)) as seen, eleven(seen.address) as orders:
        called = orders.call("", PLACE)
    assert PLACE in seen.requests[0]
    assert etree.fromstring(called.body).findtext("{*}confirmation") == "7"
    assert called.raw == CONFIRMED


def test_soap_11_carries_soapaction_and_text_xml() -> None:
    with rogue(answer("200 OK", CONFIRMED)) as seen, eleven(seen.address) as orders:
        orders.call("Place", PLACE)
    headers, root = sent(seen.requests[0])
    assert headers["soapaction"] == '"urn:place"'
    assert headers["content-type"] == "text/xml; charset=utf-8"
    assert root.tag == f"{{{SOAP_11}}}Envelope"
    assert root.find(f"{{{SOAP_11}}}Header") is None


def test_soap_12_carries_the_action_in_its_content_type() -> None:
    reply = envelope('<PlaceResponse xmlns="urn:example:orders"/>', SOAP_12)
    with rogue(answer("200 OK", reply)) as seen, twelve(seen.address) as orders:
        assert orders.call("Place", PLACE).outcome is Outcome.REPLIED
    headers, root = sent(seen.requests[0])
    assert headers["content-type"] == 'application/soap+xml; charset=utf-8; action="urn:place"'
    assert root.tag == f"{{{SOAP_12}}}Envelope"


def test_a_soap_12_sender_fault_is_a_refusal() -> None:
    fault = envelope(
        "<e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>e:Odd</e:Value></e:Subcode></e:Code>"
        '<e:Reason><e:Text xml:lang="en">not this way</e:Text></e:Reason></e:Fault>',
        SOAP_12,
    )
    with rogue(answer("400 Bad Request", fault)) as seen, twelve(seen.address) as orders:
        called = orders.call("Place", PLACE)
    assert called.outcome is Outcome.FAULT_REFUSED
    assert called.fault is not None
    assert called.fault.code == f"{{{SOAP_12}}}Sender"
    assert called.fault.subcodes == (f"{{{SOAP_12}}}Odd",)
    assert called.fault.text == "not this way"


def test_declared_header_blocks_are_sent_again() -> None:
    block = '<Origin xmlns="urn:example:orders">branch 7</Origin>'
    with rogue(answer("200 OK", CONFIRMED)) as seen, eleven(seen.address) as orders:
        orders.call("Place", PLACE, headers=(block,))
    _, root = sent(seen.requests[0])
    assert root.findtext(f"{{{SOAP_11}}}Header/{{urn:example:orders}}Origin") == "branch 7"
    assert PLACE in seen.requests[0]


def test_an_xml_declaration_does_not_end_up_inside_the_envelope() -> None:
    with rogue(answer("200 OK", CONFIRMED)) as seen, eleven(seen.address) as orders:
        orders.call("Place", b'<?xml version="1.0"?>\n' + PLACE)
    assert sent(seen.requests[0])[1] is not None


def test_a_typed_call_gives_zeep_the_values() -> None:
    with rogue(answer("200 OK", CONFIRMED)) as seen, eleven(seen.address) as orders:
        assert orders.call("Place", PLACE, typed=True).outcome is Outcome.REPLIED
    _, root = sent(seen.requests[0])
    assert root.findtext(f"{{{SOAP_11}}}Body/{{urn:example:orders}}Place/{{urn:example:orders}}quantity") == "2"
    assert b"kept" not in seen.requests[0]


def test_a_typed_call_with_values_that_do_not_fit_sends_nothing() -> None:
    with rogue(answer("200 OK", CONFIRMED)) as seen, eleven(seen.address) as orders:
        called = orders.call("Place", PLACE.replace(b">2<", b">many<"), typed=True)
    assert called.outcome is Outcome.CANNOT_CALL
    assert seen.requests == []


def test_an_operation_is_found_by_the_body_element() -> None:
    with closing(PartnerClient("o", WSDL)) as orders:
        assert orders.operation_of("{urn:example:orders}Tell") == "Tell"
        with pytest.raises(PartnerError, match="no operation takes"):
            orders.operation_of("{urn:example:orders}Odd")


def test_a_header_that_names_a_missing_message_is_left_out_of_the_loaded_copy(tmp_path: Path) -> None:
    broken = WSDL.read_text().replace('<wsdl:message name="OriginHeader">', '<wsdl:message name="Else">')
    (tmp_path / "broken.wsdl").write_text(broken)
    with rogue(answer("200 OK", CONFIRMED)) as seen, eleven(seen.address, tmp_path / "broken.wsdl") as orders:
        assert orders.call("Place", PLACE).outcome is Outcome.REPLIED
    assert (tmp_path / "broken.wsdl").read_text() == broken


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('name="Orders11" type="t:OrdersPort"', 'name="Orders11" type="t:Nowhere"'), "cannot be loaded by zeep"),
        (("<wsdl:types>", '<wsdl:import namespace="urn:a" location="http://127.0.0.1:9/a.wsdl"/><wsdl:types>'), "pin"),
        (('name="Eleven"', 'name="Other"'), "has no SOAP port Eleven"),
        (('<?xml version="1.0" encoding="utf-8"?>', "<!DOCTYPE x>"), "cannot be loaded"),
    ],
)
def test_a_wsdl_that_cannot_be_used_is_one_sentence(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = WSDL.read_text()
    assert change[0] in text
    (tmp_path / "orders.wsdl").write_text(text.replace(*change))
    with pytest.raises(ContractError, match=said) as caught:
        PartnerClient("o", tmp_path / "orders.wsdl", port="Eleven")
    assert "\n" not in str(caught.value)


def test_the_charset_of_the_answer_counts_where_the_document_names_none() -> None:
    reply = envelope('<PlaceResponse xmlns="urn:example:orders"><confirmation>grün</confirmation></PlaceResponse>')
    latin = reply.decode().encode("latin-1")
    behave = answer("200 OK", latin, "Content-Type: text/xml; charset=ISO-8859-1")
    with rogue(behave) as seen, eleven(seen.address) as orders:
        called = orders.call("Place", PLACE)
    assert etree.fromstring(called.body).findtext("{*}confirmation") == "grün"


def test_the_envelope_of_a_multipart_reply_is_read() -> None:
    part = b"--b\r\nContent-Type: text/xml\r\n\r\n" + CONFIRMED
    parts = part + b"\r\n--b\r\nContent-Type: image/png\r\n\r\n\x89\r\n--b--\r\n"
    behave = answer("200 OK", parts, 'Content-Type: multipart/related; boundary="b"')
    with rogue(behave) as seen, eleven(seen.address) as orders:
        called = orders.call("Place", PLACE)
    assert called.outcome is Outcome.REPLIED
    assert etree.fromstring(called.body).findtext("{*}confirmation") == "7"
    assert called.raw == parts


KIT = next((folder / "shared/kit/wsdls" for folder in WSDL.parents if (folder / "shared/kit/wsdls").is_dir()), None)


@pytest.mark.kit
@pytest.mark.skipif(KIT is None, reason="the interoperability kit is not beside the checkout")
def test_every_wsdl_of_the_kit_loads_or_says_why_not() -> None:
    assert KIT is not None
    said: list[str] = []
    every = sorted(KIT.rglob("*.wsdl"))
    for wsdl in every:
        try:
            PartnerClient("p", wsdl, address="http://127.0.0.1:9/").close()
        except ContractError as error:
            said.append(str(error))
    assert [sentence for sentence in said if "\n" in sentence] == []
    assert len(every) - len(said) >= 40


def test_a_look_at_a_reply_changes_nothing_of_what_it_means() -> None:
    seen: list[etree._Element] = []

    def eye(root: etree._Element) -> tuple[str, ...]:
        seen.append(root)
        return tuple(str(child.tag) for child in etree.fromstring(b"<too deep") if child is root)

    with (
        rogue(answer("200 OK", CONFIRMED)) as partner,
        closing(PartnerClient("o", WSDL, address=partner.address, watch=Watch(eye))) as orders,
    ):
        answered = orders.ask("Place", PLACE)
        assert isinstance(answered, Answered)
        called = orders.read(answered, wanted=False)
    assert (called.outcome, called.body, len(seen)) == (Outcome.REPLIED, b"", 1)


def test_an_array_that_only_its_member_describes_is_written_in_soaps_encoding(tmp_path: Path) -> None:
    text = (WSDL.parents[1] / "wsdl" / "rpc-many.wsdl").read_text()
    (tmp_path / "rpc.wsdl").write_text(text.replace('"note" type="enc:string"', '"note" type="t:Words"'))
    made = wrap(str(tmp_path / "rpc.wsdl"), tmp_path / "out", port="Encoded")
    wsdl = made.folder / "contracts" / "rpc.wsdl"
    request = (made.folder / "samples" / "Order.xml").read_bytes()
    with (
        rogue(answer("200 OK", CONFIRMED)) as seen,
        closing(PartnerClient("o", wsdl, address=seen.address, forms=forms(read(wsdl).port("", "Encoded")))) as client,
    ):
        client.call("Order", request)
    note = sent(seen.requests[0])[1].find(".//note")
    assert note is not None
    assert note.get("{http://schemas.xmlsoap.org/soap/encoding/}arrayType") == f"xs:string[{len(note)}]"


def test_a_reply_whose_body_is_empty_by_the_contract_is_an_answer() -> None:
    empty = envelope("", SOAP_11)
    with (
        rogue(answer("200 OK", empty)) as seen,
        closing(PartnerClient("o", WSDL, address=seen.address, silent=["Place"])) as orders,
    ):
        assert orders.call("Place", PLACE).outcome is Outcome.REPLIED
