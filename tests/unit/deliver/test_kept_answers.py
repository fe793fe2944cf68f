"""An answer that was kept is read, once, by whoever is there."""

import threading
from collections.abc import Mapping
from dataclasses import replace

import pytest
from draining import OK, delivery, drain, finish, order, put, states
from rogue import CONFIRMED, answer, rogue

from jmswrap.deliver.crew import Crew
from jmswrap.deliver.delivery import Delivery, Put
from jmswrap.deliver.pace import DEADLY, Pace
from jmswrap.errors import IllegalMove, TransformError
from jmswrap.message import Settlement
from jmswrap.partner.answered import Answered
from jmswrap.partner.transport import HttpReply
from jmswrap.states import Phase, State
from jmswrap.store.nouns import Hold
from jmswrap.store.store import Store

PLACED = Answered("Place", HttpReply(200, {"content-type": "text/xml"}, CONFIRMED)).packed()


def test_an_answer_that_becomes_a_message_is_kept_before_it_is_read(store: Store, crew: Crew) -> None:
    kept: list[tuple[Phase | None, bytes | None]] = []

    def look(document: bytes, given: Mapping[str, str]) -> bytes:
        record = store.record(given["JMSMessageID"])
        assert record is not None
        kept.append((record.phase, store.reply(given["JMSMessageID"])))
        return document

    with rogue(OK) as seen:
        one = delivery(seen.address, reply=Put("answers", steps=(look,)))
        put(store, order(1))
        assert drain(store, crew, one).run().delivered == 1
        finish(one)
    ((phase, raw),) = kept
    assert phase is Phase.REPLIED
    assert raw is not None
    assert raw.endswith(b"\n" + CONFIRMED)


def replied(store: Store, answer: bytes) -> str:
    """Have a worker die between keeping an answer and settling."""
    (name,) = put(store, order(1))
    (claimed,) = store.claim("orders", "dead", 1).messages
    hold = Hold(claimed.id, claimed.fence)
    assert store.mark_sending([hold], "park") == [True]
    assert store.mark_replied(hold, answer)
    store.abandon("dead")
    return name


def test_a_kept_answer_is_read_again_without_a_second_call(store: Store, crew: Crew) -> None:
    name = replied(store, PLACED)
    with rogue(OK) as seen:
        one = delivery(seen.address, reply=Put("answers"))
        assert drain(store, crew, one).run().delivered == 1
        finish(one)
        assert seen.requests == []
    assert states(store, [name]) == [State.DELIVERED]
    (answered,) = store.messages("answers")
    assert answered.message.correlation_id == name
    assert [attempt.outcome for attempt in store.attempts(name)] == ["replied"]


@pytest.mark.parametrize(
    "kept", [b"not what we wrote", b"{}\n<a/>", b'{"operation": "Gone", "status": 200, "headers": {}}\n']
)
def test_a_kept_answer_that_cannot_be_read_is_for_a_person(store: Store, crew: Crew, kept: bytes) -> None:
    name = replied(store, kept)
    one = delivery("http://127.0.0.1:9/", reply=Put("answers"))
    assert drain(store, crew, one).run().in_doubt == 1
    finish(one)
    assert states(store, [name]) == [State.IN_DOUBT]


def test_a_kept_answer_whose_route_is_gone_is_for_a_person_and_is_read_when_it_is_back(
    store: Store, crew: Crew
) -> None:
    name = replied(store, PLACED)
    one = delivery("http://127.0.0.1:9/", reply=Put("answers"))
    gone = replace(one, route="other")
    drain(store, crew, gone).run()
    finish(gone)
    assert states(store, [name]) == [State.IN_DOUBT]
    read_again(store, crew, one, name)


def read_again(store: Store, crew: Crew, one: Delivery, name: str) -> None:
    """Have a person have the answer read; it becomes a message, and nobody is called (nobody listens there)."""
    store.read_again(name)
    assert drain(store, crew, one).run().delivered == 1
    finish(one)
    assert states(store, [name]) == [State.DELIVERED]
    (answered,) = store.messages("answers")
    assert answered.message.correlation_id == name
    assert store.reply(name) is None


