"""A route's intake: identity, key, correlation and what else a message carries."""

from typing import Any

import pytest
from lxml import etree

from jmswrap import clock
from jmswrap.accept.intake import WHOLE_QUEUE, Intake
from jmswrap.config.route_settings import Route
from jmswrap.errors import ConfigError, Refused

NAMESPACES = {"o": "urn:orders"}
BODY = etree.fromstring('<Place xmlns="urn:orders" at="shop"><number>A1</number><line>7</line><line>7</line></Place>')


def intake(**settings: Any) -> Intake:
    route = Route.model_validate({"from": {"service": "Orders"}, "to": {"queue": "placed"}, **settings})
    return Intake.compile("place", route, "orders", NAMESPACES, ("{urn:h}Origin",))


def header(text: str) -> etree._Element:
    return etree.fromstring(text)


def test_a_message_carries_what_the_route_says() -> None:
    message = intake(priority=7, delay_seconds=1.5, time_to_live_seconds=60).message(BODY, (), "Place", {"a": "b"})
    assert (message.queue, message.route, message.operation, message.type) == (
        "orders",
        "place",
        "Place",
        "{urn:orders}Place",
    )
    assert (message.priority, message.delay_ms, message.time_to_live_ms) == (7, 1500, 60_000)
    assert (message.key, message.source_id, message.correlation_id) == ("", "", "")
    assert message.properties == {"a": "b"}


@pytest.mark.parametrize(
    ("xpath", "key"),
    [("o:number", "A1"), ("@at", "shop"), ("string(o:number)", "A1"), ("count(o:line)", "2"), ("o:line", "7")],
)
def test_the_key_is_found_by_xpath(xpath: str, key: str) -> None:
    assert intake(key={"xpath": xpath}).message(BODY, (), "Place", {}).key == key


def test_the_id_comes_from_the_identity_the_caller_gave() -> None:
    made = [intake(id={"xpath": "o:number"}).message(BODY, (), "Place", {}) for _ in range(2)]
    assert made[0].id == made[1].id == clock.derived_id("place", "A1")
    assert made[0].source_id == "A1"


def test_without_an_identity_every_message_is_another() -> None:
    assert intake().message(BODY, (), "Place", {}).id != intake().message(BODY, (), "Place", {}).id


@pytest.mark.parametrize(
    "namespace", ["http://www.w3.org/2005/08/addressing", "http://schemas.xmlsoap.org/ws/2004/08/addressing"]
)
def test_ws_addressing_gives_identity_and_correlation(namespace: str) -> None:
    headers = (
        header(f'<a:MessageID xmlns:a="{namespace}">urn:uuid:1</a:MessageID>'),
        header(f'<a:RelatesTo xmlns:a="{namespace}"> urn:uuid:0 </a:RelatesTo>'),
    )
    message = intake(id={"message_id": True}).message(BODY, headers, "Place", {})
    assert (message.source_id, message.correlation_id) == ("urn:uuid:1", "urn:uuid:0")


def test_a_header_or_a_property_can_be_the_key() -> None:
    origin = header('<h:Origin xmlns:h="urn:h">web</h:Origin>')
    assert intake(key={"header": "{urn:h}Origin"}).message(BODY, (origin,), "Place", {}).key == "web"
    assert intake(key={"property": "meter"}).message(BODY, (), "Place", {"meter": "E1"}).key == "E1"


def test_declared_headers_are_kept_standing_alone() -> None:
    envelope = etree.fromstring('<e xmlns:h="urn:h"><h:Origin>web</h:Origin><h:Other/></e>')
    (kept,) = intake().message(BODY, tuple(envelope), "Place", {}).soap_headers
    assert etree.fromstring(kept).tag == "{urn:h}Origin"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"key": {"xpath": "o:customer"}}, "no key: send a value at o:customer"),
        ({"id": {"message_id": True}}, "no id: send a WS-Addressing MessageID"),
        ({"id": {"header": "{urn:h}Id"}}, r"no id: send the SOAP header \{urn:h\}Id"),
        ({"key": {"property": "meter"}}, "no key: send the property meter"),
        ({"key": {"xpath": "o:number | o:line"}}, "2 different values"),
    ],
)
def test_what_a_route_demands_and_is_not_there_is_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        intake(**settings).message(BODY, (), "Place", {})


@pytest.mark.parametrize("settings", [{"id": {"xpath": "o:number"}}, {"key": {"xpath": "//o:number"}}, {}])
def test_what_is_too_long_to_be_a_name_in_the_store_is_refused(settings: dict[str, Any]) -> None:
    said = "é" * 513
    body = etree.fromstring(f'<Place xmlns="urn:orders"><number>{said}</number></Place>')
    relates = header(f'<a:RelatesTo xmlns:a="http://www.w3.org/2005/08/addressing">{said}</a:RelatesTo>')
    with pytest.raises(Refused, match="of the message is longer than 1024 bytes"):
        intake(**settings).message(body, () if settings else (relates,), "Place", {})


def test_order_by_queue_is_one_key_and_no_order_is_none() -> None:
    assert intake(order="queue").message(BODY, (), "Place", {}).key == WHOLE_QUEUE
    assert intake(order="none", key={"xpath": "o:customer"}).message(BODY, (), "Place", {}).key == ""


def test_an_expression_that_is_none_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="not an XPath"):
        intake(key={"xpath": "o:number["})
