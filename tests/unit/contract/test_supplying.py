"""Contracts that end with the binding or the port type, as designers' tools write them, can be wrapped."""

import re
from contextlib import closing
from pathlib import Path

import pytest
import zeep
from lxml import etree

from jmswrap.contract.reading import read
from jmswrap.contract.wrap import Wrapped, wrap
from jmswrap.errors import ContractError
from jmswrap.partner.client import PartnerClient

WRAPPER = """<definitions targetNamespace="urn:test:wrapper" xmlns="http://schemas.xmlsoap.org/wsdl/">
  <import namespace="urn:test:orders" location="orders.wsdl"/>
</definitions>"""


def without(wsdls: Path, folder: Path, *kinds: str) -> Path:
    """Write the orders' WSDL without some of its definitions."""
    text = (wsdls / "orders.wsdl").read_text()
    for kind in kinds:
        text = re.sub(rf"\n  <{kind} .*?</{kind}>", "", text, flags=re.DOTALL)
    (folder / "orders.wsdl").write_text(text)
    return folder / "orders.wsdl"


def operations_called(made: Wrapped) -> tuple[str, ...]:
    """Return what a partner's client offers, made as a worker makes it."""
    wsdl = made.folder / "contracts" / "orders.wsdl"
    with closing(PartnerClient("o", wsdl, address="http://127.0.0.1:1/")) as client:
        return client.operations


def test_bindings_without_a_service_get_one_without_an_address(wsdls: Path, tmp_path: Path) -> None:
    wsdl = without(wsdls, tmp_path, "service")
    made = wrap(str(wsdl), tmp_path / "out")
    assert made.operations == ("PlaceOrder", "Forget")
    assert made.warnings[0].endswith("has bindings and no service, so one without an address was added.")
    assert made.warnings[-1] == "The WSDL gives no address; set partners.Orders.address."
    port = read(made.folder / "contracts" / "orders.wsdl").port()
    assert (port.name, port.operations["PlaceOrder"].soap_action) == ("Soap", "urn:test:orders/PlaceOrder")
    assert operations_called(made) == ("PlaceOrder", "Forget")


def test_a_port_type_without_a_binding_gets_one_with_its_operations_as_soap_actions(
    wsdls: Path, tmp_path: Path
) -> None:
    wsdl = without(wsdls, tmp_path, "service", "binding")
    made = wrap(str(wsdl), tmp_path / "out")
    assert "has neither binding nor service; SOAP 1.1 over HTTP" in made.warnings[0]
    assert made.warnings[0].startswith("contracts/orders.wsdl:40: ")
    operation = read(made.folder / "contracts" / "orders.wsdl").port().operations["PlaceOrder"]
    assert (operation.soap_action, operation.style) == ("PlaceOrder", "document")
    assert zeep.Client(str(made.folder / "wsdl" / "Orders.wsdl")).wsdl.services
    assert operations_called(made) == ("PlaceOrder", "Forget")


def test_a_wsdl_that_only_imports_the_abstract_one_is_supplied_itself(wsdls: Path, tmp_path: Path) -> None:
    without(wsdls, tmp_path, "service", "binding")
    (tmp_path / "wrapper.wsdl").write_text(WRAPPER)
    made = wrap(str(tmp_path / "wrapper.wsdl"), tmp_path / "out")
    with closing(
        PartnerClient("o", made.folder / "contracts" / "wrapper.wsdl", address="http://127.0.0.1:1/")
    ) as client:
        assert client.operations == ("PlaceOrder", "Forget")


def test_parts_with_types_are_bound_as_rpc(wsdls: Path, tmp_path: Path) -> None:
    text = (wsdls / "rpc.wsdl").read_text()
    text = re.sub(r"<(?:wsdl:)?(binding|service) .*</(?:wsdl:)?\1>", "", text, flags=re.DOTALL)
    (tmp_path / "rpc.wsdl").write_text(text)
    made = wrap(str(tmp_path / "rpc.wsdl"), tmp_path / "out")
    port = read(made.folder / "contracts" / "rpc.wsdl").port()
    assert {(o.style, o.use) for o in port.usable} == {("rpc", "literal")}


def test_what_is_bound_to_something_else_than_soap_stays_refused(wsdls: Path, tmp_path: Path) -> None:
    wsdl = without(wsdls, tmp_path, "service")
    wsdl.write_text(wsdl.read_text().replace("http://schemas.xmlsoap.org/soap/http", "urn:test:jca"))
    with pytest.raises(
        ContractError, match=r"has no service .* HTTP \(.*binding Soap .* its transport is urn:test:jca\);"
    ):
        wrap(str(wsdl), tmp_path / "out")


