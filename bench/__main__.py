"""``make bench``: accept, deliver and end-to-end rates beside the tutorial way, in one run.

Both ways get the same store (an embedded Valkey, every write on disk), the same partner, one
gateway process and two workers. They take turns, round by round, so that a machine that
drifts drifts for both; the figures are medians, and the ratio is what counts.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench import orders, ways
from bench.load import run as load
from jmswrap.store.server import EmbeddedServer

CONNECTIONS = 32
RESULTS = Path(__file__).with_name("results.json")
WINDOW_SECONDS = 5.0
"""How long deliveries are counted at most while a backlog is drained; twice as long as calls were made before."""

Make = Callable[[Path, str, str], ways.Way]
Rates = dict[str, float]


def measure(make: Make, size_kb: float, seconds: float) -> Rates:
    """Return the accept, deliver and end-to-end rates of a way, in messages a second; calls are made for so long."""
    with tempfile.TemporaryDirectory(prefix="jmswrap-bench-") as name:
        folder = Path(name)
        accept, deliver = _accept_then_deliver(make, folder, size_kb, seconds)
        return {"accept": accept, "deliver": deliver, "end to end": _end_to_end(make, folder, size_kb, seconds)}


def _accept_then_deliver(make: Make, folder: Path, size_kb: float, seconds: float) -> tuple[float, float]:
    with EmbeddedServer(folder / "accept") as store, ways.answering_partner() as partner:
        way = make(folder, store.url, partner)
        log = folder / "log"
        with way.serving(log):
            sent = load(way.url, orders.template(size_kb), CONNECTIONS, seconds)
            _no_failures(sent.failures, way, log)
        with way.working(log):
            return sent.per_second, _drain_rate(partner, sent.answers, min(WINDOW_SECONDS, 2 * seconds))


def _drain_rate(partner: str, expected: int, window_seconds: float) -> float:
    end = time.perf_counter() + 60
    while ways.delivered(partner) == 0:
        if time.perf_counter() > end:
            raise SystemExit("No worker delivered anything within a minute.")
        time.sleep(0.01)
    began, first = time.perf_counter(), ways.delivered(partner)
    while True:
        time.sleep(0.02)
        count, took = ways.delivered(partner), time.perf_counter() - began
        if count >= expected or took > window_seconds:
            return (count - first) / took


def _end_to_end(make: Make, folder: Path, size_kb: float, seconds: float) -> float:
    with EmbeddedServer(folder / "end-to-end") as store, ways.answering_partner() as partner:
        way = make(folder, store.url, partner)
        log = folder / "log"
        with way.serving(log), way.working(log):
            load(way.url, orders.template(size_kb), 1, 0.2)  # the workers are up when this has arrived
            _await_quiet(partner)
            before, began = ways.delivered(partner), time.perf_counter()
            calling_seconds = seconds if way.name == "jmswrap" else seconds / 3
            sent = load(way.url, orders.template(size_kb), CONNECTIONS, calling_seconds, first=10**6)
            _no_failures(sent.failures, way, log)
            end = time.perf_counter() + 120
            while ways.delivered(partner) - before < sent.answers:
                if time.perf_counter() > end:
                    raise SystemExit(f"{way.name} did not deliver everything within two minutes.")
                time.sleep(0.01)
            return sent.answers / (time.perf_counter() - began)


def _await_quiet(partner: str) -> None:
    """Wait until deliveries have begun and come to rest."""
    last, since, end = 0, time.perf_counter(), time.perf_counter() + 60
    while last == 0 or time.perf_counter() - since < 0.5:
        now = ways.delivered(partner)
        if now != last:
            last, since = now, time.perf_counter()
        if time.perf_counter() > end:
            raise SystemExit("No worker delivered anything within a minute.")
        time.sleep(0.02)


def _no_failures(failures: int, way: ways.Way, log: Path) -> None:
    if failures:
        raise SystemExit(f"{failures} calls of {way.name} failed:\n{log.read_text()[-4000:]}")


def main() -> None:
    """Run the comparison, show it and write ``bench/results.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size-kb", type=float, action="append", help="message size; again for another one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long calls are made, each time")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file to write")
    given = parser.parse_args()
    sizes = given.size_kb or [0.5, 8, 100]
    found: dict[tuple[str, float, str], list[float]] = {}
    with Progress(transient=True) as progress:
        task = progress.add_task("measuring", total=given.rounds * len(sizes) * 2)
        for _ in range(given.rounds):
            for size_kb in sizes:
                for make in (ways.jmswrap, ways.tutorial):
                    for what, rate in measure(make, size_kb, given.seconds).items():
                        found.setdefault((what, size_kb, make.__name__), []).append(rate)
                    progress.advance(task)
    rows = _rows(found, sizes)
    given.results.write_text(json.dumps(rows, indent=1) + "\n")
    _show(rows, given.rounds)
    Console().print(f"written to {given.results}")


def _rows(found: dict[tuple[str, float, str], list[float]], sizes: list[float]) -> list[dict[str, float | str]]:
    rows: list[dict[str, float | str]] = []
    for what in ("accept", "deliver", "end to end"):
        for size_kb in sizes:
            ours, theirs = found[what, size_kb, "jmswrap"], found[what, size_kb, "tutorial"]
            # The ratio is taken round by round: each compares two neighbours in time.
            ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
            rows.append(
                {
                    "what": what,
                    "size_kb": size_kb,
                    "jmswrap": round(statistics.median(ours), 1),
                    "tutorial": round(statistics.median(theirs), 1),
                    "ratio": round(ratio, 1),
                }
            )
    return rows


def _show(rows: list[dict[str, float | str]], rounds: int) -> None:
    table = Table(title=f"messages a second, medians of {rounds}; every write on disk before its answer")
    for head in ("what", "KB", "jmswrap", "tutorial way", "ratio"):
        table.add_column(head, justify="left" if head == "what" else "right")
    for row in rows:
        table.add_row(*(f"{row[name]}" for name in ("what", "size_kb", "jmswrap", "tutorial", "ratio")))
    Console().print(table)


if __name__ == "__main__":
    main()
