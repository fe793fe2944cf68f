"""A site's own steps around a route's transform: off, unless settings or the vendor's flags switch them on."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from jmswrap.app.delivery import plans
from jmswrap.app.examination import check
from jmswrap.app.integration import load
from jmswrap.app.trying import Question, attempted
from jmswrap.deliver.flight import Flight
from jmswrap.message import Claimed, Message, Record
from jmswrap.states import State

XSL = 'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
WRAP = """<xsl:stylesheet version="1.0" {}><xsl:template match="/"><{}><xsl:copy-of select="."/></{}></xsl:template>
</xsl:stylesheet>"""
HOOK = "def post(document: bytes) -> bytes:\n    return b'<post>' + document + b'</post>'\n"
BAD = """
def broken(document):
    return 1 / 0

def text(document):
    return 'a'

def mud(document):
    return b'mud'
"""
FLAGS = """<AIAConfiguration xmlns="http://xmlns.oracle.com/aia/core/config/V1"><ServiceConfiguration
 serviceName="{{urn:x}}PersonSyncReqEBF"><Property name="Extension.PreXformCCB2toMDM2">{}</Property>
<Property name="Extension.PostXformtoCCB2">{}</Property></ServiceConfiguration></AIAConfiguration>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("pre", "main"):
        (tmp_path / f"{name}.xsl").write_text(WRAP.format(XSL, name, name))
    (tmp_path / "site_hooks.py").write_text(HOOK)
    (tmp_path / "bad_hooks.py").write_text(BAD)
    (tmp_path / "config.xml").write_text(FLAGS.format("false", "false"))
    return tmp_path


def configure(folder: Path, **extensions: Any) -> None:
    route = {"from": {"queue": "in"}, "to": {"queue": "out"}, "steps": [{"xslt": "main.xsl"}], "extensions": extensions}
    transforms = {"properties": ["config.xml"]}
    settings = {"jmswrap": 1, "name": "extended", "transforms": transforms, "routes": {"map": route}}
    (folder / "jmswrap.yaml").write_text(yaml.safe_dump(settings))


def flight(folder: Path) -> Flight:
    delivery = plans(load(folder))["in"].deliveries["map"]
    record = Record(Message("m1", "in", "map", b""), State.IN_FLIGHT, accepted_ms=1, changed_ms=1)
    made = Flight(Claimed(record, b"<a/>", fence=1), delivery, "worker", claimed_at=0.0, lease_end=60.0)
    made.prepare()
    return made


BOTH = {"before": {"xslt": "pre.xsl"}, "after": {"python": "site_hooks:post"}}


def test_extensions_that_are_on_are_done_before_and_after(folder: Path) -> None:
    configure(folder, on=True, **BOTH)
    assert check(folder) == []
    assert flight(folder).body == b"<post><main><pre><a/></pre></main></post>"
    assert [step.name for step in attempted(load(folder), Question("map", b"<a/>")).steps] == [
        "pre.xsl",
        "main.xsl",
        "python:site_hooks:post",
    ]


@pytest.mark.parametrize(
    ("flags", "body"),
    [
        (("false", "false"), b"<main><a/></main>"),
        (("true", "false"), b"<main><pre><a/></pre></main>"),
        (("false", " TRUE "), b"<post><main><a/></main></post>"),
    ],
)
def test_the_vendors_flags_of_the_service_switch_them(folder: Path, flags: tuple[str, str], body: bytes) -> None:
    (folder / "config.xml").write_text(FLAGS.format(*flags))
    configure(folder, service="PersonSyncReqEBF", **BOTH)
    assert check(folder) == []
    assert flight(folder).body == body


def test_what_the_settings_say_goes_before_the_flags(folder: Path) -> None:
    (folder / "config.xml").write_text(FLAGS.format("true", "true"))
    configure(folder, on=False, service="PersonSyncReqEBF", **BOTH)
    assert flight(folder).body == b"<main><a/></main>"


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("broken", "extension bad_hooks:broken: ZeroDivisionError: division by zero"),
        ("text", "extension bad_hooks:text gave str, not bytes"),
        ("mud", "extension bad_hooks:mud gave what is not XML"),
    ],
)
def test_a_function_that_fails_makes_its_message_dead_with_the_reason(folder: Path, function: str, said: str) -> None:
    configure(folder, on=True, after={"python": f"bad_hooks:{function}"})
    settlement = flight(folder).settlement
    assert settlement is not None
    assert settlement.state is State.DEAD
    assert said in settlement.reason


@pytest.mark.parametrize(
    ("extensions", "said"),
    [
        ({"before": {"xslt": "pre.xsl"}}, "nothing switches them on"),
        ({"on": True, "before": {}}, "exactly one of `xslt` and `python`"),
        ({"on": True, "before": {"xslt": "none.xsl"}}, "none.xsl"),
        ({"on": True, "before": {"python": "no_module_here:f"}}, "`no_module_here:f` cannot be loaded"),
        ({"on": True, "before": {"python": "site_hooks:none"}}, "cannot be loaded"),
        ({"on": True, "before": {"python": "nobody"}}, "no entry point `nobody` in the group jmswrap.extensions"),
    ],
)
def test_what_cannot_be_an_extension_is_a_problem(folder: Path, extensions: dict[str, Any], said: str) -> None:
    configure(folder, **extensions)
    assert said in "\n".join(map(str, check(folder)))
