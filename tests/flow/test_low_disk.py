"""The disk of the store's data folder runs full: callers get a fault, a person an alarm, nobody a false receipt."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
import zeep
from machine import Up, eventually, up
from zeep.exceptions import Fault

from jmswrap.contract.wrap import wrap

ORDERS = Path(__file__).parents[1] / "data" / "partner" / "orders.wsdl"
DISK_MIB, SPARE_MIB = 96, 24


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "jmswrap-test", str(disk)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("it needs the right to mount a small tmpfs")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], capture_output=True, check=True)


def level(running: Up) -> str:
    command = [sys.executable, "-m", "jmswrap", "health", "--json", "-c", str(running.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    found = json.loads(done.stdout)
    return str(found["level"]) + " ".join(cause["sentence"] for cause in found["causes"])


def test_a_nearly_full_disk_is_a_fault_to_callers_and_an_alarm_and_all_goes_on_once_there_is_room(
    tmp_path: Path, small_disk: Path
) -> None:
    wrap(str(ORDERS), tmp_path / "orders")
    file = tmp_path / "orders" / "jmswrap.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["store"] = {**settings.get("store", {}), "data": str(small_disk / "data")}
    file.write_text(yaml.safe_dump(settings))
    ballast, acknowledged = small_disk / "ballast", []
    with up(tmp_path / "orders", "--simulate", "--workers", 1) as running:
        service = zeep.Client(running.facts["services"]["Orders"]["wsdl"]).service
        acknowledged.append(service.Place(number="A-1", quantity=1).messageId)
        ballast.write_bytes(bytes((DISK_MIB - SPARE_MIB) * 2**20 - 2**20))
        refused: list[Fault] = []

        def no_room() -> bool:
            try:
                acknowledged.append(service.Place(number=f"B-{len(acknowledged)}", quantity=1).messageId)
            except Fault as fault:
                refused.append(fault)
            return bool(refused)

        eventually(no_room, "the gateway to see that the disk is nearly full")
        assert "nothing was queued; send it again later" in refused[0].message
        said = level(running)
        assert said.startswith("CRITICAL")
        assert "MiB free and needs" in said
        ballast.unlink()

        def room() -> bool:
            try:
                acknowledged.append(service.Place(number="C-1", quantity=1).messageId)
            except Fault:
                return False
            return True

        eventually(room, "the gateway to take messages again")

        def delivered() -> bool:
            rows = running.jmswrap("messages", "-s", "DELIVERED", "-n", 10_000)
            return {row["id"] for row in rows} == set(acknowledged)

        eventually(delivered, "all that was acknowledged, and nothing else, to be delivered")
        assert len(running.jmswrap("messages", "-n", 10_000)) == len(acknowledged)
