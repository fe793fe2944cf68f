"""A key or an id that no message can have is a warning, and so is an answer that no caller gets."""

import shutil
from pathlib import Path

import pytest

from jmswrap.app.examination import examine

EXAMPLE = Path(__file__).parents[3] / "examples" / "two_applications"


def warnings(folder: Path, before: str, after: str, example: Path = EXAMPLE) -> list[str]:
    site = shutil.copytree(example, folder / "site")
    file = site / "jmswrap.yaml"
    assert before in file.read_text()
    file.write_text(file.read_text().replace(before, after, 1))
    examined = examine(file)
    assert examined.problems == ()
    return [warning.sentence for warning in examined.warnings]


@pytest.mark.parametrize("written", ["o:orderid", "orderId"])
def test_an_element_that_the_contract_does_not_have_is_told_with_the_one_that_is_meant(
    tmp_path: Path, written: str
) -> None:
    assert warnings(tmp_path, "o:orderId", written) == [
        f"`{written}`: the contract of service `orders` has no element `{written}`: did you mean `o:orderId`?"
    ]


@pytest.mark.parametrize(
    "written",
    [
        "concat(o:customer, '-x:no-', o:orderId)",
        "/o:PlaceOrder/o:orderId[. != 1 or @nope]",
        "o:*[local-name() = 'orderId']/self::o:orderId",
    ],
)
def test_functions_attributes_axes_and_literals_are_no_elements(tmp_path: Path, written: str) -> None:
    assert warnings(tmp_path, "{xpath: o:orderId}", f'{{xpath: "{written}"}}') == []


@pytest.mark.parametrize(
    "open_type",
    [
        ' type="xs:anyType"/>',
        "/>",
        '><xs:complexType><xs:complexContent><xs:extension base="xs:anyType"/></xs:complexContent></xs:complexType>'
        "</xs:element>",
        '><xs:complexType><xs:sequence><xs:any namespace="##other" processContents="lax"/></xs:sequence>'
        "</xs:complexType></xs:element>",
    ],
)
def test_no_element_is_strange_where_anything_may_stand(tmp_path: Path, open_type: str) -> None:
    site = shutil.copytree(EXAMPLE, tmp_path / "site")
    for path, before, after in (
        ("wsdl/orders.wsdl", ' name="article" type="xs:string"/>', f' name="article"{open_type}'),
        ("jmswrap.yaml", "{xpath: o:orderId}", "{xpath: o:article/*/number}"),
    ):
        assert before in (site / path).read_text()
        (site / path).write_text((site / path).read_text().replace(before, after, 1))
    assert examine(site / "jmswrap.yaml").warnings == ()


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ('<part name="body" element="t:PlaceOrderResponse"/>', "{urn:example:sales:orders}PlaceOrderResponse"),
        ("", "something else"),
    ],
)
def test_a_contract_that_promises_another_answer_than_the_receipt_is_told(tmp_path: Path, part: str, said: str) -> None:
    site = shutil.copytree(EXAMPLE, tmp_path / "example")
    contract = site / "contracts" / "orders.wsdl"
    whole = '<part name="body" element="t:PlaceOrderResponse"/>'
    assert whole in contract.read_text()
    contract.write_text(contract.read_text().replace(whole, part))
    (sentence,) = warnings(tmp_path, "wsdl/orders.wsdl", "contracts/orders.wsdl", site)
    assert f"answers {said}, but callers get a receipt" in sentence
