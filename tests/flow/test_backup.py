"""Backup, restore and ``up --restored`` as an operator does them: real processes, a partner's own ledger."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
import zeep
from machine import Up, alive, descendants, eventually, up

from jmswrap.contract.wrap import wrap
from jmswrap.states import State
from jmswrap.store import opening
from jmswrap.store.server import EmbeddedServer
from jmswrap.testing.ledger import entries

ORDERS = Path(__file__).parents[1] / "data" / "partner" / "orders.wsdl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wrap(str(ORDERS), tmp_path / "orders")
    file = tmp_path / "orders" / "jmswrap.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["history"] = {"after_seconds": 3600}
    file.write_text(yaml.safe_dump(settings))
    return tmp_path / "orders"


def run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jmswrap", *map(str, words), "-c", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def said(folder: Path, *words: object) -> str:
    done = run(folder, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def place(running: Up, *numbers: str) -> list[str]:
    client = zeep.Client(running.facts["services"]["Orders"]["wsdl"])
    return [client.service.Place(number=number, quantity=1).messageId for number in numbers]


def states(running: Up) -> dict[str, str]:
    return {row["id"]: row["state"] for row in running.jmswrap("messages")}


def all_are(running: Up, state: State, count: int) -> bool:
    return Counter(states(running).values())[state] == count


def test_nothing_is_delivered_twice_without_a_person_or_a_mark(folder: Path, tmp_path: Path) -> None:
    data, backup = folder / "data", tmp_path / "backup"
    with up(folder, "--simulate", "--workers", 1) as first:
        said(folder, "pause", "-q", "Orders")
        old = place(first, "A-1", "A-2", "A-3", "A-4")
        assert "4 messages in the store" in said(folder, "backup", backup)
        said(folder, "resume", "-q", "Orders")
        place(first, "B-1")
        eventually(lambda: all_are(first, State.DELIVERED, 5), "all to be delivered")
        ledger = Path(first.facts["partners"]["Orders"]["ledger"])
        assert len(entries(ledger)) == 5
        below = descendants(first.process.pid)
        first.process.kill()
        first.process.wait()
        # They end with it, each by itself: none may write beside the restored ones.
        eventually(lambda: not any(map(alive, below)), "its processes to end")
    shutil.move(data, tmp_path / "gone")
    assert f"next: jmswrap up -c {folder / 'jmswrap.yaml'} --restored" in said(folder, "restore", backup)
    assert (data.stat().st_mode | backup.stat().st_mode) & 0o077 == 0

    refused = run(folder, "up", "--port", 0)
    assert refused.returncode == 1
    assert "start it with `jmswrap up --restored`" in refused.stderr
    (data / "restored").rename(tmp_path / "mark")
    refused = run(folder, "up", "--port", 0)
    assert (refused.returncode, "or start `jmswrap up --restored`" in refused.stderr) == (1, True)
    (tmp_path / "mark").rename(data / "restored")

    with up(folder, "--simulate", "--workers", 1, "--restored") as second:
        assert "4 may have been delivered since" in second.log.read_text()
        assert states(second) == dict.fromkeys(old, "IN_DOUBT")
        (queue,) = second.jmswrap("queues")
        assert "restored from a backup" in queue["paused"]
        said(folder, "resolve", "--to", "DELIVERED", *old[:3])
        said(folder, "resolve", "--to", "QUEUED", old[3])
        assert second.jmswrap("show", old[3])["perhaps_sent"]
        new = place(second, "C-1")
        assert states(second)[old[3]] == "QUEUED"
        said(folder, "resume", "-q", "Orders")
        eventually(lambda: all_are(second, State.DELIVERED, 5), "all to be settled")
        assert len(entries(Path(second.facts["partners"]["Orders"]["ledger"]))) == 2
        assert second.stop() == 0

    with up(folder, "--simulate", "--workers", 1, "--restored") as third:
        assert "nothing to do" in third.log.read_text()
        assert states(third) == dict.fromkeys([*old, *new], "DELIVERED")
        assert not third.jmswrap("queues")[0]["paused"]


def test_a_backup_is_only_put_back_where_it_belongs(folder: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    with up(folder, "--workers", 1):
        made = json.loads(said(folder, "backup", "--json", backup))
        assert made["files"].keys() >= {"store.rdb"}
        again = run(folder, "backup", backup)
        assert (again.returncode, "is there already" in again.stderr) == (1, True)
        running = run(folder, "restore", backup)
        assert (running.returncode, "A store runs on" in running.stderr) == (1, True)
    held = run(folder, "restore", backup)
    assert (held.returncode, "holds a store already" in held.stderr) == (1, True)
    assert not (folder / "data" / "restored").exists()
    with (backup / "store.rdb").open("ab") as file:
        file.write(b"x")
    spoilt = run(folder, "restore", backup, "--data", tmp_path / "elsewhere")
    assert (spoilt.returncode, "is not what was backed up" in spoilt.stderr) == (1, True)
    none = run(folder, "restore", tmp_path / "elsewhere")
    assert (none.returncode, "is no backup" in none.stderr) == (1, True)


def snapshot(url: str, to: Path) -> None:
    """Make a snapshot as `valkey-cli --rdb` does on another machine: nothing in it says that it is a copy."""
    with opening.client(url) as client:
        client.save()
        place = client.config_get("dir", "dbfilename")
        shutil.copyfile(Path(place["dir"], place["dbfilename"]), to)


def test_a_snapshot_made_by_other_means_is_a_backup_and_nothing_starts_on_it_before_it_is_dealt_with(
    folder: Path, tmp_path: Path
) -> None:
    sample, data, backup = next((folder / "samples").glob("*.xml")), folder / "data", tmp_path / "backup"
    with EmbeddedServer(data) as first:
        said(folder, "send", "Orders", sample)
        snapshot(first.url, tmp_path / "dump.rdb")
        assert "backup made by other means" in said(folder, "backup", "--rdb", tmp_path / "dump.rdb", backup)
    shutil.move(data, tmp_path / "gone")
    said(folder, "restore", backup)
    with EmbeddedServer(data):
        for words in (("serve", "--port", 0), ("work", "--burst")):
            refused = run(folder, *words)
            assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
            assert "run `jmswrap restored`, then start this again" in refused.stderr
        assert "1 may have been delivered since" in said(folder, "restored")
        run(folder, "work", "--burst").check_returncode()
        (one,) = json.loads(said(folder, "messages", "--json"))
        assert one["state"] == State.IN_DOUBT
