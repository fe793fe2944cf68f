"""Files change while processes run: the new generation is adopted, a broken one is not, nothing is lost."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from machine import Up, eventually, up

from jmswrap.contract.wrap import wrap
from jmswrap.testing.ledger import Entry, entries

ORDERS = Path(__file__).parents[1] / "data" / "partner" / "orders.wsdl"
CALL = """<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><Place xmlns="urn:example:orders">
<number>{}</number><quantity>1</quantity></Place></e:Body></e:Envelope>"""
SHEET = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:o="urn:example:orders"
 xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue" exclude-result-prefixes="dvm">
<xsl:template match="/o:Place"><o:Place><xsl:copy-of select="o:number"/><o:quantity><xsl:value-of
 select="dvm:lookupValue('maps/Pack.dvm','OURS',o:quantity,'THEIRS','0')"/></o:quantity></o:Place></xsl:template>
</xsl:stylesheet>"""
MAP = """<dvm name="Pack" xmlns="http://xmlns.oracle.com/dvm"><columns><column name="OURS"/><column name="THEIRS"/>
</columns><rows><row><cell>1</cell><cell>{}</cell></row></rows></dvm>"""


@contextlib.contextmanager
def partner(ledger: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "jmswrap", "simulate", str(ORDERS), "--json", "--port", "0", "--ledger", ledger]
    noted = ["--value", "number=string(//o:number)", "--value", "quantity=string(//o:quantity)"]
    words = [*map(str, command), *noted, "--namespace", "o=urn:example:orders"]
    started = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert started.stdout
    said = ""
    while not said.rstrip().endswith("}"):
        line = started.stdout.readline()
        assert line, "the partner did not start"
        said += line
    try:
        yield json.loads(said)["address"]
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(60)
        started.stdout.close()


class Load:
    """Calls the service all the time, until stopped."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._stop = threading.Event()
        self.accepted: dict[str, str] = {}
        """Message ids by number."""
        self.refused: list[str] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            number = f"n{len(self.accepted) + len(self.refused)}"
            headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
            request = urllib.request.Request(self._address, CALL.format(number).encode(), headers)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    found = re.search(rb"messageId>([^<]+)<", answer.read())
                    assert found
                    self.accepted[number] = found[1].decode()
            except OSError as error:
                self.refused.append(f"{number}: {error}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "orders"
    wrap(str(ORDERS), folder)
    (folder / "maps").mkdir()
    (folder / "maps" / "Pack.dvm").write_text(MAP.format(6))
    (folder / "pack.xsl").write_text(SHEET)
    return folder


def configure(folder: Path, **partner: object) -> None:
    file = folder / "jmswrap.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["reload_seconds"] = 0.3
    settings["workers"] = {"processes": 2, "linger_seconds": 0.2}
    settings["partners"]["Orders"] |= partner
    route = settings["routes"]["Orders"]
    route["steps"], route["to"] = [{"xslt": "pack.xsl"}], {"partner": "Orders", "operation": "Place"}
    route["from"]["operation"] = "Place"
    other = {"from": {"service": "Orders", "operation": "Tell"}, "to": {"partner": "Orders"}}
    settings["routes"].setdefault("Tell", other)
    written = file.with_suffix(".new")
    written.write_text(yaml.safe_dump(settings))
    written.rename(file)


def quantities(found: list[Entry]) -> set[str]:
    return {entry.values["quantity"] for entry in found}


def test_rows_and_addresses_change_under_load_and_a_broken_file_changes_nothing(folder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    with partner(first) as one, partner(second) as other:
        configure(folder, address=one)
        with up(folder) as machine:
            load = Load(machine.facts["services"]["Orders"]["address"])
            try:
                eventually(lambda: len(entries(first)) > 5, "the first messages")
                (folder / "maps" / "Pack.dvm").write_text(MAP.format(12))
                eventually(lambda: "12" in quantities(entries(first)), "the changed row")
                configure(folder, address=other)
                eventually(lambda: len(entries(second)) > 5, "the changed address")
                _break_and_mend(folder, machine, second)
            finally:
                load.stop()
            ids = load.accepted
            eventually(lambda: applied(first, second) >= set(ids), "the last message")
            assert load.refused == []
            told = [_with(entries(first), "6"), _with(entries(first), "12"), _with(entries(second), "12")]
            generations = {attempt for number in told for attempt in _generations(machine, ids[number])}
            children = {name: pid for name, pid in machine.facts["children"].items() if name != "partners"}
            assert len(generations) == 3
            assert machine.log.read_text().count("child-ended") == 0
            assert all(Path(f"/proc/{pid}").exists() for pid in children.values())
    assert len(entries(first)) + len(entries(second)) == len(ids)


def _break_and_mend(folder: Path, machine: Up, ledger: Path) -> None:
    kept = folder / "kept.txt"
    shutil.copy(folder / "pack.xsl", kept)
    (folder / "pack.xsl").write_text("<xsl:stylesheet")
    eventually(lambda: "refused" in _causes(machine, "worker") and "refused" in _causes(machine, "gateway"), "a word")
    count = len(entries(ledger))
    eventually(lambda: len(entries(ledger)) > count + 5, "messages by the old generation")
    shutil.copy(kept, folder / "pack.xsl")
    machine.process.send_signal(signal.SIGHUP)
    eventually(lambda: not _causes(machine, "generation"), "health after mending")


def _causes(machine: Up, word: str) -> set[str]:
    command = [sys.executable, "-m", "jmswrap", "health", "--json", "-c", str(machine.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))
    causes = json.loads(done.stdout)["causes"]
    kinds = {"worker", "gateway"} if word == "generation" else {word}
    return {one["what"] for one in causes if any(f"The {kind}s go on" in one["sentence"] for kind in kinds)}


def applied(*ledgers: Path) -> set[str]:
    return {entry.values["number"] for ledger in ledgers for entry in entries(ledger)}


def _with(found: list[Entry], quantity: str) -> str:
    return next(entry.values["number"] for entry in found if entry.values["quantity"] == quantity)


def _generations(machine: Up, id: str) -> list[str]:
    return [attempt["generation"] for attempt in machine.jmswrap("show", id)["attempts"]]
