"""What an outcome means for a message: one settlement for each."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from jmswrap.deliver.decide import Tried, decide
from jmswrap.deliver.delivery import Call, Delivery, Put
from jmswrap.errors import TransformError
from jmswrap.message import Claimed, Message, Record, Settlement
from jmswrap.outcome import TABLE, Called, Fault, Meaning, Outcome
from jmswrap.partner.client import PartnerClient
from jmswrap.retry import Schedule
from jmswrap.states import State
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.resources import Resources

WSDL = Path(__file__).parents[2] / "data/partner/orders.wsdl"
BODY = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'
TRIED = Tried("worker", 12, 20)
FAULT = Fault(
    "{http://schemas.xmlsoap.org/soap/envelope/}Client",
    "no such person",
    detail_xml='<detail xmlns:p="urn:p"><a k="p:x">1</a></detail>',
)


def claimed(attempts: int = 0, correlation_id: str = "c-1") -> Claimed:
    message = Message(
        "m1", "orders", "place", b"", key="k", correlation_id=correlation_id, properties={"site": "north"}
    )
    record = Record(message, State.IN_FLIGHT, accepted_ms=1_000, changed_ms=61_000, attempts=attempts)
    return Claimed(record, BODY, fence=3)


@pytest.fixture(scope="module")
def partner() -> PartnerClient:
    with closing(PartnerClient("shop", WSDL)) as client:
        return client


@pytest.fixture
def delivery(partner: PartnerClient) -> Delivery:
    return Delivery("place", Call(partner, "Place"), Schedule((2, 5), jitter=0))


def settled(outcome: Outcome, delivery: Delivery, **called: object) -> Settlement:
    return decide(Called(outcome, "said so", **called), claimed(), delivery, TRIED)  # type: ignore[arg-type]


STATES = {
    Meaning.DELIVERED: State.DELIVERED,
    Meaning.WAITING: State.WAITING,
    Meaning.DEAD: State.DEAD,
    Meaning.REFUSED: State.DEAD,
    Meaning.IN_DOUBT: State.IN_DOUBT,
    Meaning.QUEUED: State.QUEUED,
}


@pytest.mark.parametrize("idempotent", [True, False])
@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_settles_as_its_row_says(delivery: Delivery, outcome: Outcome, idempotent: bool) -> None:
    if outcome is Outcome.FORWARDED:
        delivery = replace(delivery, target=Put("next"))
    settlement = settled(outcome, replace(delivery, idempotent=idempotent), body=BODY)
    assert settlement.state is STATES[TABLE[outcome].meaning(idempotent)]
    assert (settlement.attempt is None) == (outcome is Outcome.NOT_SENT)
    assert settlement.fence == 3


def test_an_attempt_tells_its_whole_story(delivery: Delivery) -> None:
    attempt = settled(Outcome.FAULT_TECHNICAL, delivery, http_status=500, fault=FAULT, raw=b"<raw/>").attempt
    assert attempt is not None
    assert (attempt.number, attempt.duration_ms, attempt.worker) == (1, 12, "worker")
    assert (attempt.target, attempt.outcome, attempt.http_status) == ("shop Place", "fault-technical", 500)
    assert attempt.fault_code.endswith("}Client")
    assert attempt.reply == "<raw/>"


def test_the_reply_of_a_success_is_not_kept_twice(delivery: Delivery) -> None:
    attempt = settled(Outcome.REPLIED, delivery, raw=b"<raw/>", body=BODY).attempt
    assert attempt is not None
    assert attempt.reply == ""


def test_a_failed_attempt_waits_by_the_schedule(delivery: Delivery) -> None:
    assert settled(Outcome.UNAVAILABLE, delivery).wait_ms == 2_000
    assert decide(Called(Outcome.UNAVAILABLE, ""), claimed(1), delivery, TRIED).wait_ms == 5_000
    assert decide(Called(Outcome.UNAVAILABLE, ""), claimed(7), delivery, TRIED).wait_ms == 5_000


def test_a_partner_that_asks_for_a_longer_wait_gets_it(delivery: Delivery) -> None:
    assert settled(Outcome.TOO_MANY, delivery, retry_after_ms=30_000).wait_ms == 30_000


def test_a_message_is_given_up_after_its_attempts(delivery: Delivery) -> None:
    delivery = replace(delivery, schedule=Schedule((1,), max_attempts=3), on_dead="release")
    settlement = decide(Called(Outcome.UNAVAILABLE, "HTTP 503"), claimed(2), delivery, TRIED)
    assert settlement.state is State.DEAD
    assert settlement.reason == "given up after 3 attempts: HTTP 503"
    assert settlement.on_dead == "release"


def test_a_message_is_given_up_at_its_age(delivery: Delivery) -> None:
    delivery = replace(delivery, schedule=Schedule((2,), max_age_seconds=61, jitter=0))
    assert settled(Outcome.UNAVAILABLE, delivery).state is State.DEAD


def test_in_doubt_is_parked_or_sent_again_as_the_route_says(delivery: Delivery) -> None:
    assert settled(Outcome.NO_ANSWER, delivery).state is State.IN_DOUBT
    assert settled(Outcome.NO_ANSWER, replace(delivery, redeliver=True)).state is State.WAITING


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.REPLIED, True),
        (Outcome.FAULT_REFUSED, True),
        (Outcome.FAULT_TECHNICAL, None),
        (Outcome.TRANSFORM_FAILED, None),
        (Outcome.NOT_CONNECTED, False),
        (Outcome.NO_ANSWER, False),
        (Outcome.UNAVAILABLE, False),
    ],
)
def test_the_breaker_hears_what_says_something_about_the_partner(
    delivery: Delivery, outcome: Outcome, expected: bool | None
) -> None:
    assert settled(outcome, delivery).partner_up is expected


def test_a_forwarded_message_keeps_its_identity(delivery: Delivery) -> None:
    delivery = replace(delivery, target=Put("next", "next-route"))
    first, second = (settled(Outcome.FORWARDED, delivery, body=BODY).outputs for _ in range(2))
    assert first == second
    (message,) = first
    assert message.id != "m1"
    assert (message.queue, message.route, message.key, message.correlation_id) == ("next", "next-route", "k", "c-1")
    assert (message.body, message.type) == (BODY, "{urn:example:orders}Place")
    assert message.properties == {"site": "north"}


def test_a_reply_becomes_a_message_with_the_requests_correlation(delivery: Delivery) -> None:
    steps = (lambda document, given: f"<Answer to='{given['JMSMessageID']}'/>".encode(),)
    delivery = replace(delivery, reply=Put("answers", "back", steps))
    (message,) = settled(Outcome.REPLIED, delivery, body=b"<r/>").outputs
    assert (message.queue, message.route, message.correlation_id) == ("answers", "back", "c-1")
    assert message.body == b"<Answer to='m1'/>"


def test_a_request_without_correlation_is_answered_by_its_id(delivery: Delivery) -> None:
    delivery = replace(delivery, reply=Put("answers"))
    called = Called(Outcome.REPLIED, "", body=b"<r/>")
    (message,) = decide(called, claimed(correlation_id=""), delivery, TRIED).outputs
    assert message.correlation_id == "m1"


def fail(document: bytes, given: object) -> bytes:
    raise TransformError("step.xsl:3: no")


def test_a_reply_that_cannot_be_transformed_leaves_the_message_to_a_person(delivery: Delivery) -> None:
    delivery = replace(delivery, reply=Put("answers", steps=(fail,)))
    settlement = settled(Outcome.REPLIED, delivery, body=b"<r/>", raw=b"<raw/>")
    assert settlement.state is State.IN_DOUBT
    assert "step.xsl:3" in settlement.reason
    assert settlement.outputs == ()
    assert settlement.attempt is not None
    assert settlement.attempt.reply == "<raw/>"


def test_a_refusal_sends_a_negative_acknowledgement_and_lets_the_key_go(delivery: Delivery) -> None:
    settlement = settled(Outcome.FAULT_REFUSED, replace(delivery, refusal=Put("answers", "back")), fault=FAULT)
    assert settlement.state is State.DEAD
    assert settlement.on_dead == "release"
    assert settlement.reason == "refused by shop, negative acknowledgement sent: said so"
    document = etree.fromstring(settlement.outputs[0].body)
    names = {"r": "urn:jmswrap:refusal:1", "o": "urn:example:orders"}
    assert document.findtext("r:messageId", namespaces=names) == "m1"
    assert document.findtext("r:correlationId", namespaces=names) == "c-1"
    assert document.findtext("r:partner", namespaces=names) == "shop"
    assert document.findtext("r:faultCode", namespaces=names) == "Client"
    assert document.findtext("r:faultText", namespaces=names) == "no such person"
    assert document.findtext("r:faultDetail/a", namespaces=names) == "1"
    assert b'xmlns:p="urn:p"' in settlement.outputs[0].body, "a value may have the prefix"
    assert document.findtext("r:body/o:Place/o:number", namespaces=names) == "1"


def test_the_steps_of_a_refusal_may_ask_for_the_fault_by_the_vendors_functions(
    delivery: Delivery, tmp_path: Path
) -> None:
    (tmp_path / "nack.xsl").write_text(
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
        ' xmlns:ora="http://schemas.oracle.com/xpath/extension" exclude-result-prefixes="ora"><xsl:template match="/">'
        '<nack code="{ora:getFaultName()}"><xsl:value-of select="ora:getFaultAsString()"/></nack></xsl:template>'
        "</xsl:stylesheet>"
    )
    step = Library(Resources(tmp_path)).compiled(tmp_path / "nack.xsl")
    settlement = settled(Outcome.FAULT_REFUSED, replace(delivery, refusal=Put("answers", steps=(step,))), fault=FAULT)
    made = etree.fromstring(settlement.outputs[0].body)
    assert (made.get("code"), made.text) == ("Client", "no such person")


def test_a_refusal_without_a_route_for_it_waits_for_a_person(delivery: Delivery) -> None:
    settlement = settled(Outcome.FAULT_REFUSED, delivery, fault=FAULT)
    assert (settlement.state, settlement.on_dead, settlement.outputs) == (State.DEAD, "hold", ())


def test_a_value_that_a_map_must_have_is_refused_before_anything_is_sent(delivery: Delivery) -> None:
    delivery = replace(delivery, target=Put("next", "next-route"), refusal=Put("answers"))
    settlement = settled(Outcome.VALUE_NOT_MAPPED, delivery)
    assert (settlement.state, settlement.on_dead, [out.queue for out in settlement.outputs]) == (
        State.DEAD,
        "release",
        ["answers"],
    )
    assert settlement.reason == "refused by a value map, negative acknowledgement sent: said so"


def test_a_refusal_that_cannot_be_transformed_holds_as_the_route_says(delivery: Delivery) -> None:
    settlement = settled(Outcome.FAULT_REFUSED, replace(delivery, refusal=Put("answers", steps=(fail,))), fault=FAULT)
    assert (settlement.state, settlement.on_dead, settlement.outputs) == (State.DEAD, "hold", ())
    assert "step.xsl:3" in settlement.reason
