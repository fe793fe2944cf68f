"""``make interop``: every toolchain of the kit against every WSDL that jmswrap publishes.

    python -m tests.interop [--tools NAME,...] [--log FOLDER] [--json FILE] [--page FILE] [WORD...]
    python -m tests.interop --again FILE... [--page FILE]

With words, only the WSDLs whose names have one of them. Exit status 1 when a cell did not pass
and no limit of the tool explains it; 3 when no toolchain is installed.
"""

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

from rich.console import Console

from jmswrap.app import shipped
from tests.interop import page
from tests.interop.found import Found
from tests.interop.limits import limit_of
from tests.interop.playing import Cell, play
from tests.interop.published import Source, catalog, of_kit, of_ours, running_shipped, running_wrapped
from tests.interop.toolchains import TOOLCHAINS, Toolchain, Workbench, kit

_NO_TOOLCHAIN = 3


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only WSDLs whose names have it")
    parser.add_argument("--tools", default="", metavar="NAME,...", help="only these toolchains")
    parser.add_argument("--log", type=Path, metavar="FOLDER", help="keep what toolchains said of cells that failed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found to this file")
    parser.add_argument(
        "--again",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="play nothing; take what these runs found, the last one's word",
    )
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the page to this file")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 220)
    if given.again:
        found = Found.read(given.again)
    else:
        where = kit()
        if where is None:
            console.print("The interoperability kit is not beside the checkout; put it at ../shared/kit.")
            return 1
        found = _found(where, given.tools.split(",") if given.tools else [], given.words, console)
    if given.json:
        found.write(given.json)
    if given.log:
        _keep(found.cells, given.log)
    if given.page:
        page.write(given.page, page.page(found.cells, found.versions, found.missing, found.refused))
    failed = [cell for cell in found.cells if not cell.passed and not limit_of(cell)]
    for cell in failed:
        console.print(f"unexplained: {cell.tool} {cell.title} ({cell.style}) {cell.trouble}", markup=False)
    console.print(f"{len(found.cells)} cells, {sum(c.passed for c in found.cells)} passed, {len(failed)} unexplained")
    if found.missing and not found.versions:
        return _NO_TOOLCHAIN
    return 1 if failed or not found.cells else 0


def _found(where: Path, names: list[str], words: list[str], console: Console) -> Found:
    wanted = [tool for tool in TOOLCHAINS if not names or tool.name in names]
    missing = {tool.title: need for tool in wanted if (need := tool.missing())}
    for title, need in missing.items():
        console.print(f"{title} is left out: {need} is not installed.", highlight=False)
    tools = [tool for tool in wanted if tool.title not in missing]
    if not tools:
        return Found([], {}, missing, {})
    sources = [s for s in [*of_ours(), *of_kit(where)] if _named(s.title, words)]
    with tempfile.TemporaryDirectory(prefix="interop-") as folder:
        bench = Workbench(where / "clients", Path(folder, "generated"))
        cells, refused = _played(bench, tools, sources, words, Path(folder), console)
        versions = {tool.name: bench.version(tool) for tool in tools}
    return Found(cells, versions, missing, refused)


def _named(title: str, words: list[str]) -> bool:
    return not words or any(word in title for word in words)


def _played(
    bench: Workbench, tools: list[Toolchain], sources: list[Source], words: list[str], folder: Path, console: Console
) -> tuple[list[Cell], dict[str, str]]:
    refused: dict[str, str] = {}

    def told(cell: Cell) -> None:
        limit = limit_of(cell)
        said = "passed" if cell.passed else "limit" if limit else "FAILED"
        what = f"{cell.title} ({cell.style}) {cell.operation}"
        console.print(f"{said:<7} {cell.tool:<9} {what} {cell.trouble}", markup=False, highlight=False)

    cells: list[Cell] = []
    wanted = partial(_named, words=words)
    names = [name for name in shipped.names() if wanted(name) or any(word.startswith(f"{name}:") for word in words)]
    with running_shipped(names, folder / "shipped", wanted) as services:
        cells += play(bench, tools, services, told)
    wrapped = folder / "wrapped"
    wrapped.mkdir()
    if sources:
        with running_wrapped(sources, wrapped, catalog(kit()), refused) as services:
            cells += play(bench, tools, services, told)
    return cells, refused


def _keep(cells: list[Cell], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, cell in enumerate(cells):
        if not cell.passed:
            head = f"{cell.tool} {cell.title} {cell.style} {cell.operation}\n"
            (folder / f"{number:04}-{cell.tool}.txt").write_text(head + cell.text, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
