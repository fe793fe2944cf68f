"""Domain value maps: ``.dvm`` files, whose rows say what a value of one system is in another.

The form is Oracle SOA Suite's (``http://xmlns.oracle.com/dvm``): columns, of which some are
qualifiers, and rows whose cells stand in the columns' order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.errors import ConfigError, TransformError

NAMESPACE = "http://xmlns.oracle.com/dvm"
_DVM = f"{{{NAMESPACE}}}"


@dataclass(frozen=True)
class ValueMap:
    """One map, read whole. Safe for threads."""

    name: str
    columns: tuple[str, ...]
    qualifiers: tuple[str, ...]
    """The columns that narrow a search, the most significant first."""
    rows: tuple[tuple[str, ...], ...]

    def value(self, source: str, value: str, target: str, qualified: Mapping[str, str] | None = None) -> str | None:
        """Return what stands in the target column where the source column has the value; None without a row.

        Of rows that differ by qualifiers the most specific counts: an empty cell stands for any
        value. Raises TransformError for a column that the map does not have.
        """
        at = self._place(target)
        rows = self._rows_by(self._place(source)).get(value, ())
        given = {self._place(name): wanted for name, wanted in (qualified or {}).items()}
        fitting = rows
        if given:
            fitting = [row for row in rows if all(row[place] in ("", wanted) for place, wanted in given.items())]
        if not fitting:
            return None
        if len(fitting) == 1:
            return fitting[0][at]
        return max(fitting, key=lambda row: self._weight(row, given))[at]

    def _weight(self, row: tuple[str, ...], given: Mapping[int, str]) -> tuple[bool, ...]:
        return tuple(row[self._places[name]] == given.get(self._places[name]) for name in self.qualifiers)

    def _place(self, column: str) -> int:
        try:
            return self._places[column]
        except KeyError:
            known = ", ".join(self.columns)
            raise TransformError(f"value map {self.name} has no column {column!r}; it has {known}") from None

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.columns)}

    @cached_property
    def _indexes(self) -> dict[int, dict[str, list[tuple[str, ...]]]]:
        return {}

    def _rows_by(self, place: int) -> dict[str, list[tuple[str, ...]]]:
        index = self._indexes.get(place)
        if index is None:
            index = {}
            for row in self.rows:
                index.setdefault(row[place], []).append(row)
            # Two threads may make it at once: both make the same.
            self._indexes[place] = index
        return index


def read(path: Path, content: bytes | None = None) -> ValueMap:
    """Read a ``.dvm`` file, or what was its content. Raises ConfigError with the place of what is wrong."""
    try:
        root = etree.fromstring(path.read_bytes() if content is None else content, xml.parser(), base_url=str(path))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except etree.XMLSyntaxError as error:
        raise ConfigError(f"{path}:{error.lineno or 0}: the value map is not XML: {error.msg}") from error
    if root.tag != f"{_DVM}dvm":
        raise ConfigError(f"{path}:{root.sourceline}: <{root.tag}> is no value map; its root is dvm of {NAMESPACE}")
    columns = tuple(root.iterfind(f"{_DVM}columns/{_DVM}column"))
    names = tuple(column.get("name", "") for column in columns)
    if not names or "" in names or len(set(names)) < len(names):
        raise ConfigError(f"{path}: a value map needs columns, each with a name of its own")
    rows = tuple(_row(path, row, len(names)) for row in root.iterfind(f"{_DVM}rows/{_DVM}row"))
    return ValueMap(root.get("name", path.stem), names, _qualifiers(path, columns), rows)


def _qualifiers(path: Path, columns: tuple[etree._Element, ...]) -> tuple[str, ...]:
    found: list[tuple[int, str]] = []
    for place, column in enumerate(columns):
        if column.get("qualifier", "false") == "true":
            order = column.get("order") or str(place + 1)
            if not order.isdigit():
                raise ConfigError(f"{path}:{column.sourceline}: a qualifier's order is a number, not {order!r}")
            found.append((int(order), column.get("name", "")))
    return tuple(name for _, name in sorted(found))


def _row(path: Path, row: etree._Element, width: int) -> tuple[str, ...]:
    cells = tuple((cell.text or "").strip() for cell in row.iterfind(f"{_DVM}cell"))
    if len(cells) > width:
        raise ConfigError(f"{path}:{row.sourceline}: the row has {len(cells)} cells for {width} columns")
    return cells + ("",) * (width - len(cells))
