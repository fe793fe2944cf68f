"""The Dockerfile, without a Docker engine: its own commands, run in empty folders, and a linter."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"


def _instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE.read_text())
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def test_a_linter_finds_nothing_in_the_dockerfile() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        pytest.skip("hadolint is not installed here; `make test` installs it")
    done = subprocess.run([linter, DOCKERFILE], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_special_and_takes_a_verb() -> None:
    instructions = _instructions()
    assert instructions[-1] == ("CMD", '["up"]')
    assert ("ENTRYPOINT", '["jmswrap"]') in instructions
    assert ("USER", "10001") in instructions


def test_the_steps_of_the_image_install_a_program_that_runs(tmp_path: Path) -> None:
    """Play COPY and RUN into empty folders; the account is the one step that needs a container."""
    image = tmp_path / "image"
    subprocess.run([sys.executable, "-m", "venv", image], check=True, timeout=120)
    environment = {**os.environ, "PATH": f"{image / 'bin'}:{os.environ['PATH']}"}
    stage = 0
    for word, rest in _instructions():
        if word == "FROM":
            stage += 1
            context = tmp_path / f"stage-{stage}"
            context.mkdir()
        elif word == "COPY" and not rest.startswith("--from"):
            *sources, target = rest.split()
            for source in sources:
                _copy(ROOT / source, context / target if (ROOT / source).is_dir() else context)
        elif word == "RUN":
            command = rest.replace("/wheels", str(tmp_path / "wheels")).split("&& useradd")[0]
            done = subprocess.run(command, shell=True, cwd=context, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
    done = subprocess.run(
        [image / "bin" / "jmswrap", "--version"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stdout.split()[-1] == "0.1.0"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy(source, target)
