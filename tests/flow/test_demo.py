"""The demo is a test: what a newcomer sees first must work, and prove what it says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_day_at_a_utility_ends_with_both_applications_agreeing(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "examples.utility_day", "--customers", "60", "--json", str(figures)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "140"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "✗" not in said
    assert re.search(r"the door refused it: .*[Ll]ine \d+.*personOrBusiness", said), (
        "the refusal names line and element"
    )
    assert "CCB's message 90000/101: The person's country has no market contract." in said
    assert re.search(r"found MDM away and were delivered by a retry: \d+", said)
    assert "3 corrected readings came back, and were billed again" in said
    assert "CCB and MDM agree; the 2 differences between them are explained above" in said
    found = json.loads(figures.read_text())
    assert found["unexplained"] == 0
    assert found["answers"] == found["requests"] - 1
    assert found["hops"] >= 4 * found["answers"] - 1, (
        "a synchronization goes through four queues; a refusal through three"
    )
