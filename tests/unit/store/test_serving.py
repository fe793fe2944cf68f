"""server.py: the embedded server's life."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from waiting import eventually

from jmswrap.errors import StoreDown
from jmswrap.store.local import running_url
from jmswrap.store.server import EmbeddedServer, find_program

ORPHAN = """
import sys, time, pathlib
from jmswrap.store.server import EmbeddedServer
server = EmbeddedServer(pathlib.Path(sys.argv[1])).start()
print(server.pid, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] != "Z" if Path("/proc").exists() else True


def test_data_outlives_a_stop_and_a_start(tmp_path: Path) -> None:
    for number in range(2):
        with EmbeddedServer(tmp_path) as server:
            client = redis.Redis.from_url(server.url)
            assert client.incr("starts") == number + 1
            client.close()


def test_a_folder_that_it_makes_is_closed_to_other_users(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "new"):
        assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_it_listens_on_no_network_port(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        client = redis.Redis.from_url(server.url)
        assert client.config_get("port") == {"port": "0"}
        client.close()


def test_it_comes_back_at_the_same_address_when_it_is_killed(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        url, pid = server.url, server.pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: server.pid not in (None, pid), "another server")
        server.wait_ready(10)
        assert server.url == url


def test_it_comes_back_although_it_could_not_be_started_again_at_once(tmp_path: Path, caplog) -> None:
    with caplog.at_level("ERROR", logger="jmswrap.store.server"), EmbeddedServer(tmp_path) as server:
        pid = server.pid
        assert pid
        (tmp_path / "server.log").unlink()
        (tmp_path / "server.log").mkdir()  # where its words go, so it cannot be started
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: 'status="not started: Is a directory"' in caplog.text, "the line in the log")
        (tmp_path / "server.log").rmdir()
        server.wait_ready(20)
        assert server.pid not in (None, pid)


def test_two_servers_never_share_a_data_folder(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        assert running_url(tmp_path) == server.url
        with pytest.raises(StoreDown, match=r"another store\.data"):
            EmbeddedServer(tmp_path).start()
    assert running_url(tmp_path) is None


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 100)
    with EmbeddedServer(folder) as server:
        assert len(server.url) < 108
        assert running_url(folder) == server.url
        socket = Path(server.url.removeprefix("unix://"))
    assert not socket.parent.exists()
    with server:
        assert server.url == f"unix://{socket}", "whoever knew it finds it again"
    assert not socket.parent.exists()


def test_it_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN, str(tmp_path)], stdout=subprocess.PIPE)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    eventually(lambda: not alive(pid), "the end of the server")
    with EmbeddedServer(tmp_path):
        assert running_url(tmp_path)


def test_a_program_that_does_not_exist_is_named() -> None:
    with pytest.raises(StoreDown, match=r"store\.server names no-such-server"):
        find_program("no-such-server")


def test_a_server_that_cannot_start_says_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(StoreDown, match="sometimes"):
        EmbeddedServer(tmp_path, options={"appendfsync": "sometimes"}, start_seconds=3).start()
