from pathlib import Path

import pytest

from jmswrap.app.examination import examine

HEAD = """jmswrap: 1
name: site
history: {url: none}
routes:
  on: {from: {queue: onward}, key: {xpath: /o/@k}, to: {queue: end}}
bridges:
"""
IN = "from: [{destination: /queue/A, queue: in}]"
OUT = "to: [{queue: out, destination: /queue/B}]"


def told(folder: Path, *bridges: str) -> tuple[list[str], list[str]]:
    (folder / "jmswrap.yaml").write_text(HEAD + "\n".join(f"  {bridge}" for bridge in bridges))
    found = examine(folder)
    return [str(one) for one in found.problems], [str(one) for one in found.warnings]


def test_a_bridge_that_is_right_has_no_problem(tmp_path: Path) -> None:
    problems, warnings = told(tmp_path, f"plant: {{host: localhost, {IN}, {OUT}}}")
    assert problems == []
    assert len(warnings) == 1  # of the route's own target


@pytest.mark.parametrize(
    ("bridge", "sentence"),
    [
        ("plant: {host: localhost}", "carries nothing"),
        (f"plant: {{{IN}}}", "host"),
        (f"plant: {{host: localhost, {IN}, username: u}}", "add `password`"),
        (f"plant: {{host: localhost, {IN}, username: u, password: hunter2}}", "must be a reference"),
        (f"plant: {{host: localhost, {IN}, username: u, password: 'env:NOT_SET_ANYWHERE'}}", "set the environment"),
        (f"plant: {{host: localhost, {IN}, tls: {{ca: nowhere.pem}}}}", "there is no file `nowhere.pem`"),
        (f"plant: {{host: localhost, {IN}, tls: {{certificate: jmswrap.yaml}}}}", "or neither"),
        ("plant: {host: localhost, to: [{queue: onward, destination: /queue/B}]}", "route `on` reads queue `onward`"),
        (
            "plant: {host: localhost, from: [{destination: /queue/A, queue: in}, {destination: /queue/A, queue: x}]}",
            "is read twice",
        ),
        (
            "plant: {host: localhost, from: [{destination: /a, queue: q}], to: [{queue: q, destination: /a}]}",
            "for ever",
        ),
        ("plant: {host: localhost, to: [{queue: q, destination: /a}, {queue: q, destination: /b}]}", "has one reader"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(tmp_path: Path, bridge: str, sentence: str) -> None:
    problems, _ = told(tmp_path, bridge)
    assert len(problems) == 1, problems
    assert sentence in problems[0]
    assert "hunter2" not in problems[0]


def test_two_bridges_cannot_read_one_queue(tmp_path: Path) -> None:
    problems, _ = told(tmp_path, f"one: {{host: localhost, {OUT}}}", f"two: {{host: localhost, {OUT}}}")
    assert len(problems) == 1
    assert "bridge `one` reads queue `out` already" in problems[0]


def test_a_password_in_clear_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_PASSWORD", "x")
    login = "username: u, password: 'env:BROKER_PASSWORD'"
    for host, more, clear in (("broker.example", "", 1), ("broker.example", ", tls: {}", 0), ("127.0.0.1", "", 0)):
        problems, warnings = told(tmp_path, f"plant: {{host: {host}, {OUT}, {login}{more}}}")
        assert problems == []
        assert sum("in clear" in warning for warning in warnings) == clear
