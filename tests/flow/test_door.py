"""The door as ``jmswrap serve`` opens it, on a store that dies."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from machine import PATIENCE_SECONDS, eventually

from jmswrap.contract.wrap import wrap
from jmswrap.store import opening
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

ORDERS = Path(__file__).parents[1] / "data/partner/orders.wsdl"
ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Place xmlns="urn:example:orders">'
    "<number>N{}</number><quantity>1</quantity></Place></s:Body></s:Envelope>"
)
CALLERS = 8


@dataclass
class Door:
    """A running ``jmswrap serve`` and its store."""

    port: int
    service: str
    prefix: str
    process: "subprocess.Popen[bytes]"
    server: EmbeddedServer

    def place(self, number: int) -> tuple[int, str]:
        """Send an order; the status, and the message's id when there is a receipt."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Content-Type": "text/xml; charset=utf-8"}
            connection.request("POST", f"/services/{self.service}", ENVELOPE.format(number), headers)
            answer = connection.getresponse()
            found = re.search(rb"<messageId>(\w+)</messageId>", answer.read())
            return answer.status, found.group(1).decode() if found else ""
        finally:
            connection.close()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    folder = tmp_path / "orders"
    wrap(str(ORDERS), folder, name="Orders")
    with EmbeddedServer(tmp_path / "store") as server:
        file = folder / "jmswrap.yaml"
        config = yaml.safe_load(file.read_text())
        config["store"] = {**config.get("store", {}), "url": server.url}
        file.write_text(yaml.safe_dump(config))
        (service,) = config["services"]
        log = tmp_path / "log"
        command = [sys.executable, "-m", "jmswrap", "serve", "-c", str(file), "--port", "0"]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            address = eventually(lambda: re.search(r"address=http://127\.0\.0\.1:(\d+)", log.read_text()), "the door")
            yield Door(int(address.group(1)), service, config["name"], process, server)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_SECONDS)


def test_every_receipt_outlives_a_killed_store(door: Door) -> None:
    """Callers go on while the store is killed: a receipt or a Server fault, and no receipt is lost."""
    receipts: list[str] = []
    statuses: set[int] = set()
    client = opening.client(door.server.url)
    with calling(door, receipts, statuses):
        eventually(lambda: len(receipts) > 200, "the first receipts")
        os.kill(int(client.info()["process_id"]), signal.SIGKILL)
        before = len(receipts)
        eventually(lambda: len(receipts) > before + 200, "receipts after the store came back")

    assert statuses <= {200, 503}
    store = Store(client, door.prefix)
    assert sum(store.record(message_id) is not None for message_id in receipts) == len(receipts)
    client.close()


@contextmanager
def calling(door: Door, receipts: list[str], statuses: set[int]) -> Iterator[None]:
    """Let callers send orders until the block ends, and note what they get."""
    enough = threading.Event()

    def call(number: int) -> None:
        while not enough.is_set():
            status, message_id = door.place(number)
            statuses.add(status)
            if message_id:
                receipts.append(message_id)
            number += CALLERS

    callers = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        yield
    finally:
        enough.set()
        for caller in callers:
            caller.join(PATIENCE_SECONDS)
