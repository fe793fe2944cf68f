"""The ``xref:`` functions as stylesheets call them, on a real database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree

from jmswrap.crossref.declared import Declared
from jmswrap.crossref.references import CrossReferences
from jmswrap.database import place
from jmswrap.errors import CrossReferenceError
from jmswrap.transform.current import Current
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.resources import Resources

JAVA = "http://www.oracle.com/XSL/Transform/java/"
HEAD = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
    f' xmlns:xref="{JAVA}oracle.tip.xref.xpath.XRefXPathFunctions" exclude-result-prefixes="xref">'
)
ITEM = Declared("ITEM_ID", ("COMMON", "SEBL", "BRM"), ({"COMMON": "c0", "SEBL": "s0"}, {"COMMON": "c9", "SEBL": "s9"}))

Told = Callable[[str], list[str]]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    references = CrossReferences(
        place("cross_references.url", "", tmp_path, tmp_path / "crossref.sqlite"), {"ITEM_ID": ITEM}
    )
    library, numbers = Library(Resources(tmp_path)), iter(range(100))

    def run(expression: str) -> list[str]:
        """Return the string value of each node, or of the value, in a message of its own."""
        current = Current()
        sheet = tmp_path / f"{next(numbers)}.xsl"
        made = '<v><xsl:value-of select="."/></v>'
        sheet.write_text(
            f'{HEAD}<xsl:template match="/"><r><xsl:variable name="v" select="{expression}"/>'
            f'<xsl:for-each select="$v">{made}</xsl:for-each></r></xsl:template></xsl:stylesheet>'
            if expression.startswith("nodes ")
            else f'{HEAD}<xsl:template match="/"><r><v><xsl:value-of select="{expression}"/></v></r></xsl:template>'
            "</xsl:stylesheet>"
        )
        if expression.startswith("nodes "):
            sheet.write_text(sheet.read_text().replace("nodes ", ""))
        step = library.compiled(sheet, current)

        def do(work: object) -> bytes:
            current.references = work
            return step(b"<a/>", {})

        return [child.text or "" for child in etree.fromstring(references.during(sheet.name, "s", do))]

    yield run
    references.close()


def test_a_value_is_looked_up_by_its_table_or_the_address_of_its_file(told: Told) -> None:
    assert told("xref:lookupXRef('ITEM_ID', 'SEBL', 's0', 'COMMON', true())") == ["c0"]
    assert told("xref:lookupXRef('oramds:/apps/AIAMetaData/xref/ITEM_ID.xref','SEBL','s0','COMMON','true')") == ["c0"]


def test_a_missing_value_is_empty_or_an_exception_as_the_call_says(told: Told) -> None:
    for function in ("lookupXRef", "lookupXRef1M"):
        assert told(f"string(xref:{function}('ITEM_ID', 'SEBL', 'none', 'BRM', false()))") == [""]
        with pytest.raises(CrossReferenceError, match="table ITEM_ID: SEBL 'none' has no BRM"):
            told(f"string(xref:{function}('ITEM_ID', 'SEBL', 'none', 'BRM', true()))")
    assert told("nodes xref:lookupPopulatedColumns('ITEM_ID', 'SEBL', 'none', false())/column") == []
    with pytest.raises(CrossReferenceError, match="'none' is not there"):
        told("xref:lookupPopulatedColumns('ITEM_ID', 'SEBL', 'none', true())")


def test_the_populate_functions_give_the_value_that_counts(told: Told) -> None:
    assert told("xref:populateXRefRow('ITEM_ID', 'SEBL', 's1', 'COMMON', 'c1', 'ADD')") == ["c1"]
    assert told("xref:populateXRefRow('ITEM_ID', 'SEBL', 's1', 'BRM', 'b1', 'LINK')") == ["b1"]
    assert told("xref:populateXRefRow('ITEM_ID', 'SEBL', 's1', 'BRM', 'b2', 'UPDATE')") == ["b2"]
    assert told("xref:populateLookupXRefRow('ITEM_ID', 'SEBL', 's1', 'BRM', 'b3', 'LINK')") == ["b2"]
    assert told("nodes xref:lookupPopulatedColumns('ITEM_ID', 'BRM', 'b2', true())/column") == ["c1", "s1", "b2"]
    assert told("xref:lookupPopulatedColumns('ITEM_ID', 'BRM', 'b2', true())/column[@name='SEBL']") == ["s1"]


def test_several_values_of_a_column_are_nodes_and_one_of_them_is_asked_for_in_vain(told: Told) -> None:
    assert told("xref:populateXRefRow1M('ITEM_ID', 'SEBL', 's1', 'BRM', 'b1', 'ADD')") == ["b1"]
    assert told("xref:populateXRefRow1M('ITEM_ID', 'SEBL', 's1', 'BRM', 'b2', 'LINK')") == ["b2"]
    assert told("nodes xref:lookupXRef1M('ITEM_ID', 'SEBL', 's1', 'BRM', true())") == ["b1", "b2"]
    with pytest.raises(CrossReferenceError, match="has 2 values of BRM"):
        told("xref:lookupXRef('ITEM_ID', 'SEBL', 's1', 'BRM', false())")


def test_a_deleted_value_is_gone(told: Told) -> None:
    assert told("xref:markForDelete('ITEM_ID', 'SEBL', 's9')") == ["true"]
    assert told("xref:lookupXRef('ITEM_ID', 'COMMON', 'c9', 'SEBL', false())") == [""]
    with pytest.raises(CrossReferenceError, match="is not there"):
        told("xref:markForDelete('ITEM_ID', 'SEBL', 's9')")


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("xref:lookupXRef('NONE', 'SEBL', '1', 'BRM', false())", "no cross-reference table 'NONE'"),
        ("xref:lookupXRef('ITEM_ID', 'PIM', '1', 'BRM', false())", "no column 'PIM'"),
        ("xref:lookupXRef('ITEM_ID', 'SEBL', /none, 'BRM', false())", "the value for SEBL is empty"),
        ("xref:lookupPopulatedColumns('ITEM_ID', 'SEBL', '', false())", "is empty"),
        ("xref:populateXRefRow('ITEM_ID', 'SEBL', 's0', 'COMMON', 'x', 'ADD')", "is there already"),
        ("xref:populateXRefRow('ITEM_ID', 'SEBL', 's1', 'COMMON', 'c0', 'ADD')", "stands in another row already"),
        ("xref:populateXRefRow('ITEM_ID', 'SEBL', 's1', 'COMMON', 'x', 'link')", "in capitals"),
        ("xref:populateXRefRow('ITEM_ID', 'SEBL', 's1', 'COMMON', 'x')", "takes six arguments"),
        ("xref:populateXRefRow1M('ITEM_ID', 'SEBL', 's0', 'BRM', 'x', 'UPDATE')", "ADD and LINK"),
        ("xref:markForDelete('ITEM_ID', 'PIM', '1')", "no column 'PIM'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(told: Told, expression: str, says: str) -> None:
    with pytest.raises(CrossReferenceError, match=says):
        told(expression)
