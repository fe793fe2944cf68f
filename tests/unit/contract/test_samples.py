"""Samples are valid, the same for the same seed, and end."""

import random
import re
from pathlib import Path

import pytest
from lxml import etree

from jmswrap.contract.pattern import UnknownPatternError, matching
from jmswrap.contract.sample import Sampler, sample
from jmswrap.contract.schemas import Schemas
from jmswrap.contract.wrap import wrap
from jmswrap.errors import ContractError


def test_every_construct_is_filled_validly(wsdls: Path) -> None:
    sampler, schemas = Sampler(wsdls / "rich.wsdl"), Schemas.of(wsdls / "rich.wsdl")
    for seed in range(20):
        schemas.validate(sampler.sample("{urn:test}Do", seed), "{urn:test}Do")


def test_an_abstract_type_is_stood_for_by_a_concrete_one(wsdls: Path) -> None:
    shape = sample(wsdls / "rich.wsdl", "{urn:test}Do").find("{urn:test}shape")
    assert shape is not None
    assert shape.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "ns1:Circle"


def test_a_recursive_type_ends(wsdls: Path) -> None:
    assert sample(wsdls / "rich.wsdl", "{urn:test}Done").findtext("{urn:test}name") == "name"


def test_the_same_seed_gives_the_same_sample(wsdls: Path) -> None:
    texts = {etree.tostring(sample(wsdls / "rich.wsdl", "{urn:test}Do", seed)) for seed in (1, 1, 2)}
    assert len(texts) == 2


def test_a_type_that_never_ends_is_refused(wsdls: Path) -> None:
    with pytest.raises(ContractError, match="it contains itself without end"):
        sample(wsdls / "rich.wsdl", "{urn:test}Endless")


def test_an_element_nobody_declares_is_refused(wsdls: Path) -> None:
    with pytest.raises(ContractError, match=r"no sample of \{urn:test\}Nothing can be made"):
        sample(wsdls / "rich.wsdl", "{urn:test}Nothing")


@pytest.mark.parametrize(
    ("pattern", "as_python"),
    [
        (r"\d{8}", r"\d{8}"),
        (r"[A-Z]{2,3}-\d+(\.\d+)?", r"[A-Z]{2,3}-\d+(\.\d+)?"),
        (r"[a-z-[aeiou]]+", r"[b-df-hj-np-tv-z]+"),
        (r"(red|green)|blu\p{L}", r"(red|green)|blu[A-Za-z]"),
        (r"\i\c*", r"[A-Za-z_][\w.\-]*"),
        (r"[^0-9]{4}\s?\S", r"[^0-9]{4}\s?\S"),
        (r"([^\\/]*)[\-+]?\(x\)", r"([^\\/]*)[\-+]?\(x\)"),
        (r"^[\w-]+@[a-z]{2}$", r"[\w-]+@[a-z]{2}"),
        (r"", r""),
    ],
)
def test_a_pattern_is_matched_by_what_is_made_for_it(pattern: str, as_python: str) -> None:
    for seed in range(50):
        text = matching(pattern, random.Random(seed), longer=seed % 2 == 0)
        assert re.fullmatch(as_python, text), text


@pytest.mark.parametrize("pattern", ["(a", "[a", "a{x}", "a)", "[^ -~]"])
def test_a_pattern_that_cannot_be_written_is_refused(pattern: str) -> None:
    with pytest.raises(UnknownPatternError):
        matching(pattern, random.Random(0))


def test_a_wildcard_is_not_filled_with_what_only_jmswrap_declares(wsdls: Path, tmp_path: Path) -> None:
    text = (wsdls / "orders.wsdl").read_text()
    strict = text.replace('<xs:element name="note" type="xs:string" minOccurs="0"/>', "<xs:any/>")
    (tmp_path / "orders.wsdl").write_text(strict)
    made = wrap(str(tmp_path / "orders.wsdl"), tmp_path / "out")
    sampler = Sampler(made.folder / "wsdl" / "OrderService.wsdl")
    for seed in range(10):
        assert "urn:jmswrap" not in etree.tostring(sampler.sample("{urn:test:orders}PlaceOrder", seed)).decode()


def test_an_attribute_without_a_type_is_filled_in_a_schema_that_takes_its_includers_namespace(
    wsdls: Path, tmp_path: Path
) -> None:
    text = (wsdls / "orders.wsdl").read_text()
    first = '<xs:element name="PlaceOrder">'
    text = text.replace(first, f'<xs:include schemaLocation="item.xsd"/>{first}')
    (tmp_path / "orders.wsdl").write_text(text.replace('name="note" type="xs:string"', 'name="note" type="tns:Item"'))
    (tmp_path / "item.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:complexType name="Item">'
        '<xs:attribute name="code" use="required"/></xs:complexType></xs:schema>'
    )
    assert sample(tmp_path / "orders.wsdl", "{urn:test:orders}PlaceOrder").find("{*}note[@code]") is not None
