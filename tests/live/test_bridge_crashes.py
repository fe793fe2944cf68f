"""Nothing is lost and nothing is doubled unmarked, at whatever moment the bridge dies or its connection breaks."""

from collections import Counter

import pytest
from activemq import ActiveMQ
from bridge_site import PATIENCE_SECONDS, Cut, Site, bodies, incoming, outgoing, sent_ids, today

from jmswrap.states import State

pytest.importorskip("stomp", reason="stomp.py is not installed: pip install 'jmswrap[stomp]'")

MANY = 500


def test_nothing_from_the_broker_is_lost_or_doubled_by_kills(site: Site, broker: ActiveMQ) -> None:
    site.configure(**{"from": [incoming(site)]})
    with broker.client() as other:
        other.put(incoming(site)["destination"], bodies(MANY))
    for reached in (1, 100, 250, 400):
        site.start()
        site.until(lambda reached=reached: site.count("inbox", State.QUEUED) >= reached, f"{reached} messages")  # type: ignore[misc]
        site.kill()
    site.start()
    with broker.client() as other:
        other.put(incoming(site)["destination"], {"last": b"<last/>"})
    site.until(lambda: site.count("inbox", State.QUEUED) > MANY, "all of them and the last one")
    site.stop()
    found = Counter(record.message.properties["identity"] for record in site.records("inbox"))
    assert found == Counter([*map(str, range(MANY)), "last"])
    with broker.client() as other:
        left = other.take(incoming(site)["destination"])
    # A repetition of what one that was killed had not acknowledged may come after the last one.
    assert {said["identity"] for _, said, _ in left} <= set(found)


def test_nothing_to_the_broker_is_lost_by_kills_and_repetitions_are_marked(site: Site, broker: ActiveMQ) -> None:
    site.configure(to=[outgoing(site, batch=20)])
    put = site.put("outbox", MANY)
    for reached in (1, 100, 250, 400):
        site.start()
        site.until(lambda reached=reached: site.count("outbox", State.DELIVERED) >= reached, f"{reached} delivered")  # type: ignore[misc]
        site.kill()
    site.start()
    site.until(lambda: site.count("outbox", State.DELIVERED) == MANY, "all")
    with broker.client() as other:
        frames = other.take(outgoing(site)["destination"], expected=MANY)
    ids = sent_ids(frames)
    assert set(ids) == set(put)
    first: set[str] = set()
    for _, said, _ in frames:
        assert said["JMSWRAP_Redelivered"] == "true" or said["JMSWRAP_MessageID"] not in first
        first.add(said["JMSWRAP_MessageID"])


def test_what_was_accepted_and_not_acknowledged_comes_again_and_is_a_duplicate(
    site: Site, broker: ActiveMQ, cut: Cut
) -> None:
    site.port, cut.word, cut.upward = cut.port, b"ACK\n", True
    site.configure(**{"from": [incoming(site)]})
    with broker.client() as other:
        other.put(incoming(site)["destination"], bodies(50))
    site.start()
    assert cut.met.wait(PATIENCE_SECONDS)
    site.until(lambda: site.count("inbox", State.QUEUED) >= 1, "the first ones")
    before = site.count("inbox", State.QUEUED)
    site.kill()
    cut.heal()
    site.start()
    site.until(lambda: site.store.totals("inbox", today()).get("duplicate", 0) >= before, "the repetitions")
    site.until(lambda: site.count("inbox", State.QUEUED) == 50, "the others")


def test_what_was_committed_and_not_confirmed_is_sent_again_with_its_id_and_a_mark(
    site: Site, broker: ActiveMQ, cut: Cut
) -> None:
    site.port, cut.word = cut.port, b"RECEIPT\n"
    site.configure(to=[outgoing(site)])
    put = site.put("outbox", 10)
    site.start()
    assert cut.met.wait(PATIENCE_SECONDS)
    site.kill()
    cut.heal()
    site.start()
    site.until(lambda: site.count("outbox", State.DELIVERED) == 10, "the second sending")
    with broker.client() as other:
        frames = other.take(outgoing(site)["destination"], expected=20)
    assert sent_ids(frames) == Counter(put * 2)
    assert Counter(said["JMSWRAP_Redelivered"] for _, said, _ in frames) == {"false": 10, "true": 10}
    assert {attempt.outcome for attempt in site.store.attempts(put[0])} == {"LEASE_EXPIRED", "taken"}


def test_a_transaction_without_a_receipt_is_in_doubt_where_the_bridge_parks(
    site: Site, broker: ActiveMQ, cut: Cut
) -> None:
    site.port, cut.word = cut.port, b"RECEIPT\n"
    site.configure(to=[outgoing(site, in_doubt="park")], receipt_seconds=1)
    (put,) = site.put("outbox", 1)
    site.start()
    site.until(lambda: site.count("outbox", State.IN_DOUBT) == 1, "the doubt")
    (attempt,) = site.store.attempts(put)
    assert (attempt.outcome, "confirm" in attempt.sentence or "closed" in attempt.sentence) == ("no-receipt", True)
    with broker.client() as other:
        assert sent_ids(other.take(outgoing(site)["destination"], expected=1)) == Counter([put])


def test_what_broke_off_before_the_commit_is_not_there_and_goes_back(site: Site, broker: ActiveMQ, cut: Cut) -> None:
    site.port, cut.word, cut.upward = cut.port, b"COMMIT\n", True
    site.configure(to=[outgoing(site)])
    put = site.put("outbox", 10)
    site.start()
    assert cut.met.wait(PATIENCE_SECONDS)
    site.kill()
    cut.heal()
    site.start()
    site.until(lambda: site.count("outbox", State.DELIVERED) == 10, "the deliveries")
    with broker.client() as other:
        assert sent_ids(other.take(outgoing(site)["destination"], expected=10)) == Counter(put)
