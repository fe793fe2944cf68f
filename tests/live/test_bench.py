"""A short run of the comparison: it measures both ways and writes what it found."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_bench_measures_both_ways_and_jmswrap_is_far_ahead(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--rounds", "1", "--size-kb", "8", "--seconds", "1", "--results", results],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row["what"]: row for row in json.loads(results.read_text())}
    assert set(rows) == {"accept", "deliver", "end to end"}
    assert set(rows["accept"]) == {"what", "size_kb", "jmswrap", "tutorial", "ratio"}
    # One round on a shared machine is a smoke test; `make bench` is the measurement.
    assert rows["end to end"]["ratio"] > 2


def test_the_bench_of_transforms_says_its_two_rates() -> None:
    command = [sys.executable, "-m", "bench.transform", "--messages", "60"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"alone: \d+/s, \d+/s a core\nin the worker: \d+ messages/s, \d+/s a core", done.stdout)
