"""Two versions side by side: gateways and workers change one after the other, with messages in flight."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from machine import eventually

from jmswrap.contract.wrap import wrap
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store
from jmswrap.testing.ledger import entries

ROOT = Path(__file__).parents[2]
EARLIER = "b66cc48"
"""A commit whose processes a machine may still run."""

CALL = """<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><Place xmlns="urn:example:orders">
<number>{}</number><quantity>1</quantity></Place></e:Body></e:Envelope>"""


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the earlier commit."""
    packed = subprocess.run(
        ["git", "archive", "--format=zip", EARLIER, "jmswrap"], cwd=ROOT, capture_output=True, check=False
    )
    if packed.returncode:
        pytest.skip(f"the history has no commit {EARLIER}: this checkout is shallow or no repository")
    folder = tmp_path_factory.mktemp("earlier")
    with zipfile.ZipFile(BytesIO(packed.stdout)) as archive:
        archive.extractall(folder)
    command = [sys.executable, "-P", "-c", "import jmswrap; print(jmswrap.__file__)"]
    told = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith(str(folder)), "the earlier code is not what runs"
    return folder


class Site:
    """An integration whose processes run the code of whichever version."""

    def __init__(self, folder: Path, store: Store, url: str, partner: str) -> None:
        self.folder, self.store = folder, store
        self.overrides = {
            "store": {"url": url, "prefix": store.prefix, "lease_seconds": 30},
            "workers": {"pool": store.prefix, "linger_seconds": 0.2},
            "partners": {"Orders": {"address": partner}},
        }

    @contextlib.contextmanager
    def process(self, code: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        log = self.folder / f"{words[0]}-{len(list(self.folder.glob('*.log')))}.log"
        environment = {
            **os.environ,
            "PYTHONPATH": str(code),
            "JMSWRAP_CONFIG": str(self.folder),
            "JMSWRAP_OVERRIDES": json.dumps(self.overrides),
        }
        with log.open("wb") as said:
            command = [sys.executable, "-P", "-m", "jmswrap", *words]
            started = subprocess.Popen(command, env=environment, cwd=self.folder, stdout=said, stderr=said)
        started.log = log  # type: ignore[attr-defined]
        try:
            yield started
        finally:
            if started.poll() is None:
                started.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    started.wait(60)
            if started.poll() is None:
                started.kill()
                started.wait()

    @contextlib.contextmanager
    def gateway(self, code: Path) -> Iterator[Callable[[str], str]]:
        """Run a gateway; yields a call that returns the receipt's message id."""
        with self.process(code, "serve", "--port", "0") as started:
            log: Path = started.log  # type: ignore[attr-defined]

            def address() -> str | None:
                assert started.poll() is None, log.read_text()
                found = re.search(r"listening.*address=(\S+)", log.read_text())
                return found[1] if found else None

            url = f"{eventually(address, 'the gateway')}/services/Orders"
            yield lambda number: _called(url, number)


def _called(url: str, number: str) -> str:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    request = urllib.request.Request(url, CALL.format(number).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found = re.search(rb"<(?:\w+:)?messageId>([^<]+)<", answer.read(), re.IGNORECASE)
    assert found
    return found[1].decode()


@pytest.fixture
def site(store: Store, store_server: EmbeddedServer, tmp_path: Path) -> Iterator[Site]:
    wrap(str(ROOT / "tests/data/partner/orders.wsdl"), tmp_path / "orders")
    wsdl, ledger = tmp_path / "orders" / "partner" / "orders.wsdl", tmp_path / "ledger.jsonl"
    wsdl = next((tmp_path / "orders").rglob("orders.wsdl")) if not wsdl.exists() else wsdl
    command = [sys.executable, "-m", "jmswrap", "simulate", str(wsdl), "--json", "--port", "0", "--latency", "20"]
    noted = ["--value", "number=string(//o:number)", "--namespace", "o=urn:example:orders"]
    partner = subprocess.Popen([*command, "--ledger", str(ledger), *noted], stdout=subprocess.PIPE, text=True)
    assert partner.stdout
    lines = ""
    while not lines.rstrip().endswith("}"):
        line = partner.stdout.readline()
        assert line, "the partner did not start"
        lines += line
    try:
        yield Site(tmp_path / "orders", store, store_server.url, json.loads(lines)["address"])
    finally:
        partner.send_signal(signal.SIGTERM)
        partner.wait(60)
        partner.stdout.close()


@pytest.mark.parametrize("first", ["earlier", "present"])
def test_versions_change_one_process_at_a_time_and_every_message_arrives_once(
    site: Site, earlier: Path, first: str
) -> None:
    old, new = (earlier, ROOT) if first == "earlier" else (ROOT, earlier)
    accepted: list[str] = []
    with site.gateway(old) as by_old:
        with site.process(old, "work"):
            accepted += [by_old(f"a{n}") for n in range(8)]
            with site.process(new, "work"):
                accepted += [by_old(f"b{n}") for n in range(8)]
        with site.gateway(new) as by_new, site.process(new, "work"):
            accepted += [by_new(f"c{n}") for n in range(8)] + [by_old(f"d{n}") for n in range(8)]
            ledger = site.folder.parent / "ledger.jsonl"
            eventually(lambda: len(_applied(ledger)) >= 32, "the last message")
    assert len(set(accepted)) == 32
    applied = _applied(ledger)
    assert set(applied) == {f"{word}{n}" for word in "abcd" for n in range(8)}
    assert set(applied.values()) == {1}
    assert {str(one.state) for one in site.store.walk("Orders")} <= {"DELIVERED"}


def _applied(ledger: Path) -> Counter[str]:
    return Counter(entry.values["number"] for entry in entries(ledger)) if ledger.exists() else Counter()
