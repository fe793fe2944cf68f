"""Published documents name the configured address, and nothing but the contract is served."""

from pathlib import Path

import pytest
from lxml import etree
from published_transport import ADDRESS, client

from jmswrap.contract.bundle import pin
from jmswrap.contract.derive import derive
from jmswrap.contract.publish import Published


@pytest.fixture
def front(wsdls: Path, tmp_path: Path) -> Path:
    pinned = pin(str(wsdls / "spread" / "service.wsdl"), tmp_path / "pinned")
    return derive(pinned, tmp_path / "front", "Front")


def test_the_wsdl_names_the_configured_address(front: Path) -> None:
    said = Published(front, ADDRESS).wsdl().content.decode()
    assert f'location="{ADDRESS}"' in said
    assert "jmswrap.invalid" not in said


def test_schemas_are_found_at_the_address(front: Path) -> None:
    published = Published(front, ADDRESS)
    assert f'schemaLocation="{ADDRESS}?xsd=meters.xsd"' in published.wsdl().content.decode()
    assert sorted(published.files) == ["identity.xsd", "meters.xsd", "units.xsd", "xml.xsd"]
    meters = published.file("meters.xsd")
    assert meters is not None
    assert f'schemaLocation="{ADDRESS}?xsd=units.xsd"' in meters.content.decode()


@pytest.mark.parametrize("name", ["../pinned/meters.xsd", "/etc/passwd", "Front.wsdl", "", "meters.xsd\0"])
def test_no_other_name_leads_anywhere(front: Path, name: str) -> None:
    assert Published(front, ADDRESS).file(name) is None


def test_a_strong_tag_changes_with_the_content_only(front: Path) -> None:
    tag = Published(front, ADDRESS).wsdl().etag
    assert tag == Published(front, ADDRESS).wsdl().etag
    assert tag != Published(front, f"{ADDRESS}2").wsdl().etag
    assert (tag[0], tag[-1], len(tag)) == ('"', '"', 66)


def test_a_client_reads_the_published_contract(front: Path) -> None:
    operations = client(Published(front, ADDRESS)).service._operations
    assert list(operations) == ["ReadMeter"]


def test_a_schema_that_two_namespaces_include_has_an_address_for_each(tmp_path: Path) -> None:
    xs = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    head, tail = f'<xs:schema {xs} targetNamespace="urn:', '<xs:include schemaLocation="common.xsd"/></xs:schema>'
    (tmp_path / "common.xsd").write_text(f'<xs:schema {xs}><xs:include schemaLocation="deep.xsd"/></xs:schema>')
    (tmp_path / "deep.xsd").write_text(f'<xs:schema {xs}><xs:element name="Do" type="xs:string"/></xs:schema>')
    (tmp_path / "a.wsdl").write_text(
        f'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:a"><types>{head}a">{tail}'
        f'{head}b">{tail}</types></definitions>'
    )
    published = Published(tmp_path / "a.wsdl", ADDRESS)
    assert published.files == ("common.xsd", "2-common.xsd", "deep.xsd", "2-deep.xsd")
    second = published.file("2-common.xsd")
    assert second is not None
    assert f'"{ADDRESS}?xsd=2-deep.xsd"' in second.content.decode()


GROUPS = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:a"><types>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:a="urn:a" targetNamespace="urn:a">
  <xs:import namespace="urn:b"/>
  <xs:element name="Do"><xs:complexType><xs:sequence>
    <xs:group ref="b:Head" xmlns:b="urn:b"/><xs:element name="last" type="xs:int"/>
    <xs:group ref="a:Tree" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:group name="Tree"><xs:sequence><xs:element name="leaf"><xs:complexType><xs:sequence>
    <xs:group ref="a:Tree" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element></xs:sequence></xs:group>
</xs:schema>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:x="urn:b" targetNamespace="urn:b"
    elementFormDefault="qualified">
  <xs:simpleType name="Id"><xs:restriction base="xs:string"/></xs:simpleType>
  <xs:group name="Head"><xs:sequence>
    <xs:element name="id" type="x:Id"/><xs:group ref="x:Inner" maxOccurs="2"/>
  </xs:sequence></xs:group>
  <xs:group name="Inner"><xs:choice><xs:element name="one" type="xs:int"/></xs:choice></xs:group>
</xs:schema></types></definitions>"""


def test_groups_stand_where_they_are_referred_to_unless_they_contain_themselves_or_change_namespace(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.wsdl").write_text(GROUPS)
    root = etree.fromstring(Published(tmp_path / "a.wsdl", ADDRESS).wsdl().content)
    names = {e.get("ref") for e in root.iter("{http://www.w3.org/2001/XMLSchema}group") if e.get("ref")}
    # Head's elements belong to the other namespace, which a local element cannot say here.
    assert names == {"a:Tree", "b:Head"}
    head = root.find(".//{*}group[@name='Head']/{*}sequence")
    assert head is not None
    inner = head[1]
    assert (etree.QName(inner).localname, inner.get("maxOccurs")) == ("choice", "2")


def test_a_schema_without_a_namespace_is_published_in_the_one_it_adopts(wsdls: Path, tmp_path: Path) -> None:
    """zeep reads the default namespace of a schema that includes by two steps as that of names without a prefix."""
    schema = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{}</xs:schema>'
    middle = schema.replace("xmlns:xs=", 'xmlns="http://www.w3.org/2001/XMLSchema" xmlns:xs=')
    (tmp_path / "middle.xsd").write_text(middle.format('<xs:include schemaLocation="item.xsd"/>'))
    item = (
        '<xs:complexType name="Item"><xs:sequence><xs:element name="code" type="Code"/></xs:sequence></xs:complexType>'
    )
    code = '<xs:simpleType name="Code"><xs:restriction base="xs:string"/></xs:simpleType>'
    (tmp_path / "item.xsd").write_text(schema.format(item + code))
    first = '<xs:element name="PlaceOrder">'
    text = (wsdls / "orders.wsdl").read_text().replace('"note" type="xs:string"', '"note" type="tns:Item"')
    (tmp_path / "o.wsdl").write_text(text.replace(first, f'<xs:include schemaLocation="middle.xsd"/>{first}', 1))
    published = Published(
        derive(pin(str(tmp_path / "o.wsdl"), tmp_path / "pinned"), tmp_path / "front", "Front"), ADDRESS
    )
    assert client(published).wsdl.types.get_type("{urn:test:orders}Item")
    found = published.file("item.xsd")
    assert found is not None
    root = etree.fromstring(found.content)
    assert (root.get("targetNamespace"), root.nsmap[None]) == ("urn:test:orders", "urn:test:orders")
