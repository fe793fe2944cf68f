"""The table of what came of it, as Markdown and for the eye."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.interop.limits import limit_of
from tests.interop.playing import Cell
from tests.interop.toolchains import TOOLCHAINS, Toolchain

_HEAD = """\
# Interoperability

This page is made by `make interop`; do not edit it by hand. Each toolchain, none of them ours, is given the address of
each WSDL that jmswrap publishes (`…?wsdl`), imports it, makes the call by what it generated, and asks with
`GetMessageStatus` what became of the message. jmswrap runs with its partners simulated.

✓: imported, called, the receipt (or the answer that the style promises) read, the message's state told; where a tool
only imports or checks: imported. A number leads to the limit that the tool has, below. ✗: not looked into. `·`: not
played.
"""


def page(
    cells: Sequence[Cell], versions: Mapping[str, str], missing: Mapping[str, str], refused: Mapping[str, str]
) -> str:
    """Return the page."""
    tools = [tool for tool in TOOLCHAINS if any(cell.tool == tool.name for cell in cells)]
    limits = list(dict.fromkeys(s for cell in cells if not cell.passed and (s := limit_of(cell))))
    lines = [_HEAD, *_tools(tools, cells, versions, missing), "", *_table(tools, cells, limits), ""]
    if limits:
        lines += ["## Limits of tools", "", *(f"{n}. {said}" for n, said in enumerate(limits, 1)), ""]
    if refused:
        lines += ["## Not published", "", "`jmswrap wrap` refuses these, with the reason:", ""]
        lines += [f"- {title}: {why}" for title, why in refused.items()]
        lines.append("")
    return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Write the page."""
    path.write_text(text, "utf-8")


def _tools(
    tools: Sequence[Toolchain], cells: Sequence[Cell], versions: Mapping[str, str], missing: Mapping[str, str]
) -> list[str]:
    lines = ["| toolchain | version | WSDLs | imported | called | asked |", "|---|---|---|---|---|---|"]
    for tool in tools:
        own = [cell for cell in cells if cell.tool == tool.name]
        imported = sum(cell.imported for cell in own)
        called = str(sum(bool(cell.called) for cell in own)) if tool.calling else "–"
        asked = str(sum(bool(cell.asked) for cell in own)) if tool.calling else "–"
        lines.append(f"| {tool.title} | {versions[tool.name]} | {len(own)} | {imported} | {called} | {asked} |")
    return lines + [f"| {title} | not installed: {need} | | | | |" for title, need in missing.items()]


def _table(tools: Sequence[Toolchain], cells: Sequence[Cell], limits: Sequence[str]) -> list[str]:
    found = {(cell.title, cell.style, cell.tool): cell for cell in cells}
    services = list({(cell.title, cell.style): cell.operation for cell in cells}.items())
    lines = [
        "| published from | answer | operation | " + " | ".join(tool.title for tool in tools) + " |",
        "|---|---|---|" + "---|" * len(tools),
    ]
    for (title, style), operation in services:
        marks = [_mark(found.get((title, style, tool.name)), limits) for tool in tools]
        lines.append(f"| {title} | {style} | {operation} | {' | '.join(marks)} |")
    return lines


def _mark(cell: Cell | None, limits: Sequence[str]) -> str:
    if cell is None:
        return "·"
    if cell.passed:
        return "✓"
    limit = limit_of(cell)
    return str(limits.index(limit) + 1) if limit else "✗"
