"""The tables that ``.xref`` files declare (``http://xmlns.oracle.com/xref``): a name, columns, first rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from jmswrap import xml
from jmswrap.errors import ConfigError

NAMESPACE = "http://xmlns.oracle.com/xref"
_XREF = f"{{{NAMESPACE}}}"


@dataclass(frozen=True, slots=True)
class Declared:
    """One table."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...] = ()
    """Rows to begin with: column → value."""


def read(path: Path) -> Declared:
    """Read a file. Raises ConfigError with the place of what is wrong."""
    try:
        root = etree.fromstring(path.read_bytes(), xml.parser(), base_url=str(path))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except etree.XMLSyntaxError as error:
        raise ConfigError(f"{path}:{error.lineno or 0}: the cross-reference file is not XML: {error.msg}") from error
    table = root.find(f"{_XREF}table")
    if root.tag != f"{_XREF}xref" or table is None or not table.get("name"):
        raise ConfigError(f"{path}:{root.sourceline}: no cross-reference table is here, no xref/table of {NAMESPACE}")
    columns = tuple(one.get("name", "") for one in table.iterfind(f"{_XREF}columns/{_XREF}column"))
    if len(columns) < 2 or "" in columns or len(set(columns)) < len(columns):
        raise ConfigError(f"{path}: a cross-reference table needs two columns or more, each with a name of its own")
    rows = tuple(_row(path, row, columns) for row in table.iterfind(f"{_XREF}rows/{_XREF}row"))
    return Declared(str(table.get("name")), columns, rows)


def _row(path: Path, row: etree._Element, columns: tuple[str, ...]) -> dict[str, str]:
    cells = {cell.get("colName", ""): (cell.text or "").strip() for cell in row.iterfind(f"{_XREF}cell")}
    for name in cells:
        if name not in columns:
            raise ConfigError(f"{path}:{row.sourceline}: the row has a cell for {name!r}, which is no column")
    return {name: value for name, value in cells.items() if value}
