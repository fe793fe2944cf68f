import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zeep
from machine import PATIENCE_SECONDS, Up, alive, descendants, eventually, up

from jmswrap.contract.wrap import wrap
from jmswrap.testing.ledger import entries

ROOT = Path(__file__).parents[2]
ORDERS = Path(__file__).parents[1] / "data" / "partner" / "orders.wsdl"


def delivered(running: Up, count: int) -> bool:
    states = [row["state"] for row in running.jmswrap("messages")]
    return len(states) == count and set(states) == {"DELIVERED"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up") / "orders"
    wrap(str(ORDERS), folder)
    with up(folder, "--simulate", "--workers", 1) as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wrap(str(ORDERS), tmp_path / "orders")
    return tmp_path / "orders"


def test_a_typed_client_gets_a_receipt_and_the_partner_the_message(running):
    client = zeep.Client(running.facts["services"]["Orders"]["wsdl"])
    receipt = client.service.Place(number="A-17", quantity=3)
    assert receipt.status == "ACCEPTED"
    ledger = Path(running.facts["partners"]["Orders"]["ledger"])
    (entry,) = eventually(lambda: entries(ledger) or None, "the message at the partner")
    assert (entry.operation, entry.element) == ("Place", "{urn:example:orders}Place")
    eventually(lambda: delivered(running, 1), "the message to be settled")
    shown = running.jmswrap("show", "--body", receipt.messageId)
    assert shown["state"] == "DELIVERED"
    assert "A-17" in shown["body"]
    (attempt,) = shown["attempts"]
    assert attempt["http_status"] == 200


def test_what_dies_is_started_again_and_goes_on(running):
    address = running.facts["services"]["Orders"]["wsdl"]
    for child in ("gateway", "worker-1", "partners"):
        os.kill(running.facts["children"][child], signal.SIGKILL)

    def called() -> str | None:
        try:
            return str(zeep.Client(address).service.Place(number="B-1", quantity=1).messageId)
        except OSError:
            return None

    message = eventually(called, "the gateway to answer again")
    eventually(lambda: running.jmswrap("show", message)["state"] == "DELIVERED", "the delivery")
    assert running.log.read_text().count("child-ended") >= 3


def test_a_second_up_on_the_same_folder_is_refused_with_one_sentence(running):
    command = [sys.executable, "-m", "jmswrap", "up", "-c", str(running.folder), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Another jmswrap uses the data folder" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_when_it_ends_no_process_is_left(folder, number):
    with up(folder, "--simulate", "--workers", 1) as started:
        below = descendants(started.process.pid)
        assert len(below) >= 5
        started.process.send_signal(number)
        assert started.process.wait(PATIENCE_SECONDS) == (-9 if number == signal.SIGKILL else 0)
        eventually(lambda: not any(alive(pid) for pid in below), "the processes to end")
        assert (folder / "ready.json").exists() == (number == signal.SIGKILL)


def test_what_was_accepted_is_there_after_a_kill(folder):
    with up(folder, "--workers", 1) as started:
        client = zeep.Client(started.facts["services"]["Orders"]["wsdl"])
        message = client.service.Place(number="C-1", quantity=1).messageId
        started.process.kill()
        started.process.wait()
    with up(folder, "--simulate", "--workers", 1) as again:
        eventually(lambda: again.jmswrap("show", message)["state"] == "DELIVERED", "the delivery")


def test_a_port_that_is_taken_is_one_sentence(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "jmswrap", "up", "-c", str(folder), "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert "cannot listen on 127.0.0.1 port" in done.stderr


def test_a_simulated_partner_that_is_killed_comes_back_on_its_port_which_nobody_else_gets(folder):
    with up(folder, "--simulate") as running:
        (partner,) = running.facts["partners"].values()
        place = urlsplit(partner["address"])
        os.kill(running.facts["children"]["partners"], signal.SIGKILL)
        eventually(lambda: "name=partners" in running.log.read_text(), "the end of the partner")
        with pytest.raises(OSError, match="in use"):
            socket.create_server((str(place.hostname), place.port))
        with urllib.request.urlopen(partner["address"], timeout=30) as answer:
            assert b"simulated partner" in answer.read()


def test_a_store_that_cannot_be_reached_ends_up_with_the_reason(folder):
    with socket.socket() as closed:
        # Nobody listens there, and nobody else gets it.
        closed.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{closed.getsockname()[1]}"
        done = _up_on(folder, address)
    assert done.returncode == 1
    assert "The store cannot be reached" in done.stderr
    assert done.stderr.splitlines()[-1].endswith("does not stay up: the lines above say why.")


def _up_on(folder: Path, address: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "JMSWRAP_OVERRIDES": json.dumps({"store": {"url": address}})}
    command = [sys.executable, "-m", "jmswrap", "up", "-c", str(folder), "--port", "0"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)


def test_the_address_is_on_loopback(running):
    assert urlsplit(running.facts["gateway"]).hostname == "127.0.0.1"


def test_a_typed_services_module_may_stand_beside_the_settings_and_the_store_elsewhere(tmp_path, monkeypatch):
    folder = shutil.copytree(ROOT / "examples" / "typed_service", tmp_path / "typed")
    with up(folder, "--workers", 1, "--data", tmp_path / "elsewhere") as started:
        said = started.log.read_text().partition("First: export ")[2]
        monkeypatch.setenv(*shlex.split(said.splitlines()[0])[0].split("=", 1))
        request = urllib.request.Request(
            started.facts["services"]["MeterReadings"]["address"],
            (folder / "reading.xml").read_bytes(),
            {"Content-Type": "text/xml"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert b"ACCEPTED" in answer.read()
        eventually(lambda: started.jmswrap("messages", "-q", "billing"), "the reading on the next queue")
