"""A caller whose message went straight through is never told to send again what its partner may have."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from draining import OK, delivery, finish, order
from rogue import answer, rogue

from jmswrap import clock
from jmswrap.accept.replies import Passed
from jmswrap.deliver.delivery import Call, Step
from jmswrap.deliver.passing import Passage, Passing
from jmswrap.errors import CrossReferencesDown, TransformError
from jmswrap.outcome import Called, Outcome
from jmswrap.partner.wire import Wire
from jmswrap.soap.replies import passed_fault
from jmswrap.store.nouns import Guard
from jmswrap.store.store import Store

ONLY = "only if it may get it twice"


def failing(error: Exception) -> Step:
    def step(document: bytes, given: Mapping[str, str]) -> bytes:
        raise error

    return step


@pytest.fixture
def passed(store: Store, request: pytest.FixtureRequest) -> Iterator[Called]:
    behave, step = request.param
    with rogue(behave) as seen:
        one = replace(delivery(seen.address), answer_steps=(step,) if step else ())
        assert isinstance(one.target, Call)
        passage = Passage(store, {"place": Passing(one, one.target, 5, Guard("shop"))}, 1)
        until = clock.monotonic() + 5
        yield passage.pass_on(order(1), until, Wire(until))
        passage.close()
        finish(one)
        assert len(seen.requests) == 1


@pytest.mark.parametrize(
    "passed",
    [
        (OK, failing(TransformError("no"))),
        (OK, failing(CrossReferencesDown("away"))),
        (answer("502 Bad Gateway", b"<html/>"), None),
        (answer("200 OK", b"garbage"), None),
    ],
    ids=["answer not transformed", "cross-references away", "502", "garbage"],
    indirect=True,
)
def test_what_the_partner_may_have_is_not_to_be_sent_again_later(passed: Called) -> None:
    fault = passed_fault(Passed(passed, "shop", 5))
    assert ONLY in str(fault)
    assert "again later" not in str(fault)


def test_what_was_never_sent_is_said_not_to_have_been() -> None:
    fault = passed_fault(Passed(Called(Outcome.TRANSFORM_FAILED, "no"), "shop", 5))
    assert str(fault).endswith("Nothing was sent.")
