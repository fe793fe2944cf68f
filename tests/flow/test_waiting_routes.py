"""Routes that wait for each other, with a real worker: nothing overtakes what it depends on."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from rogue import CONFIRMED, Rogue, request, rogue
from waiting import eventually

from jmswrap.app.connections import moving
from jmswrap.app.integration import load
from jmswrap.app.looking import looking
from jmswrap.app.sending import Sender
from jmswrap.message import Receipt
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120


def document(number: str, note: str) -> bytes:
    return (
        f'<Place xmlns="urn:example:orders"><number>{number}</number><quantity>1</quantity><note>{note}</note></Place>'
    ).encode()


def integration(folder: Path, store: Store, url: str, address: str) -> Path:
    shutil.copy(ROOT / "tests/data/partner/orders.wsdl", folder / "orders.wsdl")
    route = "retry: {waits_seconds: [0.2]}, key: {xpath: 'o:number'}"
    note = "key: {xpath: 'o:note'}"
    (folder / "jmswrap.yaml").write_text(
        f"""jmswrap: 1
name: orders
namespaces: {{o: "urn:example:orders"}}
store: {{url: "{url}", prefix: {store.prefix}}}
workers: {{pool: pool-{store.prefix}, linger_seconds: 0.2, processes: 1}}
partners:
  shop: {{wsdl: orders.wsdl, address: "{address}"}}
  register: {{wsdl: orders.wsdl, address: "{address}"}}
routes:
  door: {{from: {{queue: door}}, to: {{queue: orders}}, {route}}}
  orders: {{from: {{queue: orders}}, to: {{partner: shop}}, {route}, waits_for: [{{route: people, {note}}}]}}
  people: {{from: {{queue: people}}, to: {{partner: register}}, {route}, waits_for: [{{route: orders, {note}}}]}}
"""
    )
    return folder / "jmswrap.yaml"


def test_messages_go_after_those_they_wait_for_in_both_directions(
    store: Store, store_server: EmbeddedServer, tmp_path: Path
) -> None:
    open_for_people = tmp_path / "open"
    applied: list[str] = []

    def partner(connection: socket.socket, seen: Rogue) -> None:
        while body := request(connection, seen):
            number = body.partition(b"number>")[2].partition(b"<")[0].decode()
            away = number.startswith("P") and not open_for_people.exists()
            status, said = ("503 Service Unavailable", b"") if away else ("200 OK", CONFIRMED)
            if not away:
                applied.append(number)
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(said)}\r\n\r\n".encode() + said)

    with rogue(partner) as seen:
        file = integration(tmp_path, store, store_server.url, seen.address)
        loaded = load(file)

        def send(route: str, number: str, note: str) -> str:
            message = Sender(loaded, route).message(document(number, note), {})
            with moving(loaded) as moves:
                (receipt,) = moves.put([message])
            assert isinstance(receipt, Receipt)
            return message.id

        first = send("people", "P1", "")
        waiting = send("orders", "O1", "P1")
        send("people", "P2", "O1")
        send("orders", "O2", "P2")
        send("orders", "O9", "P9")
        environment = {**os.environ, "JMSWRAP_CONFIG": str(file), "PYTHONPATH": str(ROOT)}
        worker = subprocess.Popen([sys.executable, "-m", "jmswrap", "work"], env=environment, cwd=tmp_path)
        try:
            eventually(lambda: applied == ["O9"] and len(seen.requests) > 2, "the order that waits for nobody")
            send("door", "O3", "P2")
            with looking(loaded) as inspection:
                eventually(
                    lambda: any(one.name == "orders" and len(one.awaited) == 2 for one in inspection.queues()), "O3"
                )
                shown = inspection.message(waiting).waits_for
            assert shown.startswith(f"{first}, which came earlier for key P1 of queue people and is ")
            assert applied == ["O9"]
            open_for_people.touch()
            eventually(lambda: len(applied) == 6, "all of them")
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(PATIENCE_SECONDS)
    assert applied[:4] == ["O9", "P1", "O1", "P2"]
    assert sorted(applied[4:]) == ["O2", "O3"]
