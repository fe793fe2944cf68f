"""Reply styles: what check says of contracts and settings that do not fit, and how republish mends it."""

from pathlib import Path

import pytest
import yaml

from jmswrap.app.examination import check
from jmswrap.app.republish import republish
from jmswrap.contract.wrap import wrap

PARTNER = Path(__file__).parents[2] / "data/partner/orders.wsdl"


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    wrap(str(PARTNER), tmp_path / "orders", name="orders")
    return tmp_path / "orders"


def change(folder: Path, **route: object) -> None:
    file = folder / "jmswrap.yaml"
    config = yaml.safe_load(file.read_text())
    config["routes"]["orders"] |= route
    told = {"from": {"service": "orders", "operation": "Tell"}, "to": {"partner": "orders"}, "answer": "empty"}
    config["routes"]["tell"] = told
    file.write_text(yaml.safe_dump(config, sort_keys=False))


def sentences(folder: Path) -> str:
    return "\n".join(problem.sentence for problem in check(folder))


@pytest.mark.parametrize("style", ["sync", "hybrid", "empty"])
def test_a_contract_that_promises_another_answer_is_a_problem_until_it_is_published_anew(
    orders: Path, style: str
) -> None:
    change(orders, answer=style)
    assert f"operation `Place` answers a receipt, but route `orders` is `{style}`: run `jmswrap republish" in sentences(
        orders
    )
    republish(orders)
    assert check(orders) == []


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"answer": "sync", "id": {"message_id": True}}, "route `orders` is `sync` and queues nothing: remove `id`"),
        ({"answer": "hybrid", "to": {"queue": "later"}}, "goes to a queue, which never answers: remove `answer`"),
        ({"answer_steps": [{"xslt": "jmswrap.yaml"}]}, "nobody gets the answers of route `orders`"),
        ({"from": {"queue": "in"}, "answer": "empty"}, "reads a queue, so it has no caller to answer"),
    ],
)
def test_settings_that_do_not_fit_are_told_in_a_sentence(
    orders: Path, settings: dict[str, object], sentence: str
) -> None:
    change(orders, **settings)
    assert sentence in sentences(orders)


def test_a_one_way_operation_cannot_be_passed_through(orders: Path) -> None:
    change(orders)
    file = orders / "jmswrap.yaml"
    file.write_text(file.read_text().replace("answer: empty", "answer: sync"))
    assert "operation `Tell` of `orders` is one-way and answers nothing" in sentences(orders)


@pytest.mark.parametrize(
    ("callbacks", "sentence"),
    [
        ({"allow": ["https://erp.example/"]}, "must be a host or host:port"),
        ({"allow": ["erp.example"], "private": ["10.1"]}, "`10.1` is no network"),
    ],
)
def test_callbacks_that_cannot_be_meant_are_told(orders: Path, callbacks: dict[str, object], sentence: str) -> None:
    change(orders)
    file = orders / "jmswrap.yaml"
    config = yaml.safe_load(file.read_text())
    config["services"]["orders"]["callbacks"] = callbacks
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    assert sentence in sentences(orders)


def test_callbacks_give_the_contract_a_port_type_and_a_partner_link(orders: Path) -> None:
    change(orders)
    file = orders / "jmswrap.yaml"
    config = yaml.safe_load(file.read_text())
    config["services"]["orders"]["callbacks"] = {"allow": ["erp.example"]}
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    (wsdl,) = republish(orders)
    assert '<wsdl:portType name="OrdersPortCallback">' in wsdl.read_text()
    assert '<plnk:partnerLinkType name="OrdersPort">' in wsdl.read_text()
    assert check(orders) == []
