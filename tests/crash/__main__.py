"""``make crash-matrix``: play the rows, show the table, write JSON and the page.

    python -m tests.crash [--short] [--json FILE] [--page FILE] [WORD...]

With words, only the rows whose names have one of them. Exit status 1 when a row fails.
"""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console

from tests.crash import matrix, report
from tests.crash.row import Result


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD", help="play only rows whose names have it")
    parser.add_argument("--short", action="store_true", help="the few most telling rows, small")
    parser.add_argument("--list", action="store_true", help="list the rows' names")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--page", type=Path, help="write the page to this file")
    given = parser.parse_args()
    rows = matrix.chosen(given.words, given.short)
    console = Console(width=None if sys.stdout.isatty() else 220)
    if given.list:
        console.print("\n".join(row.name for row in rows))
        return 0

    def told(result: Result) -> None:
        said = "not here" if result.skipped else "passed" if result.passed else "FAILED"
        console.print(f"{said:<9} {result.seconds:5.1f} s  {result.row.name}", highlight=False)
        for problem in result.problems:
            console.print(f"          {problem}", markup=False, highlight=False)

    began = time.monotonic()
    results = matrix.play_all(rows, matrix.SHORT if given.short else matrix.FULL, told)
    seconds = time.monotonic() - began
    console.print(report.table(results))
    if given.json:
        report.write_json(results, seconds, given.json)
    if given.page:
        given.page.write_text(report.page(results, seconds), "utf-8")
    return 0 if results and all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
