"""Slips in partners' schemas that every reader understands are corrected in the pinned copy, and told."""

from pathlib import Path

import pytest
from lxml import etree

from jmswrap.contract.schemas import Schemas
from jmswrap.contract.wrap import Wrapped, wrap
from jmswrap.errors import ContractError

ELEMENT = '      <xs:element name="PlaceOrder">'


def wrapped(wsdls: Path, folder: Path, *changes: tuple[str, str]) -> Wrapped:
    text = (wsdls / "orders.wsdl").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "orders.wsdl").write_text(text)
    return wrap(str(folder / "orders.wsdl"), folder / "out")


def test_a_name_without_prefix_means_the_schemas_own_namespace_where_only_that_has_it(
    wsdls: Path, tmp_path: Path
) -> None:
    note = '<xs:simpleType name="Note"><xs:restriction base="xs:string"/></xs:simpleType>'
    made = wrapped(
        wsdls, tmp_path, (ELEMENT, note + ELEMENT), ('name="note" type="xs:string"', 'name="note" type="Note"')
    )
    assert (
        made.warnings[0] == "contracts/orders.wsdl:9: Note has no prefix and is nowhere; that of this schema was taken."
    )
    assert (made.folder / "samples" / "PlaceOrder.xml").exists()


def test_attributes_that_mean_nothing_where_they_stand_are_left_out(wsdls: Path, tmp_path: Path) -> None:
    made = wrapped(
        wsdls,
        tmp_path,
        ('<xs:element name="Ticket"', '<xs:element name="Ticket" minOccurs="0"'),
        (f"{ELEMENT}\n        <xs:complexType>", f'{ELEMENT}\n        <xs:complexType nillable="true">'),
    )
    assert set(made.warnings) >= {
        "contracts/orders.wsdl:6: nillable means nothing on the complexType and was left out.",
        "contracts/orders.wsdl:28: minOccurs means nothing on the global element Ticket and was left out.",
    }


def test_an_import_after_components_is_put_before_them(wsdls: Path, tmp_path: Path) -> None:
    other = '<xs:schema targetNamespace="urn:other"><xs:element name="Note" type="xs:string"/></xs:schema>'
    late = '<xs:import namespace="urn:other"/><xs:element name="Ticket"'
    note = '<xs:element ref="o:Note" xmlns:o="urn:other" minOccurs="0"/>'
    made = wrapped(
        wsdls,
        tmp_path,
        ("<types>", f"<types>{other}"),
        ('<xs:element name="Ticket"', late),
        ('<xs:element name="note" type="xs:string" minOccurs="0"/>', note),
    )
    assert "contracts/orders.wsdl:28: the import stands after components; it was put before them." in made.warnings


def test_a_data_set_of_dotnet_is_taken_as_any_elements(wsdls: Path, tmp_path: Path) -> None:
    imported = (
        '<xs:import namespace="http://www.w3.org/2001/XMLSchema" schemaLocation="http://far.example/XMLSchema.xsd"/>'
    )
    rows = '<xs:element name="rows"><xs:complexType><xs:sequence><xs:element ref="xs:schema"/><xs:any/></xs:sequence>'
    made = wrapped(
        wsdls,
        tmp_path,
        (ELEMENT, imported + ELEMENT),
        ('<xs:element name="note" type="xs:string" minOccurs="0"/>', f"{rows}</xs:complexType></xs:element>"),
    )
    assert "contracts/orders.wsdl:9: a DataSet's schema and rows are taken as any elements, unchecked." in made.warnings
    request = etree.fromstring(
        '<PlaceOrder xmlns="urn:test:orders"><number>1</number><rows>'
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/><d:diffgram xmlns:d="urn:rows"/></rows></PlaceOrder>'
    )
    Schemas.of(made.folder / "wsdl" / "OrderService.wsdl").validate(request, "{urn:test:orders}PlaceOrder")


@pytest.mark.parametrize(
    ("namespace", "remedy"),
    [
        ("urn:nowhere", "add that schema, or correct the prefix."),
        ("http://www.w3.org/1999/XMLSchema", "write http://www.w3.org/2001/XMLSchema."),
    ],
)
def test_a_namespace_that_nobody_declares_is_named(wsdls: Path, tmp_path: Path, namespace: str, remedy: str) -> None:
    change = ('name="note" type="xs:string"', f'name="note" xmlns:n="{namespace}" type="n:string"')
    with pytest.raises(ContractError) as refused:
        wrapped(wsdls, tmp_path, change)
    said = f"the schema uses names of {namespace}, which no schema of the contract declares; {remedy}"
    assert str(refused.value) == f"{tmp_path / 'orders.wsdl'}:13: {said}"


def test_a_header_without_a_use_is_literal(wsdls: Path, tmp_path: Path) -> None:
    made = wrapped(wsdls, tmp_path, ('part="ticket" use="literal"', 'part="ticket"'))
    assert made.warnings[0] == "contracts/orders.wsdl:57: the header does not say its use; literal was taken."
    assert not [w for w in made.warnings if "zeep cannot read" in w]
