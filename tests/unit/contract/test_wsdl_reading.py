"""What a WSDL says is read, whatever its style; what cannot be taken says why."""

from pathlib import Path

import pytest

from jmswrap.contract.reading import read
from jmswrap.errors import ContractError

ORDERS = "{urn:test:orders}"


def test_soap_ports_are_read_and_others_passed_over(wsdls: Path) -> None:
    contract = read(wsdls / "orders.wsdl")
    assert [(p.service, p.name, p.soap_version) for p in contract.ports] == [
        ("OrderService", "Soap12", "1.2"),
        ("OrderService", "Soap", "1.1"),
    ]
    assert contract.target_namespace == "urn:test:orders"


def test_soap_11_goes_first_when_no_port_is_named(wsdls: Path) -> None:
    contract = read(wsdls / "orders.wsdl")
    assert contract.port().name == "Soap"
    assert contract.port().address == "http://partner.example/orders"
    assert contract.port(name="Soap12").soap_version == "1.2"


def test_an_operation_says_what_it_takes_and_answers(wsdls: Path) -> None:
    operation = read(wsdls / "orders.wsdl").port().operations["PlaceOrder"]
    assert operation.element == ORDERS + "PlaceOrder"
    assert operation.reply_element == ORDERS + "PlaceOrderResponse"
    assert operation.soap_action == "urn:test:orders/PlaceOrder"
    assert operation.documentation == "Places one order."
    assert not operation.one_way


def test_headers_are_found_in_the_requests_message_and_in_others(wsdls: Path) -> None:
    operation = read(wsdls / "orders.wsdl").port().operations["PlaceOrder"]
    assert operation.headers == (ORDERS + "Ticket", ORDERS + "Trace")


def test_an_operation_without_an_output_is_one_way(wsdls: Path) -> None:
    operation = read(wsdls / "orders.wsdl").port().operations["Forget"]
    assert operation.one_way
    assert operation.reply_element == ""


def test_the_operation_of_a_body_element_is_found_at_once(wsdls: Path) -> None:
    port = read(wsdls / "orders.wsdl").port()
    assert port.elements[ORDERS + "Forget"].name == "Forget"
    assert ORDERS + "Unknown" not in port.elements


def test_a_service_spread_over_files_that_import_each_other_is_read(wsdls: Path) -> None:
    port = read(wsdls / "spread" / "service.wsdl").port()
    assert (port.service, port.port_type) == ("MeterService", "Meters")
    assert port.operations["ReadMeter"].element == "{urn:test:meters}ReadMeter"


def test_an_operation_that_cannot_be_taken_says_which_construct_and_where(wsdls: Path) -> None:
    operation = read(wsdls / "typed-part.wsdl").port().operations["Do"]
    said = "operation Do is document/literal, and its part word has a type instead of an element; correct the part."
    assert operation.problem == f"{wsdls / 'typed-part.wsdl'}:12: {said}"


@pytest.mark.parametrize(
    ("file", "form"), [("rpc.wsdl", "rpc"), ("encoded.wsdl", "encoded"), ("two-parts.wsdl", "parts")]
)
def test_a_body_that_is_no_element_gets_one_and_says_its_form(wsdls: Path, file: str, form: str) -> None:
    operation = read(wsdls / file).port().operations["Do"]
    assert operation.problem == ""
    assert operation.request is not None
    assert (operation.request.form, operation.request.element) == (form, operation.element)


def test_a_doctype_is_refused(wsdls: Path) -> None:
    with pytest.raises(ContractError, match=r"doctype\.wsdl has a DOCTYPE"):
        read(wsdls / "doctype.wsdl")


def test_a_port_that_is_not_there_is_answered_with_those_that_are(wsdls: Path) -> None:
    with pytest.raises(ContractError, match=r"has no port Fax .* choose one of OrderService/Soap12, OrderService/Soap"):
        read(wsdls / "orders.wsdl").port(name="Fax")


@pytest.mark.parametrize(
    ("before", "after", "match"),
    [
        ("</definitions>", "", "is not well-formed XML"),
        ('binding="tns:Soap"', 'binding="tns:Nowhere"', "port Soap names binding tns:Nowhere, which is nowhere"),
        ('type="tns:OrdersPort"', 'type="tns:Nowhere"', "is of port type tns:Nowhere, which is nowhere"),
        ('<input message="tns:ForgetIn"', '<input message="tns:Nowhere"', "message tns:Nowhere, which is nowhere"),
        ('element="tns:Forget"', 'element="other:Forget"', "uses the prefix other:, which is not declared"),
    ],
)
def test_a_broken_wsdl_is_refused_with_the_place(
    wsdls: Path, tmp_path: Path, before: str, after: str, match: str
) -> None:
    text = (wsdls / "orders.wsdl").read_text()
    assert before in text
    broken = tmp_path / "broken.wsdl"
    broken.write_text(text.replace(before, after))
    with pytest.raises(ContractError, match=rf"broken\.wsdl:\d+.*{match}"):
        read(broken).port()


def test_two_operations_with_one_element_leave_the_second_out(wsdls: Path, tmp_path: Path) -> None:
    wsdl = tmp_path / "twice.wsdl"
    text = (wsdls / "orders.wsdl").read_text()
    wsdl.write_text(text.replace('element="tns:Forget"', 'element="tns:PlaceOrder"'))
    contract = read(wsdl)
    assert [o.name for o in contract.port().usable] == ["PlaceOrder"]
    assert "takes the same element" in contract.warnings[0]


def test_a_header_that_names_no_message_is_left_out_with_a_warning(wsdls: Path, tmp_path: Path) -> None:
    wsdl = tmp_path / "dangling.wsdl"
    text = (wsdls / "orders.wsdl").read_text()
    wsdl.write_text(text.replace('header message="tns:Headers"', 'header message="tns:Nowhere"'))
    contract = read(wsdl)
    assert contract.port().operations["PlaceOrder"].headers == (ORDERS + "Trace",)
    assert "soap:header message=tns:Nowhere part=ticket" in contract.warnings[0]


def test_declared_faults_are_known_by_their_detail_elements(wsdls: Path) -> None:
    operations = read(wsdls / "orders.wsdl").port().operations
    assert operations["PlaceOrder"].faults == ("{urn:test:orders}Problem",)
    assert operations["Forget"].faults == ()


def test_a_fault_without_an_element_is_told_and_left_out(wsdls: Path, tmp_path: Path) -> None:
    wsdl = tmp_path / "orders.wsdl"
    wsdl.write_text(
        (wsdls / "orders.wsdl")
        .read_text()
        .replace('<fault name="problem" message="tns:Problem"/>', '<fault name="problem" message="tns:Nothing"/>')
    )
    contract = read(wsdl)
    assert contract.port().operations["PlaceOrder"].faults == ()
    assert any("fault problem has no message with an element" in warning for warning in contract.warnings)


def test_a_reply_without_parts_in_its_body_is_silent(wsdls: Path, tmp_path: Path) -> None:
    text = (wsdls / "orders.wsdl").read_text()
    (tmp_path / "orders.wsdl").write_text(text.replace("<output><soap:body", '<output><soap:body parts=""'))
    files = (wsdls / "orders.wsdl", tmp_path / "orders.wsdl")
    assert [read(file).port("", "Soap").operations["PlaceOrder"].silent for file in files] == [False, True]
