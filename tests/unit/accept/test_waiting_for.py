"""The keys of other routes that a message waits for, as its route finds them."""

from typing import Any

import pytest
from lxml import etree

from jmswrap.accept.intake import Intake
from jmswrap.accept.selectors import MOST_VALUES
from jmswrap.config.route_settings import Route
from jmswrap.errors import ConfigError, Refused
from jmswrap.message import Message, OtherKey

BODY = etree.fromstring('<Use xmlns="urn:u"><person>7</person><person>8</person><person> 7 </person><point/></Use>')


def waits(*rules: Any, body: etree._Element = BODY, properties: dict[str, str] | None = None) -> tuple[OtherKey, ...]:
    route = Route.model_validate({"from": {"service": "Usage"}, "to": {"queue": "out"}, "waits_for": rules})
    made = Intake.compile("usage", route, "usage", {"u": "urn:u"}, (), [f"q-{rule['route']}" for rule in rules])
    return made.message(body, (), "Use", properties or {}).waits_for


def test_every_different_value_is_waited_for_once() -> None:
    rule = {"route": "person", "key": {"xpath": "u:person"}}
    assert waits(rule) == (OtherKey("q-person", "7"), OtherKey("q-person", "8"))


def test_who_names_nobody_waits_for_nobody() -> None:
    assert waits({"route": "point", "key": {"xpath": "u:point"}}, {"route": "x", "key": {"xpath": "u:none"}}) == ()


def test_a_route_that_keeps_its_queue_in_order_is_waited_for_whole() -> None:
    assert waits({"route": "person"}) == (OtherKey("q-person", "*"),)


def test_a_property_may_name_the_key() -> None:
    rule = {"route": "person", "key": {"property": "person"}}
    assert waits(rule, properties={"person": "9"}) == (OtherKey("q-person", "9"),)
    assert waits(rule) == ()


def test_too_many_values_are_refused() -> None:
    body = etree.fromstring("<Use xmlns='urn:u'>" + "".join(f"<person>{n}</person>" for n in range(101)) + "</Use>")
    with pytest.raises(Refused, match=f"101 different values .* at most {MOST_VALUES}"):
        waits({"route": "person", "key": {"xpath": "u:person"}}, body=body)


def test_an_xpath_that_cannot_be_is_told() -> None:
    with pytest.raises(ConfigError, match="The key of person of route usage is not an XPath"):
        waits({"route": "person", "key": {"xpath": "u:["}})


def test_a_replacement_finds_the_keys_anew() -> None:
    rule = {"route": "person", "key": {"xpath": "u:person"}}
    route = Route.model_validate({"from": {"queue": "usage"}, "to": {"queue": "out"}, "waits_for": [rule]})
    made = Intake.compile("usage", route, "usage", {"u": "urn:u"}, (), ["people"])
    old = Message("m1", "usage", "usage", b"<a/>")
    assert made.again(old, BODY, (), "").waits_for == (OtherKey("people", "7"), OtherKey("people", "8"))
