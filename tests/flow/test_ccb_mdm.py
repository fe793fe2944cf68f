"""All processes of the shipped CCB-MDM integration, both legs, with a real machine and simulated applications."""

import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import Up, eventually, up

from jmswrap.testing import ledger

CCB_MDM = Path(__file__).parents[2] / "jmswrap" / "integrations" / "ccb_mdm"
SAMPLES = {
    "01-person": "Person", "02-sp": "SP", "03-sa": "SA", "04-sa-relationship": "SARel", "05-meter": "Meter",
    "06-meter-configuration": "MeterConfig", "07-sp-meter-history": "SPMeterHistory", "08-meter-read": "MeterRead",
    "09-dynamic-option": "DynamicOption", "10-dynamic-option-event": "DynamicOptionEvent", "14-bill-cycle": "BillCycle",
}  # fmt: skip
"""Samples of synchronizations, by what the services call them."""
REQUESTS = {f"{sample}-request": f"OUCCB2OUMDM2{name}SyncReq" for sample, name in SAMPLES.items()} | {
    "11-batch-bill-determinant-request": "OUCCB2OUMDM2BatchBillDeterminantReq",
    "12-online-bill-determinant-request": "OUCCB2OUMDM2OnlineBillDeterminantReq",
}
ANSWERS = {f"{sample}-response": f"OUMDM2OUCCB2{name}SyncResp" for sample, name in SAMPLES.items()} | {
    "11-batch-bill-determinant-response": "OUMDM2OUCCB2BatchBillDeterminantResp",
    "12-online-bill-determinant-response": "OUMDM2OUCCB2OnlineBillDeterminantResp",
    "13-replacement-reads-request": "OUMDM2OUCCB2ReplacementReadsReq",
}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Up]:
    folder = Path(shutil.copytree(CCB_MDM, tmp_path / "ccb_mdm", symlinks=False))
    with up(folder, "--simulate", "--workers", "1") as running:
        yield running


def send(machine: Up, sample: str, leg: str) -> None:
    body = (machine.folder / "samples" / f"{sample}.xml").read_bytes()
    envelope = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>' + body + b"</s:Body></s:Envelope>"
    )
    address = machine.facts["services"][f"{leg}JMSWriteSvc"]["address"]
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"process"'}
    with urllib.request.urlopen(urllib.request.Request(address, envelope, headers), timeout=30) as answer:
        assert b"ACCEPTED" in answer.read()


def do(machine: Up, verb: str, partner: str) -> None:
    command = [sys.executable, "-m", "jmswrap", verb, "--partner", partner, "-c", str(machine.folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def applied(machine: Up, partner: str) -> list[ledger.Entry]:
    return ledger.entries(Path(machine.facts["partners"][partner]["ledger"]))


def all_applied(machine: Up) -> bool:
    return {name: len(applied(machine, name)) for name in machine.facts["partners"]} == {
        **{name: 1 for name in machine.facts["partners"] if name.startswith("mdm_")},
        "mdm_usage": 2,
        "mdm_inquiry": 0,
        "ccb": 11,
        "ccb_bill_determinants": 2,
        "ccb_replacement_reads": 1,
    }


HELD = {"mdm_sa", "mdm_sa_relationship", "mdm_meter_configuration", "mdm_sp_meter_history", "mdm_meter_read",
        "mdm_usage"}  # fmt: skip
"""What waits, at one or two removes, for a person and a meter."""


INQUIRY = "http://ouaf.oracle.com/webservices/cm/CM-MeterDataInquiry"
SPAN = "<startDateTime>2026-10-01T00:00:00Z</startDateTime><endDateTime>2026-11-01T00:00:00Z</endDateTime>"
LOOKUPS = {
    "UsageInquiry": f"<saId>3300110011</saId>{SPAN}",
    "MeterReadInquiry": f"<registerId>7700110001</registerId>{SPAN}",
    "HighLowReadInquiry": "<registerId>7700110001</registerId><readDateTime>2026-11-01T00:00:00Z</readDateTime>",
}


def look_up(machine: Up, operation: str, question: str) -> bytes:
    soap = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><{operation} xmlns="{INQUIRY}">'
    soap += f"{question}</{operation}></s:Body></s:Envelope>"
    address = machine.facts["services"]["OUCCB2OUMDM2MeterDataInquirySvc"]["address"]
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{INQUIRY}/{operation}"'}
    with urllib.request.urlopen(urllib.request.Request(address, soap.encode(), headers), timeout=30) as answer:
        content: bytes = answer.read()
    return content


def test_each_process_goes_both_ways_and_nothing_overtakes_what_it_builds_on(machine: Up) -> None:
    for partner in ("mdm_person", "mdm_meter"):
        do(machine, "pause", partner)
    for sample, leg in REQUESTS.items():
        send(machine, sample, leg)
    for sample, leg in ANSWERS.items():
        send(machine, sample, leg)
    free = {name for name in machine.facts["partners"] if name.startswith("mdm_")} - HELD - {"mdm_person", "mdm_meter"}
    free -= {"mdm_inquiry"}
    eventually(lambda: all(applied(machine, name) for name in free) or None, f"{sorted(free)}")
    eventually(lambda: len(applied(machine, "ccb")) == 11 or None, "the answers of the synchronizations")
    assert not any(applied(machine, name) for name in HELD)
    for partner in ("mdm_person", "mdm_meter"):
        do(machine, "resume", partner)
    eventually(lambda: all_applied(machine) or None, "everything")
    when = {name: applied(machine, name)[0].time_ms for name in machine.facts["partners"] if name != "mdm_inquiry"}
    assert when["mdm_person"] <= when["mdm_sa"] <= when["mdm_sa_relationship"] <= when["mdm_usage"]
    assert when["mdm_meter"] <= when["mdm_meter_configuration"] <= when["mdm_sp_meter_history"]
    assert when["mdm_meter_configuration"] <= when["mdm_meter_read"]
    # What CCB waits for gets MDM's own answer at once, and nothing is queued.
    for operation, question in LOOKUPS.items():
        assert f"{operation}Response".encode() in look_up(machine, operation, question)
    assert len(applied(machine, "mdm_inquiry")) == len(LOOKUPS)
