"""A restored store: what may have been delivered since the backup is not sent as if for the first time."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from store_desk import Desk

from jmswrap import clock
from jmswrap.database import Place
from jmswrap.history.history import History
from jmswrap.history.nouns import Kept
from jmswrap.message import OtherKey
from jmswrap.operate.restoring import DOUBT, Manner, Restored, Restoring
from jmswrap.states import HERE, Phase, State
from jmswrap.store import opening
from jmswrap.store.copies import Copies, plant
from jmswrap.store.nouns import Guard, Hold, Limits
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

Twin = Callable[[], Desk]
MANNERS = {
    "r": Manner(),
    "safe": Manner("keep"),
    "asks": Manner("probe"),
    "forwards": Manner("doubt", (("forward", "out"),)),
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with EmbeddedServer(tmp_path / "first") as server:
        client = opening.client(server.url)
        yield Desk(Store(client, "p", Limits(retention_ms=0, purges=False)))
        client.close()


@pytest.fixture
def twin(desk: Desk, tmp_path: Path) -> Iterator[Twin]:
    """Back up and start a server on the copy; the first one goes on by itself."""
    with ExitStack() as stack:

        def restored() -> Desk:
            Copies(desk.store.client, "p").snapshot(tmp_path / "store.rdb", "b1")
            plant(tmp_path / "store.rdb", tmp_path / "second")
            server = stack.enter_context(EmbeddedServer(tmp_path / "second"))
            client = opening.client(server.url)
            stack.callback(client.close)
            return Desk(Store(client, "p", desk.store.limits))

        yield restored


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History(Place(tmp_path / "history.sqlite"), "p")
    yield opened
    opened.close()


def deal(desk: Desk, history: History | None = None) -> Restored:
    copies = Copies(desk.store.client, "p", desk.store.limits)
    return Restoring(desk.store, copies, history, MANNERS, {}).run(copies.restored_from(), ["q", "unused"])


def archive(desk: Desk, history: History) -> None:
    """Carry away what has settled, as the archiver does."""
    batch = desk.store.leaving(100, True)
    history.keep([Kept(one.record, one.attempts, one.body, one.erased_ms) for one in batch.messages])
    assert desk.store.depart(batch.messages) == len(batch.messages)


def resume(desk: Desk) -> None:
    for queue in ("q", "unused"):
        desk.store.resume(queue)


def exact(desk: Desk) -> bool:
    """Tell whether the control totals of the queue are what is there."""
    totals = Counter[str]()
    for key in desk.store.client.keys("p:tot:*:q"):
        day = key.decode().split(":")[2]
        totals.update({event: n for event, n in desk.store.totals("q", day).items() if ">" in event})
    flow = {
        state: sum(n for e, n in totals.items() if e.endswith(f">{state}"))
        - sum(n for e, n in totals.items() if e.startswith(f"{state}>"))
        for state in State
    }
    (summary,) = [one for one in desk.store.queues() if one.name == "q"]
    return {s: n for s, n in flow.items() if n} == dict(summary.counts)


def test_a_copy_knows_that_it_is_one_and_the_original_that_it_is_none(desk: Desk, twin: Twin) -> None:
    desk.put("A")
    copy = twin()
    assert Copies(copy.store.client, "p").restored_from() == "b1"
    assert Copies(desk.store.client, "p").restored_from() == ""
    deal(copy)
    assert Copies(copy.store.client, "p").restored_from() == ""


def test_a_copy_gives_nothing_away_before_it_was_dealt_with(desk: Desk, twin: Twin) -> None:
    one = desk.put("A")
    copy = twin()
    assert (copy.claim(), copy.state(one)) == ([], State.QUEUED)
    deal(copy)
    copy.store.resolve(one, State.QUEUED)
    resume(copy)
    assert [claimed.id for claimed in copy.claim()] == [one]


def test_a_store_is_never_a_copy_while_its_own_snapshot_is_written(desk: Desk, tmp_path: Path) -> None:
    """A worker or a health check that looks at that moment must not take the living store for its copy."""
    seen, copies, going = [], Copies(desk.store.client, "p"), threading.Event()

    def look() -> None:
        while not going.is_set():
            seen.append(copies.restored_from())

    watching = threading.Thread(target=look)
    watching.start()
    copies.snapshot(tmp_path / "store.rdb", "b1")
    going.set()
    watching.join()
    assert set(seen) == {""}


def test_a_backup_that_was_killed_as_it_began_stops_nobody(desk: Desk) -> None:
    run_id = desk.store.client.info("server")["run_id"]
    desk.store.client.hset("p:backup", mapping={"copy": "b1", "by": run_id})
    one = desk.put("A")
    assert Copies(desk.store.client, "p").restored_from() == ""
    assert [claimed.id for claimed in desk.claim()] == [one]


def test_a_server_that_dies_as_a_backup_begins_is_no_copy_afterwards(desk: Desk, tmp_path: Path) -> None:
    one = desk.put("A")
    Copies(desk.store.client, "p").snapshot(tmp_path / "store.rdb", "backup-one")
    written = b"".join(part.read_bytes() for part in (tmp_path / "first" / "appendonlydir").iterdir())
    assert one.encode() in written
    assert b"backup-one" not in written, "what it begins again with says that it is a copy"


def test_what_a_route_parks_is_in_doubt_key_by_key_and_everything_is_paused(desk: Desk, twin: Twin) -> None:
    first, second, alone = desk.put("A"), desk.put("A"), desk.put()
    copy = twin()
    done = deal(copy)
    assert (done.in_doubt, done.settled, done.marked, done.queues) == (3, 0, 0, ("q", "unused"))
    assert {copy.state(one) for one in (first, second, alone)} == {State.IN_DOUBT}
    record = copy.store.record(first)
    assert record is not None
    assert record.reason == DOUBT
    copy.store.resolve(second, State.QUEUED)
    copy.store.resolve(alone, State.QUEUED)
    assert copy.claim() == []
    resume(copy)
    (claimed,) = copy.claim()
    assert (claimed.id, claimed.redelivered) == (alone, True)
    copy.store.resolve(first, State.DELIVERED)
    (claimed,) = copy.claim()
    assert (claimed.id, claimed.redelivered) == (second, True)
    copy.settle(Hold(claimed.id, claimed.fence), State.DELIVERED)
    assert exact(copy)


def test_what_the_history_has_is_settled_as_it_says(desk: Desk, twin: Twin, history: History) -> None:
    states = {
        State.QUEUED: desk.put("Q"),
        State.IN_FLIGHT: desk.put("F", priority=9),
        State.WAITING: desk.put("W", priority=8),
        State.DEAD: desk.put("D", priority=7),
        State.IN_DOUBT: desk.put("X", priority=6),
        State.SCHEDULED: desk.put("S", delay_ms=50_000),
    }
    behind = [desk.put(key) for key in "QFWDXS"]
    desk.claim(1)
    desk.settle(desk.take(), State.WAITING, wait_ms=10_000)
    desk.settle(desk.take(), State.DEAD, reason="no")
    desk.settle(desk.take(), State.IN_DOUBT)
    copy = twin()
    assert {copy.state(one) for one in states.values()} == set(HERE)
    desk.store.resolve(states[State.IN_DOUBT], State.DELIVERED)
    desk.store.bury(states[State.DEAD])
    desk.pass_ms(60_000)
    desk.store.sweep()
    for one in desk.claim(20, guard=Guard()):
        desk.settle(Hold(one.id, one.fence), State.DELIVERED)
    desk.lapse()
    while claimed := desk.claim(20):
        for one in claimed:
            desk.settle(Hold(one.id, one.fence), State.DELIVERED)
    desk.pass_ms(10)
    archive(desk, history)
    done = deal(copy, history)
    assert (done.settled, done.in_doubt) == (12, 0)
    assert [copy.store.record(one) for one in (*states.values(), *behind)] == [None] * 12
    assert exact(copy)


def test_what_a_route_may_repeat_stays_queued_and_goes_out_marked(desk: Desk, twin: Twin) -> None:
    waiting, under_way = desk.put("A", route="safe"), desk.put("B", route="safe", priority=9)
    desk.claim(1)
    later = desk.put("C", delay_ms=600_000)
    copy = twin()
    done = deal(copy)
    assert (done.marked, done.in_doubt, done.untouched) == (2, 0, 1)
    assert copy.state(later) is State.SCHEDULED
    resume(copy)
    assert {(one.id, one.redelivered) for one in copy.claim()} == {(waiting, True), (under_way, True)}
    assert exact(copy)


def test_a_partner_that_can_be_asked_is_asked_after_the_resume(desk: Desk, twin: Twin) -> None:
    message = desk.put("A", route="asks")
    copy = twin()
    assert deal(copy).asked == 1
    assert copy.store.doubtful("q", 5) == []
    resume(copy)
    (claimed,) = copy.store.doubtful("q", 5)
    assert claimed.id == message


@pytest.mark.parametrize("route", ["r", "asks"])
def test_an_answer_that_waited_to_be_read_may_be_read_and_the_partner_is_not_asked(
    desk: Desk, twin: Twin, route: str
) -> None:
    message = desk.put("A", route=route)
    hold = desk.take()
    desk.store.mark_sending([hold], "park")
    desk.store.mark_replied(hold, b"<answer/>")
    desk.settle(hold, State.WAITING, wait_ms=1, rereads=True)
    copy = twin()
    copy.pass_ms(1_000)
    done = deal(copy)
    assert (done.in_doubt, done.asked, copy.state(message)) == (1, 0, State.IN_DOUBT)
    resume(copy)
    assert copy.store.doubtful("q", 5) == []
    copy.store.read_again(message)
    (claimed,) = copy.claim()
    assert (claimed.id, claimed.record.phase, copy.store.reply(message)) == (message, Phase.REPLIED, b"<answer/>")
    assert exact(copy)


def test_a_dead_message_stays_dead_and_says_that_it_may_have_moved_on(desk: Desk, twin: Twin) -> None:
    message = desk.put("A")
    desk.settle(desk.take(), State.DEAD, reason="no such customer")
    copy = twin()
    deal(copy)
    record = copy.store.record(message)
    assert record is not None
    assert (record.state, record.reason) == (State.DEAD, f"no such customer. {DOUBT}")
    resume(copy)
    copy.store.replay(message)
    assert [one.redelivered for one in copy.claim()] == [True]


def test_a_delivery_whose_output_is_lost_is_in_doubt(desk: Desk, twin: Twin, history: History) -> None:
    lost, kept = desk.put("A", route="forwards"), desk.put("B", route="forwards")
    copy = twin()
    out = clock.derived_id(kept, "forward", "out")
    for one in desk.claim():
        desk.settle(Hold(one.id, one.fence), State.DELIVERED)
    desk.put(id=out)
    desk.settle(desk.take(), State.DELIVERED)
    desk.pass_ms(10)
    archive(desk, history)
    done = deal(copy, history)
    assert (done.settled, done.in_doubt) == (1, 1)
    assert copy.state(lost) is State.IN_DOUBT
    assert copy.store.record(kept) is None


def test_what_was_broken_off_is_finished_by_the_next_try(desk: Desk, twin: Twin) -> None:
    first, second = desk.put("A"), desk.put("A")
    copy = twin()
    copies = Copies(copy.store.client, "p")
    copies.begin(["q"], "half way")
    deal(copy)
    assert deal(copy).in_doubt == 0
    assert {copy.state(one) for one in (first, second)} == {State.IN_DOUBT}
    assert exact(copy)


def test_what_waited_for_another_key_waits_for_a_person_and_the_other_key_forgets_it(desk: Desk, twin: Twin) -> None:
    other = OtherKey("q", "A")
    first, behind = desk.put("A"), desk.put("B", waits_for=(other,))
    copy = twin()
    deal(copy)
    assert {copy.state(one) for one in (first, behind)} == {State.IN_DOUBT}
    assert not copy.store.client.keys("p:wait*")
    resume(copy)
    copy.store.resolve(behind, State.QUEUED)
    assert [one.id for one in copy.claim()] == [behind]
    copy.store.resolve(first, State.DELIVERED)
    assert exact(copy)


def test_what_waited_for_a_key_that_the_history_settled_goes_on(desk: Desk, twin: Twin, history: History) -> None:
    first, behind = desk.put("A"), desk.put("B", route="safe", waits_for=(OtherKey("q", "A"),))
    copy = twin()
    desk.settle(desk.take(), State.DELIVERED)
    desk.pass_ms(10)
    archive(desk, history)
    done = deal(copy, history)
    assert (done.settled, done.marked) == (1, 1)
    assert copy.store.record(first) is None
    resume(copy)
    assert [(one.id, one.redelivered) for one in copy.claim()] == [(behind, True)]
