"""What cross-references promise, on SQLite and on PostgreSQL."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from jmswrap.crossref.declared import Declared, read
from jmswrap.crossref.references import CrossReferences
from jmswrap.crossref.work import Work
from jmswrap.database import Place, place
from jmswrap.errors import ConfigError, CrossReferenceError, CrossReferencesDown

T = TypeVar("T")
_NUMBERS = itertools.count()


def once(references: CrossReferences, do: Callable[[Work], T], message: str = "", step: str = "s") -> T:
    return references.during(message or f"m{next(_NUMBERS)}", step, do)


def put(references: CrossReferences, known: str, value: str, mode: str, column: str = "BRM", message: str = "") -> str:
    return once(references, lambda work: work.populate("ITEM", "SEBL", known, column, value, mode), message)


def found(references: CrossReferences, value: str, wanted: str = "BRM") -> list[str]:
    return once(references, lambda work: work.lookup("ITEM", "SEBL", value, wanted))


def test_a_value_is_added_beside_another_and_found_from_both_sides(references: CrossReferences) -> None:
    assert put(references, "s1", "b1", "ADD") == "b1"
    assert found(references, "s1") == ["b1"]
    assert once(references, lambda work: work.lookup("ITEM", "BRM", "b1", "SEBL")) == ["s1"]
    assert found(references, "s2") == []


@pytest.mark.parametrize(
    ("before", "mode", "works"),
    [
        ("nothing", "ADD", True),
        ("known", "ADD", False),
        ("both", "ADD", False),
        ("nothing", "LINK", False),
        ("known", "LINK", True),
        ("both", "LINK", False),
        ("nothing", "UPDATE", False),
        ("known", "UPDATE", False),
        ("both", "UPDATE", True),
        ("nothing", "ANY", True),
        ("known", "ANY", True),
        ("both", "ANY", False),
        ("known", "add", False),
        ("nothing", "add", False),
        ("both", "MERGE", False),
    ],
)
def test_each_mode_works_for_the_state_it_is_meant_for(
    references: CrossReferences, before: str, mode: str, works: bool
) -> None:
    if before != "nothing":
        put(references, "s1", "c1", "ADD", "COMMON")
    if before == "both":
        put(references, "s1", "old", "LINK")
    if works:
        assert put(references, "s1", "new", mode) == "new"
        assert found(references, "s1") == ["new"]
    else:
        with pytest.raises(CrossReferenceError, match="ITEM"):
            put(references, "s1", "new", mode)
        assert found(references, "s1") == (["old"] if before == "both" else [])


@pytest.mark.parametrize("mode", ["ADD", "LINK", "UPDATE"])
def test_a_value_stands_in_one_row_only(references: CrossReferences, mode: str) -> None:
    put(references, "s1", "taken", "ADD")
    if mode != "ADD":
        put(references, "s2", "c2", "ADD", "COMMON")
    if mode == "UPDATE":
        put(references, "s2", "b2", "LINK")
    with pytest.raises(CrossReferenceError, match="'taken' stands in another row already"):
        put(references, "s2", "taken", mode)


def test_populate_and_look_up_gives_what_is_there(references: CrossReferences) -> None:
    def write(value: str, mode: str) -> str:
        return once(references, lambda work: work.populate_or_look_up("ITEM", "SEBL", "s1", "COMMON", value, mode))

    assert write("g1", "ADD") == "g1"
    assert write("g2", "ADD") == "g1"
    assert write("g3", "LINK") == "g1"


def test_a_column_of_several_values_takes_them_one_by_one(references: CrossReferences) -> None:
    def write(value: str, mode: str) -> str:
        return once(references, lambda work: work.populate_many("ITEM", "SEBL", "s1", "BRM", value, mode))

    write("b1", "ADD")
    write("b2", "LINK")
    assert found(references, "s1") == ["b1", "b2"]
    with pytest.raises(CrossReferenceError, match="ADD and LINK"):
        write("b3", "UPDATE")
    with pytest.raises(CrossReferenceError, match="there already"):
        write("b3", "ADD")


def test_every_populated_column_of_a_row_is_told_in_the_order_declared(references: CrossReferences) -> None:
    put(references, "s1", "b1", "ADD")
    put(references, "s1", "c1", "LINK", "COMMON")
    told = once(references, lambda work: work.populated("ITEM", "BRM", "b1"))
    assert told == [("COMMON", "c1"), ("SEBL", "s1"), ("BRM", "b1")]
    assert once(references, lambda work: work.populated("ITEM", "BRM", "b2")) == []


def test_a_deleted_value_leaves_its_row_and_the_last_pair_goes_together(references: CrossReferences) -> None:
    put(references, "s1", "b1", "ADD")
    put(references, "s1", "c1", "LINK", "COMMON")
    once(references, lambda work: work.delete("ITEM", "COMMON", "c1"))
    assert (found(references, "s1"), found(references, "s1", "COMMON")) == (["b1"], [])
    once(references, lambda work: work.delete("ITEM", "BRM", "b1"))
    assert once(references, lambda work: work.populated("ITEM", "SEBL", "s1")) == []
    with pytest.raises(CrossReferenceError, match="is not there"):
        once(references, lambda work: work.delete("ITEM", "BRM", "b1"))


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (lambda work: work.lookup("NONE", "SEBL", "1", "BRM"), "no cross-reference table 'NONE'"),
        (lambda work: work.lookup("ITEM", "PIM", "1", "BRM"), "no column 'PIM'; it has COMMON, SEBL, BRM"),
        (lambda work: work.lookup("ITEM", "SEBL", "1", "PIM"), "no column 'PIM'"),
        (lambda work: work.lookup("ITEM", "SEBL", "", "BRM"), "the value for SEBL is empty"),
        (lambda work: work.populated("ITEM", "SEBL", ""), "is empty"),
        (lambda work: work.populate("ITEM", "SEBL", "s", "BRM", "", "ADD"), "the value for BRM is empty"),
        (lambda work: work.populate("ITEM", "SEBL", "", "BRM", "b", "ADD"), "the value for SEBL is empty"),
        (lambda work: work.populate("ITEM", "SEBL", "s", "PIM", "b", "ADD"), "no column 'PIM'"),
        (lambda work: work.delete("ITEM", "PIM", "b"), "no column 'PIM'"),
        (lambda work: work.delete("ITEM", "BRM", ""), "is empty"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    references: CrossReferences, do: Callable[[Work], object], says: str
) -> None:
    with pytest.raises(CrossReferenceError, match=says):
        once(references, do)


def test_a_step_sees_what_it_writes_and_nobody_else_does_before_it_ends(references: CrossReferences) -> None:
    def do(work: Work) -> tuple[list[str], list[str]]:
        work.populate("ITEM", "SEBL", "s1", "BRM", "b1", "ADD")
        return work.lookup("ITEM", "SEBL", "s1", "BRM"), found(references, "s1")

    assert once(references, do) == (["b1"], [])
    assert found(references, "s1") == ["b1"]


def test_a_step_that_fails_leaves_nothing(references: CrossReferences) -> None:
    def do(work: Work) -> None:
        work.populate("ITEM", "SEBL", "s1", "BRM", "b1", "ADD")
        work.lookup("ITEM", "SEBL", "s1", "PIM")

    with pytest.raises(CrossReferenceError):
        once(references, do)
    assert found(references, "s1") == []


def test_a_step_done_again_gets_its_answers_and_makes_no_second_row(references: CrossReferences) -> None:
    def do(work: Work, guid: str) -> tuple[str, str]:
        first = work.populate("ITEM", "SEBL", "s1", "COMMON", guid, "ADD")
        return first, work.populate("ITEM", "SEBL", "s1", "BRM", f"b-{guid}", "LINK")

    before = once(references, lambda work: do(work, "g1"), "message", "step.xsl")
    assert once(references, lambda work: do(work, "g2"), "message", "step.xsl") == before == ("g1", "b-g1")
    assert once(references, lambda work: work.populated("ITEM", "SEBL", "s1")) == [
        ("COMMON", "g1"),
        ("SEBL", "s1"),
        ("BRM", "b-g1"),
    ]
    with pytest.raises(CrossReferenceError, match="there already"):
        once(references, lambda work: do(work, "g3"), "another message", "step.xsl")


def test_a_deletion_done_again_is_done_once(references: CrossReferences) -> None:
    put(references, "s1", "b1", "ADD")
    for _ in range(2):
        once(references, lambda work: work.delete("ITEM", "BRM", "b1"), "message")
    assert found(references, "s1") == []


def test_without_a_message_nothing_is_kept(references: CrossReferences) -> None:
    assert references.during("", "s", lambda work: work.populate("ITEM", "SEBL", "s1", "BRM", "b1", "ADD")) == "b1"
    assert found(references, "s1") == []


def test_workers_that_write_the_same_at_once_make_one_row(references: CrossReferences) -> None:
    together = threading.Barrier(8)

    def do(number: int) -> str:
        def write(work: Work) -> str:
            return work.populate_or_look_up("ITEM", "SEBL", "s1", "COMMON", f"g{number}", "ADD")

        together.wait(timeout=30)
        return once(references, write, f"message-{number}")

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(do, range(8)))
    assert answers == set(found(references, "s1", "COMMON"))
    assert len(answers) == 1


def test_what_steps_did_is_forgotten_after_a_time(references: CrossReferences) -> None:
    for number in range(3):
        put(references, f"s{number}", f"b{number}", "ADD", message=f"old-{number}")
    assert [references.trim(before_ms=2**50, limit=2) for _ in range(3)] == [2, 1, 0]


def test_the_rows_a_file_begins_with_are_there_once(references: CrossReferences, where: Place) -> None:
    assert once(references, lambda work: work.lookup("SEEDED", "A", "2", "B")) == ["two"]
    references.close()
    again = CrossReferences(where, {"SEEDED": Declared("SEEDED", ("A", "B"), ({"A": "1", "B": "other"},))})
    assert once(again, lambda work: work.lookup("SEEDED", "A", "1", "B")) == ["one"]
    again.close()


def test_a_database_that_is_away_is_said_and_taken_again_when_it_is_back(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.write_text("no folder")
    references = CrossReferences(place("x", "", tmp_path, closed / "x.sqlite"), {"ITEM": Declared("ITEM", ("A", "B"))})
    with pytest.raises(CrossReferencesDown, match=r"cross_references\.url"):
        once(references, lambda work: work.lookup("ITEM", "A", "1", "B"))
    closed.unlink()
    assert once(references, lambda work: work.lookup("ITEM", "A", "1", "B")) == []
    references.close()


XREF = """<xref xmlns="http://xmlns.oracle.com/xref"><table name="ITEM_ITEMID"><description/>
<columns><column name="COMMON"/><column name="BRM_01"/></columns>
<rows><row><cell colName="COMMON">c</cell><cell colName="BRM_01">b</cell></row></rows></table></xref>"""


def test_a_declaration_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.xref").write_text(XREF)
    assert read(tmp_path / "x.xref") == Declared("ITEM_ITEMID", ("COMMON", "BRM_01"), ({"COMMON": "c", "BRM_01": "b"},))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<xref", "not XML"),
        ("<a/>", "no cross-reference table"),
        (XREF.replace('<column name="BRM_01"/>', ""), "two columns or more"),
        (XREF.replace('colName="BRM_01"', 'colName="X"'), "which is no column"),
    ],
)
def test_a_declaration_that_cannot_be_used_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "x.xref").write_text(text)
    with pytest.raises(ConfigError, match=says):
        read(tmp_path / "x.xref")
