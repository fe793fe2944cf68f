"""Every WSDL of the interoperability kit: wrap, run, call from what is published, deliver.

All run in one ``up``: an integration with a service, a partner and a route for each.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
import zeep
from lxml import etree
from machine import Up, eventually, up
from rich.console import Console
from rich.table import Table

from jmswrap.contract.wrap import wrap
from jmswrap.errors import JmswrapError
from jmswrap.testing.ledger import entries

KIT = next((p / "shared" / "kit" for p in Path(__file__).parents if (p / "shared" / "kit").is_dir()), None)
SOAP = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}

pytestmark = [pytest.mark.kit, pytest.mark.skipif(KIT is None, reason="the kit is not beside the checkout")]


@dataclass
class Tried:
    """One WSDL, and how far it came."""

    name: str
    wsdl: str
    attachments_apart: bool
    refused: str = ""
    operation: str = ""
    receipt: str = ""
    applied: bool = False
    reason: str = ""

    @property
    def outcome(self) -> str:
        end = "applied" if self.applied else f"not applied: {self.reason}"
        return self.refused or f"{self.operation}: {self.receipt}, {end}"


def listed(kit: Path) -> list[Tried]:
    with (kit / "wsdls" / "INDEX.tsv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    # "-": zeep could not read it, so the index does not know its style; mime: bodies with attachments.
    plain = ["mime" not in row["features"] for row in rows]
    return [Tried(f"w{n:02}", row["wsdl"], plain[n - 1]) for n, row in enumerate(rows, 1)]


def wrapped(tried: Tried, kit: Path, folder: Path) -> dict[str, Any] | None:
    """Wrap one; return its settings with paths from the common folder, or note why not."""
    try:
        made = wrap(str(kit / "wsdls" / tried.wsdl), folder / tried.name, name=tried.name)
    except JmswrapError as error:
        tried.refused = str(error)
        return None
    tried.operation = next(o for o in made.operations if (folder / tried.name / "samples" / f"{o}.xml").exists())
    settings: dict[str, Any] = yaml.safe_load(made.settings.read_text(encoding="utf-8"))
    for section in ("services", "partners"):
        settings[section][tried.name]["wsdl"] = f"{tried.name}/{settings[section][tried.name]['wsdl']}"
    return settings


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Tried]]:
    assert KIT is not None
    folder = tmp_path_factory.mktemp("kit")
    everything: dict[str, Any] = {"jmswrap": 1, "name": "kit", "services": {}, "partners": {}, "routes": {}}
    tried = listed(KIT)
    for one in tried:
        settings = wrapped(one, KIT, folder)
        for section in ("services", "partners", "routes") if settings else ():
            everything[section].update(settings[section])
    (folder / "jmswrap.yaml").write_text(yaml.safe_dump(everything), encoding="utf-8")
    return folder, tried


@pytest.fixture(scope="module")
def running(merged: tuple[Path, list[Tried]]) -> Iterator[Up]:
    with up(merged[0], "--simulate", "--workers", 1, patience_seconds=120) as started:
        yield started


def called(running: Up, one: Tried) -> str:
    """Make a call as zeep reads the published WSDL; return the receipt's status."""
    client = zeep.Client(running.facts["services"][one.name]["wsdl"])
    service = next(iter(client.wsdl.services.values()))
    port = next(p for p in service.ports.values() if one.operation in p.binding._operations)
    operation = port.binding._operations[one.operation]
    version = "1.2" if isinstance(port.binding, zeep.wsdl.bindings.Soap12Binding) else "1.1"
    body = etree.parse(str(running.folder / one.name / "samples" / f"{one.operation}.xml")).getroot()
    envelope = etree.Element(f"{{{SOAP[version]}}}Envelope")
    etree.SubElement(envelope, f"{{{SOAP[version]}}}Body").append(body)
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{operation.soapaction or ""}"'}
    if version == "1.2":
        headers = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{operation.soapaction or ""}"'}
    reply = client.transport.post(port.binding_options["address"], etree.tostring(envelope), headers)
    return str(port.binding.process_reply(client, operation, reply).status)


def applied(running: Up, one: Tried) -> bool:
    ledger = Path(running.facts["partners"][one.name]["ledger"])
    return [entry.operation for entry in entries(ledger)] == [one.operation]


def test_every_attachments_apart_wsdl_is_wrapped_called_and_delivered(merged, running):
    tried = merged[1]
    hosted = [one for one in tried if not one.refused]
    for one in hosted:
        one.receipt = called(running, one)
    try:
        eventually(lambda: all(applied(running, one) for one in hosted), "every message at its partner", 240)
    finally:
        reasons = {row["route"]: row["reason"] for row in running.jmswrap("messages", "--limit", 1000)}
        for one in hosted:
            one.applied = applied(running, one)
            one.reason = reasons.get(one.name, "")
        tell(tried)
    assert [one.wsdl for one in tried if one.attachments_apart and not one.applied] == []


def test_a_wsdl_that_cannot_be_wrapped_is_refused_with_the_construct_and_its_place(merged):
    refused = [one for one in merged[1] if one.refused]
    assert all(not one.attachments_apart for one in refused), [one.refused for one in refused]
    for one in refused:
        assert ".wsdl:" in one.refused
        assert any(word in one.refused for word in ("rpc/literal", "rpc/encoded", "attachments")), one.refused
        assert "\n" not in one.refused


def tell(tried: list[Tried]) -> None:
    table = Table("WSDL", "outcome", box=None, header_style="bold")
    for one in tried:
        table.add_row(one.wsdl, one.outcome)
    Console(width=200).print(table)
