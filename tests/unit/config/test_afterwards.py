"""Settings about messages that do not simply arrive, and do not fit together."""

from pathlib import Path

import pytest

from jmswrap.config.load import load

ROUTE = """\
jmswrap: 1
name: demo
namespaces: {p: urn:people}
partners:
  mdm: {wsdl: people.wsdl}
routes:
  sync:
    from: {queue: q}
    to: {partner: mdm}
"""


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("on_dead: nack", "has no `refusal` that `nack` could send"),
        ("in_doubt: probe", "does not say how to ask"),
        ("probe: {operation: Find, found: p:there}", "never asks"),
        ("in_doubt: probe\n    probe: {operation: Find, found: q:there}", "uses the prefix `q`"),
        ("in_doubt: probe\n    probe: {operation: Find, found: p:x, xslt: gone.xsl}", "there is no file `gone.xsl`"),
        ("in_doubt: probe\n    idempotent: true\n    probe: {operation: F, found: p:x}", "never in doubt"),
        ("retry: {by_class: {not-conected: {max_attempts: 2}}}", "no outcome `not-conected`: did you mean"),
        ("retry: {by_class: {'200': {max_attempts: 2}}}", "no HTTP status of a failure"),
        ("retry: {by_class: {http-refused: {max_attempts: 2}}}", "is never tried again"),
        ("expired: {queue: q}", "back on its own queue"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, lines: str, sentence: str) -> None:
    (tmp_path / "people.wsdl").write_text("<x/>")
    file = tmp_path / "jmswrap.yaml"
    file.write_text(f"{ROUTE}    {lines}\n")
    config, problems = load(file)
    assert config is None
    assert [problem for problem in problems if sentence in problem.sentence], problems
