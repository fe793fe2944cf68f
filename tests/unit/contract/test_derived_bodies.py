"""Bodies that are no element of the schemas: rpc, encoded, of no part, of several."""

from pathlib import Path

import pytest
from lxml import etree

from jmswrap.contract.lint import lint
from jmswrap.contract.lint_nouns import REFUSED
from jmswrap.contract.reading import read
from jmswrap.contract.sample import Sampler
from jmswrap.contract.schemas import Schemas
from jmswrap.contract.wrap import wrap
from jmswrap.errors import ContractError, InvalidDocument


@pytest.mark.parametrize(("port", "operations"), [("Encoded", ("Order",)), ("Literal", ("Plain", "Ping", "Tell"))])
def test_an_rpc_port_is_published_as_document_literal_that_no_tool_refuses(
    wsdls: Path, tmp_path: Path, port: str, operations: tuple[str, ...]
) -> None:
    made = wrap(str(wsdls / "rpc-many.wsdl"), tmp_path / "out", port=port)
    front = tmp_path / "out" / "wsdl" / "Shop.wsdl"
    published = read(front).port()
    assert made.operations == operations == tuple(published.operations)
    assert {(o.style, o.use, o.request) for o in published.operations.values()} == {("document", "literal", None)}
    assert [f for f in lint(str(front)) if f.severity == REFUSED] == []


def test_the_wrapper_keeps_its_name_where_its_namespace_has_no_schema(wsdls: Path) -> None:
    contract = read(wsdls / "rpc-many.wsdl")
    plain = contract.port(name="Literal").operations["Plain"]
    assert (plain.element, plain.reply_element) == ("{urn:test:rpc:calls}Plain", "{urn:test:rpc:calls}PlainResponse")
    assert plain.headers == ("{urn:test:rpc:types}Ticket",)
    assert plain.faults == ("trouble",)
    order = contract.port(name="Encoded").operations["Order"]
    assert order.element == "{urn:test:rpc:types:wrapped}Order"
    assert order.request is not None
    assert order.request.wire == "{urn:test:rpc:types}Order"


def test_an_encoded_array_is_validated_as_repeated_items(wsdls: Path) -> None:
    wsdl = wsdls / "rpc-many.wsdl"
    schemas = Schemas.of(wsdl)
    name = "{urn:test:rpc:types:wrapped}Order"
    order = Sampler(wsdl, schemas).sample(name)
    schemas.validate(order, name)
    line = order.find("lines/item")
    assert line is not None
    line.set("more", "x")
    with pytest.raises(InvalidDocument, match="more"):
        schemas.validate(order, name)


def test_a_document_body_of_no_part_or_of_two_gets_an_element(wsdls: Path) -> None:
    operations = read(wsdls / "bodies.wsdl").port().operations
    assert operations["Refresh"].element == "{urn:test:bodies:wrapped}Refresh"
    assert operations["Refresh"].reply_element == "{urn:test:bodies}Done"
    join = Sampler(wsdls / "bodies.wsdl").sample(operations["Join"].element)
    assert [str(e.tag) for e in join] == ["{urn:test:bodies}Customer", "{urn:test:bodies}Meter"]


def test_operations_in_which_the_partner_speaks_first_are_left_out_with_a_word(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "bodies.wsdl"), tmp_path / "out")
    assert made.operations == ("Refresh", "Reset", "Join", "join2")
    told = "\n".join(made.warnings)
    assert "operation Alarm is a notification (output only)" in told
    assert "operation Ask is a solicit-response (output before input)" in told
    assert "Operation join is published as join2" in told


def test_what_a_policy_demands_is_told_with_the_setting_that_provides_it(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "bodies.wsdl"), tmp_path / "out")
    told = "\n".join(made.warnings)
    assert "partners.Bodies.security.username_token" in told
    assert "partners.Bodies.address" in told
    assert "WS-ReliableMessaging (RMAssertion), which jmswrap does not do" in told
    assert b"Policy" not in (tmp_path / "out" / "wsdl" / "Bodies.wsdl").read_bytes()


def test_an_array_of_several_dimensions_is_refused_with_its_place(wsdls: Path, tmp_path: Path) -> None:
    text = (wsdls / "rpc-many.wsdl").read_text().replace("t:Line[]", "t:Line[,]")
    (tmp_path / "cube.wsdl").write_text(text)
    with pytest.raises(ContractError, match=r"cube\.wsdl:\d+: the array t:Line\[,\] has several dimensions"):
        wrap(str(tmp_path / "cube.wsdl"), tmp_path / "out", port="Encoded")


def test_attachments_alone_are_refused_with_their_place(wsdls: Path, tmp_path: Path) -> None:
    mime = 'xmlns:m="http://schemas.xmlsoap.org/wsdl/mime/"'
    text = (
        (wsdls / "rpc.wsdl")
        .read_text()
        .replace(
            '<input><soap:body use="literal"/></input>',
            f'<input><m:multipartRelated {mime}><m:part><soap:body use="literal"/></m:part>'
            '<m:part><m:content part="word" type="image/png"/></m:part></m:multipartRelated></input>',
        )
    )
    (tmp_path / "picture.wsdl").write_text(text)
    with pytest.raises(ContractError, match=r"picture\.wsdl:\d+: operation Do carries attachments"):
        wrap(str(tmp_path / "picture.wsdl"), tmp_path / "out")


def test_an_rpc_part_that_is_an_element_is_refused(wsdls: Path, tmp_path: Path) -> None:
    text = (wsdls / "rpc.wsdl").read_text().replace('name="word" type="xs:string"', 'name="word" element="tns:Do"')
    (tmp_path / "mixed.wsdl").write_text(text)
    with pytest.raises(ContractError, match="part word has an element instead of a type"):
        wrap(str(tmp_path / "mixed.wsdl"), tmp_path / "out")


def test_an_array_of_arrays_becomes_items_in_items(wsdls: Path, tmp_path: Path) -> None:
    text = (wsdls / "rpc-many.wsdl").read_text().replace("t:Line[]", "t:Line[][]")
    (tmp_path / "deep.wsdl").write_text(text)
    order = Sampler(tmp_path / "deep.wsdl").sample("{urn:test:rpc:types:wrapped}Order")
    assert isinstance(order.find("lines/item/item"), etree._Element)
