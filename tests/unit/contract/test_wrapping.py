"""A wrapped partner is an integration folder that loads; what cannot be wrapped leaves nothing."""

from pathlib import Path

import pytest
from lxml import etree

from jmswrap.config.load import load
from jmswrap.contract.schemas import Schemas
from jmswrap.contract.wrap import wrap
from jmswrap.errors import ConfigError, ContractError


def test_a_wrapped_partner_is_whole_and_its_settings_load(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    assert made.operations == ("PlaceOrder", "Forget")
    assert made.ports == ("OrderService/OrderServiceSoap11", "OrderService/OrderServiceSoap12")
    config, problems = load(made.settings)
    assert problems == []
    assert config is not None
    assert config.services["OrderService"].wsdl == "wsdl/OrderService.wsdl"
    assert (config.partners["OrderService"].wsdl, config.partners["OrderService"].port) == (
        "contracts/orders.wsdl",
        "Soap",
    )
    assert config.routes["OrderService"].source.service == "OrderService"
    assert config.routes["OrderService"].to.partner == "OrderService"


def test_each_operation_gets_a_valid_sample(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    schemas = Schemas.of(made.folder / "wsdl" / "OrderService.wsdl")
    for name in made.operations:
        request = etree.parse(made.folder / "samples" / f"{name}.xml").getroot()
        schemas.validate(request, f"{{urn:test:orders}}{name}")


def test_what_a_person_should_decide_is_said(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    assert made.warnings == (
        "No key: requests are delivered in no particular order; set routes.OrderService.key where order matters.",
        "No id: a request that is sent twice is delivered twice; set routes.OrderService.id to recognise it.",
    )


def test_the_example_of_a_key_is_a_path_into_the_request(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    assert '# key: {xpath: "p:number"}' in made.settings.read_text()


def test_an_integration_that_is_there_is_not_overwritten_unless_forced(wsdls: Path, tmp_path: Path) -> None:
    wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    settings = tmp_path / "orders" / "jmswrap.yaml"
    settings.write_text("edited")
    with pytest.raises(ConfigError, match=r"jmswrap\.yaml is there already"):
        wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    assert settings.read_text() == "edited"
    wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders", force=True)
    assert settings.read_text() != "edited"


@pytest.mark.parametrize("file", ["rpc.wsdl", "doctype.wsdl", "hostile.wsdl", "foreign.wsdl", "unknown-type.wsdl"])
def test_a_wsdl_that_cannot_be_wrapped_says_where_and_leaves_nothing(wsdls: Path, tmp_path: Path, file: str) -> None:
    with pytest.raises(ContractError) as caught:
        wrap(str(wsdls / file), tmp_path / "out")
    assert str(caught.value).startswith(str(wsdls / file))
    assert list(tmp_path.iterdir()) == []


def test_wrapping_twice_gives_the_same_bytes(wsdls: Path, tmp_path: Path) -> None:
    folders = [wrap(str(wsdls / "spread" / "service.wsdl"), tmp_path / n).folder for n in ("one", "two")]
    first, second = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders)
    assert first == second


def test_a_name_that_yaml_would_misread_is_quoted(wsdls: Path, tmp_path: Path) -> None:
    config, problems = load(wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders", name="Yes").settings)
    assert problems == []
    assert config is not None
    assert config.name == "Yes"
