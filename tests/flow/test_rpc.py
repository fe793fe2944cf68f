"""rpc partners end to end: a document/literal call at the door, an rpc body at the partner."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
import zeep
from lxml import etree
from machine import Up, eventually, up

from jmswrap.app.examination import check
from jmswrap.contract.schemas import Schemas
from jmswrap.contract.wrap import wrap
from jmswrap.errors import ContractError
from jmswrap.testing.ledger import entries

WSDLS = Path(__file__).parents[1] / "data" / "wsdl"
KIT = next((p / "shared" / "kit" for p in Path(__file__).parents if (p / "shared" / "kit").is_dir()), None)
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


def sent(running: Up, service: str, sample: Path, action: str) -> int:
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope")
    etree.SubElement(envelope, f"{{{ENVELOPE}}}Body").append(etree.parse(sample).getroot())
    address = running.facts["services"][service]["wsdl"].partition("?")[0]
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
    return urllib3.request("POST", address, body=etree.tostring(envelope), headers=headers).status


@pytest.mark.parametrize(
    ("file", "port", "actions"),
    [
        ("rpc-many.wsdl", "Encoded", {"Order": "urn:test:rpc/Order"}),
        ("rpc-many.wsdl", "Literal", {"Plain": "", "Ping": "", "Tell": ""}),
        (
            "bodies.wsdl",
            "Port",
            {"Refresh": "urn:refresh", "Reset": "urn:reset", "Join": "urn:join", "join2": "urn:join2"},
        ),
    ],
)
def test_bodies_of_every_form_reach_the_partner_as_its_contract_says(
    tmp_path: Path, file: str, port: str, actions: dict[str, str]
) -> None:
    made = wrap(str(WSDLS / file), tmp_path / "front", port=port)
    with up(made.folder, "--simulate", "--workers", 1) as running:
        for operation, action in actions.items():
            assert sent(running, made.name, made.folder / "samples" / f"{operation}.xml", action) == 200
        ledger = Path(running.facts["partners"][made.name]["ledger"])
        wanted = sorted("join" if name == "join2" else name for name in actions)
        eventually(lambda: sorted(e.operation for e in entries(ledger)) == wanted, "every body at the partner")


@pytest.fixture
def renaming() -> Iterator[str]:
    """A partner whose replies have a wrapper of another name than most tools expect."""
    content = '<x:Return xmlns:x="urn:other"><done><number>7</number></done></x:Return>'
    reply = f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body>{content}</e:Body></e:Envelope>'.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert b"<word" in self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/xml")
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: Any) -> None:
            assert format

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_an_rpc_reply_is_passed_on_as_the_published_contract_says(tmp_path: Path, renaming: str) -> None:
    made = wrap(str(WSDLS / "rpc-typed.wsdl"), tmp_path / "front", answer="sync")
    config = yaml.safe_load(made.settings.read_text())
    config["partners"][made.name]["address"] = renaming
    made.settings.write_text(yaml.safe_dump(config))
    assert check(made.folder) == []
    body = '<w:Do xmlns:w="urn:wire"><word>x</word></w:Do>'
    call = f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body>{body}</e:Body></e:Envelope>'
    with up(made.folder, "--workers", 1) as running:
        address = running.facts["services"][made.name]["address"]
        answer = urllib3.request("POST", address, body=call, headers={"Content-Type": "text/xml"})
    assert answer.status == 200, answer.data
    (reply,) = etree.fromstring(answer.data).iterfind(f"{{{ENVELOPE}}}Body/*")
    assert reply.tag == "{urn:wire}DoResponse"
    Schemas.of(next((made.folder / "wsdl").glob("*.wsdl"))).validate(reply, "{urn:wire}DoResponse")


@pytest.mark.kit
@pytest.mark.skipif(KIT is None, reason="the kit is not beside the checkout")
def test_zeep_calls_every_operation_of_somebody_elses_rpc_contract_through_sync(tmp_path: Path) -> None:
    assert KIT is not None
    wsdl = next((KIT / "wsdls" / "cxf-rpc-literal").rglob("hello_world_rpc_lit.wsdl"))
    made = wrap(str(wsdl), tmp_path / "front", answer="sync")
    assert check(made.folder) == []
    struct = {"elem1": "a", "elem2": "b", "elem3": 3}
    with up(made.folder, "--simulate", "--workers", 1) as running:
        caller = zeep.Client(running.facts["services"][made.name]["wsdl"]).service
        words = [caller.sayHi(), caller.greetMe("x"), caller.greetUs("a", "b")]
        answer = caller.sendReceiveData(struct)
        ledger = Path(running.facts["partners"][made.name]["ledger"])
        applied = [entry.operation for entry in entries(ledger)]
    assert all(isinstance(word, str) and word for word in words)
    assert isinstance(answer.elem3, int)
    assert applied == ["sayHi", "greetMe", "greetUs", "sendReceiveData"]


@pytest.mark.parametrize(("file", "port", "form"), [("rpc-many.wsdl", "Encoded", "in SOAP's encoding")])
def test_what_no_schema_describes_cannot_be_passed_on(tmp_path: Path, file: str, port: str, form: str) -> None:
    with pytest.raises(ContractError, match=f"answers {form}, so it cannot be `sync`; choose another answer"):
        wrap(str(WSDLS / file), tmp_path / "front", port=port, answer="sync")
    made = wrap(str(WSDLS / file), tmp_path / "other", port=port)
    made.settings.write_text(made.settings.read_text().replace("to: {partner", "answer: sync\n    to: {partner"))
    assert any(f"answers {form}, so route" in problem.sentence for problem in check(made.folder))
