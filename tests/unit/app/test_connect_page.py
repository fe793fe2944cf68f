"""docs/connect.md, done as it says, comes to what examples/two_applications holds."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from jmswrap.app.examination import check
from jmswrap.cli.main import cli

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "two_applications"
PAGE = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")


def shown(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def done(line: str, folder: Path) -> str:
    """Do a line of the page; verbs run in this process, because one of their own takes a second."""
    said = ""
    for command in line.partition("#")[0].split("&&"):
        words = shlex.split(command)
        if words[:1] == ["jmswrap"]:
            result = CliRunner().invoke(cli, words[1:])
            assert result.exit_code == 0, (command, result.output)
            said += result.stdout
        elif words:
            subprocess.run(["sh", "-c", command], check=True, cwd=folder, timeout=20)
    return said


def test_the_steps_of_the_page_make_an_integration_that_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JMSWRAP_CONFIG", raising=False)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    wrapping, copying, trying, _ = shown("sh")
    for line in (wrapping + copying).splitlines():
        done(line, tmp_path)
    settings = tmp_path / "link" / "jmswrap.yaml"
    settings.write_text(yaml.safe_dump(yaml.safe_load(settings.read_text()) | yaml.safe_load(shown("yaml")[0])))
    said = [done(line, tmp_path) for line in trying.splitlines() if " up " not in line]
    assert "orders is right (2 routes, 1 service, 2 partners)" in said[1]
    there, back, refused = (text.rpartition("step 1")[2] for text in said[2:])
    assert "<w:item>bolt M8</w:item>" in there
    assert "<s:remark>P-2026-117</s:remark>" in back
    assert "<s:decision>refused</s:decision>" in refused
    assert (tmp_path / "link" / "wsdl" / "orders.wsdl").read_text() == (EXAMPLE / "wsdl" / "orders.wsdl").read_text()


def test_the_example_is_right_and_has_the_routes_of_the_page() -> None:
    assert check(EXAMPLE / "jmswrap.yaml") == []
    shipped = yaml.safe_load((EXAMPLE / "jmswrap.yaml").read_text())
    assert shipped["routes"] == yaml.safe_load(shown("yaml")[0])["routes"]
