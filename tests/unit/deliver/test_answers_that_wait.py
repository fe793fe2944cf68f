"""An answer that cannot be carried on because cross-references are away is read again; nobody is called twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from draining import OK, delivery, drain, finish, order, put, states
from rogue import CONFIRMED, answer, rogue

from jmswrap.deliver.crew import Crew
from jmswrap.deliver.delivery import Delivery, Put
from jmswrap.errors import CrossReferencesDown, IllegalMove
from jmswrap.message import Settlement
from jmswrap.partner.answered import Answered
from jmswrap.partner.transport import HttpReply
from jmswrap.retry import Schedule
from jmswrap.states import Phase, State
from jmswrap.store.nouns import Hold
from jmswrap.store.store import Store

SCHEDULE = Schedule((60,), jitter=0)


@dataclass
class References:
    """A step that needs a database, which is away for a while."""

    away: int = 1
    seen: list[bytes] = field(default_factory=list)

    def __call__(self, document: bytes, given: Mapping[str, str]) -> bytes:
        self.seen.append(document)
        if len(self.seen) <= self.away:
            raise CrossReferencesDown("The cross-references cannot be used now.")
        return document


def waiting(store: Store, name: str) -> None:
    record = store.record(name)
    assert record is not None
    assert (record.state, record.phase) == (State.WAITING, Phase.REPLIED)
    assert "the partner answered" in record.reason
    assert store.reply(name) is not None


def a_minute_passes(store: Store) -> None:
    """Long enough for what waits; a drain that takes its time sees nothing become due meanwhile."""
    store.client.incrby(f"{store.prefix}:clock", 60_000)


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize("where", ["reply", "answer"])
def test_the_partner_is_called_once_however_long_cross_references_are_away(
    store: Store, crew: Crew, where: str, idempotent: bool
) -> None:
    step = References(away=2)
    with rogue(OK) as seen:
        plain = replace(delivery(seen.address, idempotent=idempotent), schedule=SCHEDULE)
        one = (
            replace(plain, reply=Put("answers", steps=(step,)))
            if where == "reply"
            else replace(plain, keep_answer_ms=60_000, answer_steps=(step,))
        )
        (name,) = put(store, order(1, "K"))
        assert drain(store, crew, one).run().retried == 1
        waiting(store, name)
        for _ in range(2):
            a_minute_passes(store)
            drain(store, crew, one).run()
        finish(one)
        assert len(seen.requests) == 1
    assert states(store, [name]) == [State.DELIVERED]
    assert [attempt.outcome for attempt in store.attempts(name)] == [*["cross-references-down"] * 2, "replied"]
    assert len(set(step.seen)) == 1
    assert len(store.messages("answers")) == (where == "reply")
    assert store.record(name).deliveries == 1  # type: ignore[union-attr]


def test_a_refusal_that_cannot_be_carried_on_waits_for_its_turn_as_well(store: Store, crew: Crew) -> None:
    step = References()
    body = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        b"<faultcode>s:Client</faultcode><faultstring>No.</faultstring></s:Fault></s:Body></s:Envelope>"
    )
    with rogue(answer("500 Internal Server Error", body)) as seen:
        one = replace(delivery(seen.address, refusal=Put("refused", steps=(step,))), schedule=SCHEDULE)
        (name,) = put(store, order(1))
        drain(store, crew, one).run()
        waiting(store, name)
        a_minute_passes(store)
        drain(store, crew, one).run()
        finish(one)
        assert len(seen.requests) == 1
    assert states(store, [name]) == [State.DEAD]
    assert len(store.messages("refused")) == 1


def test_an_answer_that_has_waited_long_enough_is_for_a_person(store: Store, crew: Crew) -> None:
    with rogue(OK) as seen:
        one = delivery(seen.address, reply=Put("answers", steps=(References(away=9),)), idempotent=True)
        one = replace(one, schedule=Schedule((0.05,), max_attempts=1))
        (name,) = put(store, order(1))
        assert drain(store, crew, one).run().in_doubt == 1
        finish(one)
    assert states(store, [name]) == [State.IN_DOUBT]
    assert "Envelope" in store.attempts(name)[0].reply


def away_once(store: Store, crew: Crew, one: Delivery) -> str:
    (name,) = put(store, order(1, "K"))
    drain(store, crew, one).run()
    waiting(store, name)
    return name


def test_a_person_cannot_send_an_answered_message_again_or_take_it_away(store: Store, crew: Crew) -> None:
    step = References()
    with rogue(OK) as seen:
        one = replace(delivery(seen.address, reply=Put("answers", steps=(step,))), schedule=SCHEDULE)
        name = away_once(store, crew, one)
        with pytest.raises(IllegalMove, match="was answered by its partner"):
            store.cancel(name)
        with pytest.raises(IllegalMove, match="was answered by its partner"):
            store.replace(name, order(2, "K"))
        store.skip(name, "It is in the way.")
        assert states(store, [name]) == [State.DEAD]
        store.replay(name)
        drain(store, crew, one).run()
        finish(one)
        assert len(seen.requests) == 1
    assert states(store, [name]) == [State.DELIVERED]


def test_what_was_not_kept_cannot_be_read_again_and_is_for_a_person(store: Store) -> None:
    (name,) = put(store, order(1))
    (claimed,) = store.claim("orders", "w", 1).messages
    assert store.mark_sending([Hold(claimed.id, claimed.fence)], "park") == [True]
    settlement = Settlement(claimed.id, claimed.fence, State.WAITING, wait_ms=50, reason="Away.", rereads=True)
    assert store.settle([settlement])[0].done
    assert states(store, [name]) == [State.IN_DOUBT]
    assert not store.doubtful("orders", 5)


def test_an_answer_read_late_tells_nothing_about_its_partner_now(store: Store, crew: Crew) -> None:
    (name,) = put(store, order(1))
    (claimed,) = store.claim("orders", "dead", 1).messages
    hold = Hold(claimed.id, claimed.fence)
    kept = Answered("Place", HttpReply(200, {"content-type": "text/xml"}, CONFIRMED)).packed()
    assert store.mark_sending([hold], "park") == [True]
    assert store.mark_replied(hold, kept)
    store.abandon("dead")
    store.client.hset(f"{store.prefix}:brk:shop", mapping={"failures": 3, "last": 1})
    one = delivery("http://127.0.0.1:9/", reply=Put("answers"))
    drain(store, crew, one).run()
    finish(one)
    assert states(store, [name]) == [State.DELIVERED]
    assert store.client.hget(f"{store.prefix}:brk:shop", "failures") == b"3"
