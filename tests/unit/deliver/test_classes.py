"""Failures of one kind have waits of their own."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jmswrap.app.delivery import schedule
from jmswrap.config.route_settings import Retry
from jmswrap.deliver.decide import Tried, decide
from jmswrap.deliver.delivery import Call, Delivery
from jmswrap.message import Claimed, Message, Record, Settlement
from jmswrap.outcome import Called, Fault, Outcome
from jmswrap.partner.client import PartnerClient
from jmswrap.states import State

WSDL = Path(__file__).parents[2] / "data/partner/orders.wsdl"
RETRY = Retry.model_validate(
    {
        "waits_seconds": [2, 10],
        "jitter": 0,
        "by_class": {
            "Server.Busy": {"waits_seconds": [300]},
            "503": {"waits_seconds": [30]},
            "not-authorised": {"max_attempts": 2},
            "unavailable": {"waits_seconds": [7]},
        },
    }
)


@pytest.fixture(scope="module")
def delivery() -> Iterator[Delivery]:
    with closing(PartnerClient("shop", WSDL)) as partner:
        classes = {name: schedule(RETRY, other) for name, other in RETRY.by_class.items()}
        yield Delivery("place", Call(partner, "Place"), schedule(RETRY), classes=classes)


def settled(delivery: Delivery, called: Called, attempts: int = 0) -> Settlement:
    record = Record(Message("m1", "orders", "place", b""), State.IN_FLIGHT, 1_000, 2_000, attempts=attempts)
    return decide(called, Claimed(record, b"<a/>", 3), delivery, Tried("w", 1, 1))


SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


@pytest.mark.parametrize(
    ("called", "wait_ms"),
    [
        (Called(Outcome.FAULT_TECHNICAL, "busy", 500, Fault(f"{SOAP}Server.Busy", "busy")), 300_000),
        (Called(Outcome.FAULT_TECHNICAL, "no", 500, Fault(f"{SOAP}Server", "no")), 2_000),
        (Called(Outcome.UNAVAILABLE, "503", 503), 30_000),
        (Called(Outcome.UNAVAILABLE, "503", 503, retry_after_ms=90_000), 90_000),
        (Called(Outcome.UNAVAILABLE, "gone", 0), 7_000),
        (Called(Outcome.NOT_CONNECTED, "refused"), 2_000),
    ],
)
def test_a_class_is_found_by_fault_code_then_status_then_outcome(
    delivery: Delivery, called: Called, wait_ms: int
) -> None:
    settlement = settled(delivery, called)
    assert (settlement.state, settlement.wait_ms) == (State.WAITING, wait_ms)


def test_a_class_may_give_up_earlier(delivery: Delivery) -> None:
    refused = Called(Outcome.NOT_AUTHORISED, "401", 401)
    assert settled(delivery, refused).state is State.WAITING
    assert settled(delivery, refused, attempts=1).state is State.DEAD
