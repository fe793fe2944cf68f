"""Encryption as an operator meets it: ``check``, ``rekey``, ``show``, and a worker without the key."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jmswrap.contract.wrap import wrap
from jmswrap.store import keys, opening
from jmswrap.store.server import EmbeddedServer

ORDERS = Path(__file__).parents[2] / "data" / "partner" / "orders.wsdl"
Run = Callable[..., subprocess.CompletedProcess[str]]


def named(*names: str) -> list[dict[str, str]]:
    return [{"id": name, "secret": f"file:{name}.secret"} for name in names]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wrap(str(ORDERS), tmp_path / "orders")
    for name in ("k1", "k2"):
        (tmp_path / "orders" / f"{name}.secret").write_text(name * 20 + "\n")
    return tmp_path / "orders"


@pytest.fixture
def jmswrap(folder: Path, store_server: EmbeddedServer) -> Run:
    prefix = f"sealed-{folder.parent.name}"

    def run(encryption_keys: list[dict[str, str]], *words: object) -> subprocess.CompletedProcess[str]:
        settings: dict[str, Any] = {"url": store_server.url, "prefix": prefix}
        settings["encryption"] = {"keys": encryption_keys}
        overrides = json.dumps({"store": settings, "workers": {"pool": prefix}})
        environment = {**os.environ, "JMSWRAP_CONFIG": str(folder), "JMSWRAP_OVERRIDES": overrides}
        command = [sys.executable, "-m", "jmswrap", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)

    return run


def test_a_key_is_rotated_and_the_old_one_removed(jmswrap: Run, folder: Path, store_server: EmbeddedServer) -> None:
    sent = jmswrap(named("k1"), "send", "--json", "Orders", folder / "samples" / "Place.xml")
    message = json.loads(sent.stdout)[0]["message_id"]
    with opening.client(store_server.url) as client:
        assert b"urn:example" not in client.get(keys.body(f"sealed-{folder.parent.name}", message))  # type: ignore[operator]
    closed = json.loads(jmswrap(named("k2"), "show", "--json", "--body", message).stdout)
    assert closed["body"] is None
    assert "key k1, which is not here" in closed["unopened"]
    too_early = jmswrap(named("k2"), "rekey")
    assert too_early.returncode == 1
    assert "1 message is still under key k1, which is not in store.encryption.keys" in too_early.stderr
    done = jmswrap(named("k2", "k1"), "rekey", "--json")
    assert (done.returncode, json.loads(done.stdout)["in_store"]) == (0, 1)
    shown = json.loads(jmswrap(named("k2"), "show", "--json", "--body", message).stdout)
    assert "urn:example:orders" in shown["body"]


def test_check_tells_of_secrets_that_are_not_there_and_never_tells_one(jmswrap: Run) -> None:
    wrong = [*named("k9"), {"id": "k9", "secret": "hunter2-hunter2"}]
    done = jmswrap(wrong, "check")
    assert done.returncode == 1
    assert "`store.encryption.keys[2].secret` must be a reference" in done.stderr
    assert "two keys are named `k9`" in done.stderr
    assert "hunter2" not in done.stderr
    missing = jmswrap(named("k9"), "check")
    assert missing.returncode == 1
    assert "There is no secret at `file:k9.secret`" in missing.stderr
    assert jmswrap(named("k1"), "check").returncode == 0
