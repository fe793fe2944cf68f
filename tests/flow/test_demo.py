"""The demo is a test: what a newcomer sees first must work, and prove what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_demo_proves_the_promise_and_ends_by_itself() -> None:
    environment = {**os.environ, "COLUMNS": "140"}
    done = subprocess.run(
        [sys.executable, "-m", "examples.person_sync.demo"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    assert re.search(r"✓ 360 acknowledged; MDM applied 359, each exactly once, in order per person", done.stdout)
    assert re.search(r"[Ll]ine \d+.*personOrBusiness", done.stdout), "the refusal names line and element"
    assert "found MDM away and were delivered by a retry" in done.stdout
    assert "CCB's message 90000/101: The person's country has no market contract." in done.stdout
