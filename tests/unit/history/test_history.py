"""keep, find, message, trim, erase: the same on SQLite and PostgreSQL."""

import dataclasses

import pytest

from jmswrap.errors import HistoryDown
from jmswrap.history.history import History
from jmswrap.history.nouns import Extent, Search
from jmswrap.message import Attempt
from jmswrap.states import State


def ids(history: History, **search: object) -> list[str]:
    return [kept.id for kept in history.find(Search(**search))]  # type: ignore[arg-type]


def test_a_message_comes_back_as_it_was_kept(history, make):
    attempts = (
        Attempt(1, 1_500, 60_000, "w1", "crm.Create", "TIMED_OUT", "No answer."),
        Attempt(2, 2_000, 12, "w2", "crm.Create", "DELIVERED", "Taken.", 200, "", "<reply>Ünï</reply>", "g1"),
    )
    given = make(
        key="K",
        operation="Create",
        source_id="s",
        correlation_id="c",
        type="{n}t",
        reply_to="x",
        priority=7,
        time_to_live_ms=0,
        properties={"p": "ä"},
        soap_headers=("<h/>",),
        attempts=attempts,
        body=b"<a>\x00\xff</a>",
    )
    assert history.keep([given]) == {}
    assert history.message("m1", with_body=True) == given
    assert history.message("m1") == dataclasses.replace(given, body=None)
    assert history.message("other") is None


def test_what_is_kept_twice_is_there_once(history, make):
    batch = [make("m1"), make("m2")]
    history.keep(batch)
    history.keep(batch)
    assert history.extent() == Extent(2, 1_000)
    assert history.find(Search()) == [dataclasses.replace(one, body=None) for one in batch]


def test_an_older_version_never_replaces_a_newer_one(history, make):
    first = make(attempts=(Attempt(1, 2_000, 1, "w", "t", "DELIVERED", "."),))
    late = dataclasses.replace(first, attempts=(*first.attempts, Attempt(2, 9_000, 1, "w", "t", "TIMED_OUT", "late")))
    history.keep([late])
    history.keep([first])
    assert [a.outcome for a in history.message("m1").attempts] == ["DELIVERED", "TIMED_OUT"]


def test_an_id_used_again_after_its_window_has_a_row_for_each_life(history, make):
    history.keep([make(accepted_ms=1_000)])
    history.keep([make(accepted_ms=5_000, changed_ms=6_000, state=State.EXPIRED)])
    assert history.extent().messages == 2
    assert history.message("m1").record.state is State.EXPIRED


def test_messages_are_found_by_what_a_person_knows_of_them_newest_first(history, make):
    history.keep(
        [
            make("a", 1_000, key="K1", route="r1", source_id="s1"),
            make("b", 2_000, key="K2", route="r1", correlation_id="c1"),
            make("c", 3_000, key="K1", route="r2", queue="q2", state=State.CANCELLED),
        ]
    )
    assert ids(history) == ["c", "b", "a"]
    assert ids(history, limit=1) == ["c"]
    assert ids(history, key="K1") == ["c", "a"]
    assert ids(history, route="r1") == ["b", "a"]
    assert ids(history, queue="q2") == ["c"]
    assert ids(history, source_id="s1") == ["a"]
    assert ids(history, correlation_id="c1") == ["b"]
    assert ids(history, state=State.CANCELLED) == ["c"]
    assert ids(history, since_ms=2_000) == ["c", "b"]
    assert ids(history, key="K1", since_ms=2_000, state=State.DELIVERED) == []


def test_messages_are_found_by_a_property_to_the_letter(history, make):
    history.keep([make("a", 1_000, properties={"p": "1", "JMSXUserID": 'Öl "%_'}), make("b", 2_000)])
    history.keep(
        [make("c", 3_000, properties={"JMSXUserID": "shop"}), make("d", properties={"x": '"JMSXUserID":"shop"'})]
    )
    assert ids(history, properties=(("JMSXUserID", 'Öl "%_'), ("p", "1"))) == ["a"]
    assert ids(history, properties=(("JMSXUserID", "shop"),)) == ["c"]
    assert ids(history, properties=(("JMSXUserID", "Shop"),)) == []
    assert ids(history, properties=(("JMSXUserID", "%"),)) == []


def test_text_that_no_database_takes_is_kept_with_marks_in_its_place(history, make):
    attempts = (Attempt(1, 1, 1, "w", "t", "GARBAGE", "a\x00b\ud800", reply="\x00\ud800"),)
    assert history.keep([make(key="k\x00\ud800", attempts=attempts)]) == {}
    (found,) = history.find(Search())
    assert found.record.message.key == "k\ufffd?"
    assert found.attempts == attempts


def test_the_history_is_trimmed_in_bounded_steps_the_oldest_first(history, make):
    history.keep([make(f"m{n}", changed_ms=n * 1_000) for n in range(1, 6)])
    assert history.trim(4_000, limit=2) == 2
    assert sorted(ids(history)) == ["m3", "m4", "m5"]
    assert [history.trim(4_000, limit=2), history.trim(4_000, limit=2)] == [1, 0]
    assert sorted(ids(history)) == ["m4", "m5"]


def test_erasing_a_key_blanks_what_its_messages_carried_and_says_when(history, make):
    private = {"properties": {"name": "Ann"}, "soap_headers": ("<Ann/>",)}
    history.keep([make("a", key="K", **private), make("b", key="L"), make("c", key="K", queue="q2")])
    assert history.erase("K", "q", 9_000) == 1
    assert history.erase("K", "", 9_500) == 1
    assert history.erase("K", "", 9_500) == 0
    found = history.message("a", with_body=True)
    assert (found.body, found.record.message.soap_headers, dict(found.record.message.properties)) == (None, (), {})
    assert (found.erased_ms, found.record.state, found.record.message.key) == (9_000, State.DELIVERED, "K")
    assert [(a.outcome, a.sentence, a.http_status) for a in found.attempts] == [("DELIVERED", "", 200)]
    assert history.message("b", with_body=True).body == b"<a/>"


def test_what_was_erased_does_not_come_back_with_a_batch_that_was_read_before(history, make):
    stale = make(key="K")
    history.keep([stale])
    history.erase("K", "", 9_000)
    history.keep([stale])
    assert history.message("m1", with_body=True).body is None


def test_another_integrations_history_is_refused(history, make):
    history.keep([make()])
    other = History(history.place, "other")
    with pytest.raises(HistoryDown, match="belongs to integration test, not to other"):
        other.keep([make()])
    other.close()


def test_the_searches_of_the_command_line_use_an_index(history, make):
    history.keep([make(f"m{n}", n, key=f"k{n}", source_id=f"s{n}", correlation_id=f"c{n}") for n in range(300)])
    sqlite = history.place.file is not None
    with history._connected(reads=True) as connection:
        for name in ("key", "source_id", "correlation_id"):
            if not sqlite:
                connection.exec_driver_sql("ANALYZE messages")
            explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
            where = f"SELECT id FROM messages WHERE {name} = 'k7' ORDER BY accepted_ms DESC LIMIT 5"
            plan = str(connection.exec_driver_sql(f"{explain} {where}").all())
            assert f"messages_by_{name}" in plan
