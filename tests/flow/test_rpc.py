"""rpc partners end to end: a document/literal call at the door, an rpc body at the partner."""

from pathlib import Path

import pytest
import urllib3
from lxml import etree
from machine import Up, eventually, up

from jmswrap.contract.wrap import wrap
from jmswrap.testing.ledger import entries

WSDLS = Path(__file__).parents[1] / "data" / "wsdl"
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
        eventually(lambda: sorted(e.operation for e in entries(ledger)) == wanted, "every body at the partner", 60)
