"""A partner's contract of today against the pinned one: what breaks, and what does not."""

from pathlib import Path

import pytest

from jmswrap.contract.drift import drift


def differences(wsdls: Path, tmp_path: Path, before: str, after: str, own_address: bool = False) -> list[str]:
    text = (wsdls / "orders.wsdl").read_text()
    assert before in text
    current = tmp_path / "current.wsdl"
    current.write_text(text.replace(before, after))
    return [str(d) for d in drift(wsdls / "orders.wsdl", current, own_address=own_address)]


def test_the_same_contract_has_not_drifted(wsdls: Path) -> None:
    for file in ("orders.wsdl", "rich.wsdl", "rpc-many.wsdl", "bodies.wsdl", "redefine.wsdl"):
        assert drift(wsdls / file, wsdls / file) == ()


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('name="note" type="xs:string" minOccurs="0"', 'name="note" type="xs:string"', "note is required now"),
        ('name="number" type="xs:int"', 'name="number" type="xs:short"', "is of type short now, not int"),
        ('name="note" type="xs:string" minOccurs="0"', 'name="remark" type="xs:string"', "remark is new and required"),
        ('name="note" type="xs:string" minOccurs="0"', 'name="remark" type="xs:string"', "PlaceOrder/note is gone"),
        ('soapAction="urn:test:orders/PlaceOrder"', 'soapAction="urn:other"', "its SOAP action"),
        ('name="accepted" type="xs:boolean"', 'name="accepted" type="xs:boolean" minOccurs="0"', "is optional now"),
    ],
)
def test_what_breaks_a_call_is_breaking(wsdls: Path, tmp_path: Path, before: str, after: str, sentence: str) -> None:
    found = differences(wsdls, tmp_path, before, after)
    assert any(f.startswith("breaking") and sentence in f for f in found), found


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('name="number" type="xs:int"', 'name="number" type="xs:long"', "is of type long now, not int"),
        ('name="number" type="xs:int"/>', 'name="number" type="xs:int" minOccurs="0"/>', "number is optional now"),
        ('name="accepted" type="xs:boolean"/>', 'name="accepted" type="xs:boolean"/><xs:element name="x"/>', "is new"),
    ],
)
def test_what_breaks_nothing_is_not_breaking(
    wsdls: Path, tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    found = differences(wsdls, tmp_path, before, after)
    assert found
    assert all(f.startswith("not breaking") for f in found), found
    assert any(sentence in f for f in found)


def test_facets_and_values_that_let_less_pass_are_breaking(wsdls: Path, tmp_path: Path) -> None:
    def typed(facets: str) -> str:
        restriction = f'<xs:simpleType><xs:restriction base="xs:string">{facets}</xs:restriction></xs:simpleType>'
        text = (wsdls / "orders.wsdl").read_text()
        return text.replace('name="note" type="xs:string" minOccurs="0"/>', f'name="note">{restriction}</xs:element>')

    values = [f'<xs:enumeration value="{v}"/>' for v in "ab"]
    pairs = [
        (
            "".join(values),
            values[0],
            "breaking: operation PlaceOrder: in the request, PlaceOrder/note may no more be b.",
        ),
        (
            values[0],
            "".join(values),
            "not breaking: operation PlaceOrder: in the request, PlaceOrder/note may be b now.",
        ),
        ('<xs:maxLength value="9"/>', '<xs:maxLength value="5"/>', "has maxLength 5 now, not 9"),
    ]
    for before, after, sentence in pairs:
        (tmp_path / "old.wsdl").write_text(typed(before))
        (tmp_path / "new.wsdl").write_text(typed(after))
        found = [str(d) for d in drift(tmp_path / "old.wsdl", tmp_path / "new.wsdl")]
        assert len(found) == 1
        assert sentence in found[0]
    assert found[0].startswith("breaking")


def test_types_that_are_met_on_countless_ways_are_compared_once_and_all_of_them(wsdls: Path, tmp_path: Path) -> None:
    def layered(last: str) -> Path:
        rest = "".join(
            f'<xs:complexType name="L{n}"><xs:sequence><xs:element name="a" type="tns:L{n + 1}"/>'
            f'<xs:element name="b{n}" type="tns:L{n + 1}"/></xs:sequence></xs:complexType>'
            for n in range(40)
        )
        rest += f'<xs:simpleType name="L40"><xs:restriction base="xs:{last}"/></xs:simpleType>'
        text = (wsdls / "orders.wsdl").read_text()
        schema = text.index('<xs:element name="PlaceOrder"')
        text = (text[:schema] + rest + text[schema:]).replace('"note" type="xs:string"', '"note" type="tns:L0"')
        wsdl = tmp_path / f"{last}.wsdl"
        wsdl.write_text(text)
        return wsdl

    told = [str(one) for one in drift(layered("int"), layered("long"))]
    assert [one.rpartition("/")[2] for one in told] == [
        f"{name} is of type long now, not int." for name in ("a", "b39")
    ]


def test_an_operation_that_is_gone_is_breaking_and_a_new_one_is_not(wsdls: Path, tmp_path: Path) -> None:
    found = differences(wsdls, tmp_path, '<operation name="Forget">', '<operation name="Recall">')
    assert found[0] == "breaking: operation Forget: operation Forget is gone."
    assert "not breaking: operation Recall: operation Recall is new." in found


def test_another_address_is_breaking_unless_the_settings_name_one(wsdls: Path, tmp_path: Path) -> None:
    text = (wsdls / "orders.wsdl").read_text()
    address = text.partition('<soap:address location="')[2].partition('"')[0]
    for own, begin in ((False, "breaking"), (True, "not breaking")):
        found = differences(wsdls, tmp_path, address, "http://elsewhere.example/", own)
        assert [f.partition(":")[0] for f in found] == [begin]