def test_an_answer_that_killed_its_readers_is_for_a_person_who_may_have_it_read_once_more(
    store: Store, crew: Crew
) -> None:
    name = replied(store, PLACED)
    for _ in range(DEADLY - 1):
        assert store.claim("orders", "dead", 1).messages
        store.abandon("dead")
    one = delivery("http://127.0.0.1:9/", reply=Put("answers"))
    assert drain(store, crew, one).run().in_doubt == 1
    record = store.record(name)
    assert record is not None
    assert (record.state, record.kills) == (State.IN_DOUBT, DEADLY)
    assert "reading the answer killed its worker three times" in record.reason
    read_again(store, crew, one, name)


def test_a_reply_whose_transform_was_mended_is_read_again_and_nothing_is_sent(store: Store, crew: Crew) -> None:
    def broken(document: bytes, given: Mapping[str, str]) -> bytes:
        raise TransformError("There is no such template.")

    with rogue(OK) as seen:
        one = delivery(seen.address, reply=Put("answers", steps=(broken,)))
        (name,) = put(store, order(1, "K"))
        assert drain(store, crew, one).run().in_doubt == 1
        finish(one)
        mended = delivery("http://127.0.0.1:9/", reply=Put("answers"))
        read_again(store, crew, mended, name)
        assert len(seen.requests) == 1


def test_a_person_may_send_again_what_was_answered(store: Store, crew: Crew) -> None:
    name = replied(store, b"not what we wrote")
    with rogue(OK) as seen:
        one = delivery(seen.address, reply=Put("answers"))
        assert drain(store, crew, one).run().in_doubt == 1
        store.resolve(name, State.QUEUED)
        assert drain(store, crew, one).run().delivered == 1
        finish(one)
        assert len(seen.requests) == 1


def test_an_answer_goes_with_the_message_that_another_one_came_for(store: Store, crew: Crew) -> None:
    name = replied(store, b"not what we wrote")
    one = delivery("http://127.0.0.1:9/", reply=Put("answers"))
    assert drain(store, crew, one).run().in_doubt == 1
    finish(one)
    store.replace(name, order(2))
    record = store.record(name)
    assert record is not None
    assert (record.state, record.phase, store.reply(name)) == (State.CANCELLED, None, None)


def test_what_a_gateway_says_for_the_partner_is_no_answer_of_it(store: Store, crew: Crew) -> None:
    with rogue(answer("504 Gateway Timeout", b"upstream timed out")) as seen:
        one = delivery(seen.address, reply=Put("answers"))
        (name,) = put(store, order(1))
        assert drain(store, crew, one).run().in_doubt == 1
        finish(one)
    assert store.reply(name) is None
    with pytest.raises(IllegalMove, match="No answer of the partner is kept"):
        store.read_again(name)


def test_what_the_partner_did_not_answer_cannot_be_read(store: Store) -> None:
    (name,) = put(store, order(1))
    (claimed,) = store.claim("orders", "w", 1).messages
    assert store.settle([Settlement(name, claimed.fence, State.IN_DOUBT)])[0].done
    with pytest.raises(IllegalMove, match="No answer of the partner is kept"):
        store.read_again(name)


def test_a_stop_while_an_answer_is_read_sends_nothing_twice(store: Store, crew: Crew) -> None:
    stop = threading.Event()

    def stop_here(document: bytes, given: object) -> bytes:
        stop.set()
        return document

    with rogue(OK) as seen:
        one = delivery(seen.address, reply=Put("answers", steps=(stop_here,)))
        ids = put(store, *(order(number, "k") for number in range(3)))
        drain(store, crew, one, Pace(linger_seconds=5, stopping=stop.is_set)).run()
        finish(one)
        sent = len(seen.requests)
    assert states(store, ids) == [State.DELIVERED] * sent + [State.QUEUED] * (3 - sent)
    assert len(store.messages("answers")) == sent
