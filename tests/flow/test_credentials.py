"""A worker that calls a partner which asks who calls; the secrets stay where they are."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from machine import eventually, up

from jmswrap import clock
from jmswrap.message import Message
from jmswrap.states import State
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store
from jmswrap.store.wakeup import Bell
from jmswrap.testing.ledger import entries

ROOT = Path(__file__).parents[2]
WSDL = ROOT / "tests/data/partner/orders.wsdl"
PLACE = '<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'
SECRET = "hunter2-and-more"


@contextmanager
def running(folder: Path, *words: str, log: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SHOP_PASSWORD": SECRET}
    with (folder / log).open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "jmswrap", *words],
            env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=written, text=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=60)


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while lines[-1] not in ("", "}\n"):
        lines.append(process.stdout.readline())
    return str(json.loads("".join(lines))["address"])


@pytest.mark.parametrize("digest", [False, True])
def test_a_message_is_delivered_with_credentials_and_the_secret_is_nowhere(
    store: Store, store_server: EmbeddedServer, tmp_path: Path, digest: bool
) -> None:
    user = "{username: us, password: 'env:SHOP_PASSWORD'}"
    (tmp_path / "scenario.yaml").write_text(f"authentication: {{basic: {user}, username_token: {user}}}")
    (tmp_path / "orders.wsdl").write_bytes(WSDL.read_bytes())
    token = user.replace("}", f", digest: {str(digest).lower()}}}")
    words = ("simulate", "orders.wsdl", "--scenario", "scenario.yaml", "--ledger", "ledger", "--json")
    with running(tmp_path, *words, log="partner.log") as partner:
        (tmp_path / "jmswrap.yaml").write_text(
            f"""jmswrap: 1
name: orders
store: {{url: "{store_server.url}", prefix: {store.prefix}}}
workers: {{pool: "pool-{store.prefix}", linger_seconds: 0.2}}
partners:
  shop:
    wsdl: orders.wsdl
    address: "{address_of(partner)}"
    security: {{basic: {user}, username_token: {token}, timestamp: {{}}}}
routes:
  place: {{from: {{queue: orders}}, to: {{partner: shop, operation: Place}}, order: none}}
"""
        )
        message = Message(clock.new_id(), "orders", "place", PLACE.encode())
        store.accept([message])
        with running(tmp_path, "work", log="worker.log"):
            Bell(store.client, f"pool-{store.prefix}").ring("orders")
            eventually(
                lambda: (found := store.record(message.id)) is not None and found.state is State.DELIVERED, "a delivery"
            )
    kept = b"".join(store.client.dump(key) or b"" for key in store.client.scan_iter(f"{store.prefix}*"))
    said = (tmp_path / "worker.log").read_bytes() + (tmp_path / "partner.log").read_bytes()
    assert SECRET.encode() not in kept + said
    assert SECRET not in repr((store.record(message.id), store.attempts(message.id)))


def test_a_simulated_partner_is_shown_no_secret_so_none_is_needed(tmp_path: Path) -> None:
    (tmp_path / "orders.wsdl").write_bytes(WSDL.read_bytes())
    (tmp_path / "jmswrap.yaml").write_text(
        """jmswrap: 1
name: orders
partners:
  shop:
    wsdl: orders.wsdl
    address: "https://shop.example/"
    security: {oauth: {token_url: "https://login.example/", client_id: us, client_secret: "env:JMSWRAP_TEST_NOWHERE"}}
    http_headers: {X-Api-Key: "env:JMSWRAP_TEST_NOWHERE"}
routes:
  place: {from: {queue: orders}, to: {partner: shop, operation: Place}, order: none}
"""
    )
    (tmp_path / "one.xml").write_text(
        '<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'
    )
    with up(tmp_path, "--simulate", "--workers", "1") as here:
        here.jmswrap("send", "place", tmp_path / "one.xml")
        ledger = Path(here.facts["partners"]["shop"]["ledger"])
        eventually(lambda: entries(ledger) or None, "a delivery")
        assert here.stop() == 0
