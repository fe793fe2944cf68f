"""The contract of a simulated partner, at its address with ``?wsdl``."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import zeep
from lxml import etree

from jmswrap import xml
from jmswrap.contract.wrap import wrap
from jmswrap.testing.host import Hosted, prepare

Simulate = Callable[..., str]
SEVERAL_FILES = Path(__file__).parents[2] / "data" / "wsdl" / "spread" / "service.wsdl"


def jmswrap(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jmswrap", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_tool_imports_it_and_calls_the_address_it_names(simulate: Simulate, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    client = zeep.Client(simulate("--ledger", ledger) + "?wsdl")
    assert isinstance(client.service.Place(number="A-1", quantity=2), str)
    assert json.loads(ledger.read_text())["operation"] == "Place"


def test_wrap_and_drift_take_it_like_a_partners_and_drift_sees_a_change(
    simulate: Simulate, wsdl: Path, tmp_path: Path
) -> None:
    contract = simulate() + "?wsdl"
    made = jmswrap("wrap", contract, "-o", tmp_path / "crm")
    assert made.returncode == 0, made.stderr
    # Its own address is asked, as the pinned contract names it.
    same = jmswrap("drift", "-c", tmp_path / "crm")
    assert (same.returncode, same.stdout.split(",")[0].split(": ")[1]) == (0, "0 breaking")
    changed = tmp_path / "changed" / wsdl.name
    changed.parent.mkdir()
    changed.write_text(wsdl.read_text().replace('name="Tell"', 'name="Told"'))
    today = simulate(wsdl=changed) + "?wsdl"
    drifted = jmswrap("drift", "-c", tmp_path / "crm", "--from", today)
    assert drifted.returncode == 1
    assert "Tell" in drifted.stdout


def test_what_it_imports_is_served_beside_it_and_nothing_else_is(simulate: Simulate, tmp_path: Path) -> None:
    address = simulate(wsdl=SEVERAL_FILES)
    with urllib.request.urlopen(f"{address}?wsdl", timeout=60) as page:
        root = etree.fromstring(page.read())
    named = {e.get("location") for e in root.iter(f"{{{xml.WSDL_SOAP_11}}}address", f"{{{xml.WSDL_SOAP_12}}}address")}
    assert named == {address}
    # The two WSDLs import each other.
    assert len(list(wrap(f"{address}?wsdl", tmp_path / "pinned").folder.glob("contracts/*.wsdl"))) == 2
    for elsewhere in ("nothing.xsd", "../../../etc/passwd"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{address}?xsd={elsewhere}", timeout=60)
        assert refused.value.code == 404
        refused.value.close()
    with urllib.request.urlopen(address, timeout=60) as page:
        assert b"?wsdl" in page.read()


def test_the_address_of_a_partner_whose_file_has_a_blank_in_its_name_can_be_called(wsdl: Path) -> None:
    (running,) = prepare([Hosted("my orders", str(wsdl))])
    assert running.address.endswith("/my%20orders")
