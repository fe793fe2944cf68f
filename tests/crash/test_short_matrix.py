"""The most telling rows of the crash matrix; `make crash-matrix` plays them all."""

import pytest

from tests.crash import matrix
from tests.crash.row import Row, play


def short_rows() -> list[Row]:
    return matrix.chosen((), short=True)


def test_every_row_of_the_short_matrix_is_a_row_of_the_matrix() -> None:
    assert {row.name for row in short_rows()} == set(matrix.SHORT_ROWS)


def test_no_two_rows_have_the_same_name() -> None:
    names = [row.name for row in matrix.ROWS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("row", short_rows(), ids=lambda row: row.name)
def test_nothing_acknowledged_is_lost_whatever_dies(row: Row) -> None:
    result = play(row, matrix.SHORT)
    assert result.problems == ()
    assert result.verdict is not None
    assert result.verdict.acknowledged == matrix.SHORT.count