def test_a_service_in_an_imported_wsdl_is_called(wsdls: Path, tmp_path: Path) -> None:
    without(wsdls, tmp_path)
    (tmp_path / "wrapper.wsdl").write_text(WRAPPER)
    made = wrap(str(tmp_path / "wrapper.wsdl"), tmp_path / "out")
    with closing(PartnerClient("o", made.folder / "contracts" / "wrapper.wsdl", port="Soap")) as client:
        assert (client.operations, client.address) == (("PlaceOrder", "Forget"), "http://partner.example/orders")


def test_a_wsdl_without_a_target_namespace_is_published_in_one(wsdls: Path, tmp_path: Path) -> None:
    text = (wsdls / "orders.wsdl").read_text()
    definitions = text.replace('name="Orders" targetNamespace="urn:test:orders"', 'name="Orders"')
    wsdl = tmp_path / "orders.wsdl"
    wsdl.write_text(re.sub(r'(message|type|binding)="tns:', r'\1="', definitions))
    made = wrap(str(wsdl), tmp_path / "out")
    published = made.folder / "wsdl" / "OrderService.wsdl"
    assert etree.parse(published).getroot().get("targetNamespace") == "urn:jmswrap:service:OrderService"
    assert zeep.Client(str(published)).wsdl.services


def test_a_body_without_parts_is_published_beside_a_header_that_is_called_body(wsdls: Path, tmp_path: Path) -> None:
    text = (wsdls / "orders.wsdl").read_text().replace('"parameters"', '"body"')
    headed = '<soap:body use="literal" parts=""/><soap:header message="tns:ForgetIn" part="body" use="literal"/>'
    wsdl = tmp_path / "orders.wsdl"
    at = text.index("urn:test:orders/Forget")
    wsdl.write_text(text[:at] + text[at:].replace('<soap:body use="literal"/>', headed, 1))
    made = wrap(str(wsdl), tmp_path / "out")
    ours, theirs = (
        read(made.folder / name).port().operations["Forget"].element
        for name in ("wsdl/OrderService.wsdl", "contracts/orders.wsdl")
    )
    assert ours == theirs


def test_names_of_any_script_are_sampled(wsdls: Path, tmp_path: Path) -> None:
    text = (
        (wsdls / "orders.wsdl").read_text().replace('name="number"', 'name="número"').replace('"note"', '"примечание"')
    )
    (tmp_path / "orders.wsdl").write_text(text, "utf-8")
    made = wrap(str(tmp_path / "orders.wsdl"), tmp_path / "out")
    sample = etree.parse(made.folder / "samples" / "PlaceOrder.xml").getroot()
    assert [etree.QName(e).localname for e in sample] == ["número", "примечание"]


def test_the_schema_of_soaps_encoding_is_not_published_where_it_is_only_imported(wsdls: Path, tmp_path: Path) -> None:
    imported = '<xs:import namespace="http://schemas.xmlsoap.org/soap/encoding/"/><xs:element name="PlaceOrder">'
    text = (wsdls / "orders.wsdl").read_text().replace('<xs:element name="PlaceOrder">', imported)
    (tmp_path / "orders.wsdl").write_text(text)
    made = wrap(str(tmp_path / "orders.wsdl"), tmp_path / "out")
    assert [file.name for file in (made.folder / "wsdl").iterdir()] == ["OrderService.wsdl"]


def test_an_operation_that_zeep_forgets_over_its_reply_is_called_without_types(wsdls: Path, tmp_path: Path) -> None:
    text = (wsdls / "orders.wsdl").read_text().replace('element="tns:PlaceOrderResponse"', 'element="tns:Respone"')
    (tmp_path / "orders.wsdl").write_text(text)
    made = wrap(str(tmp_path / "orders.wsdl"), tmp_path / "out")
    assert "it drops operation PlaceOrder: " in next(w for w in made.warnings if "zeep cannot read" in w)
    with closing(PartnerClient("o", made.folder / "contracts" / "orders.calls.wsdl")) as client:
        assert client.operations == ("PlaceOrder", "Forget")


def test_the_schema_of_soaps_encoding_is_read_without_the_web(wsdls: Path, tmp_path: Path) -> None:
    typed = 'name="note" xmlns:e="http://schemas.xmlsoap.org/soap/encoding/" type="e:string"'
    text = (wsdls / "orders.wsdl").read_text().replace('name="note" type="xs:string"', typed)
    (tmp_path / "orders.wsdl").write_text(text)
    made = wrap(str(tmp_path / "orders.wsdl"), tmp_path / "out")
    assert zeep.Client(str(made.folder / "wsdl" / "OrderService.wsdl")).wsdl.services
