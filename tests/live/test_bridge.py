"""The bridge against a real ActiveMQ: both ways, broken off at every moment."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import activemq
import machine
import pytest
import trustme
from activemq import PASSWORD, USERNAME, ActiveMQ, Frame

from jmswrap import queues
from jmswrap.app.health import examine
from jmswrap.app.integration import load
from jmswrap.message import Record
from jmswrap.states import State
from jmswrap.store.nouns import Limits
from jmswrap.store.opening import client
from jmswrap.store.server import EmbeddedServer
from jmswrap.store.store import Store

pytest.importorskip("stomp", reason="stomp.py is not installed: pip install 'jmswrap[stomp]'")

PATIENCE_SECONDS = 90.0
MANY = 500


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ActiveMQ]:
    with activemq.serving(tmp_path_factory.mktemp("activemq")) as running:
        yield running


class Site:
    """An integration with a bridge, and the bridge's process."""

    def __init__(self, folder: Path, server: EmbeddedServer, port: int, **bridge: Any) -> None:
        self.folder, self.prefix = folder, f"bridge-{folder.name}"
        self.port = port
        self.store = Store(client(server.url), self.prefix, Limits(lease_ms=2000))
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(**bridge)

    def configure(self, **bridge: Any) -> None:
        config = {
            "jmswrap": 1,
            "name": "site",
            "store": {"url": self._server.url, "prefix": self.prefix, "lease_seconds": 2},
            "workers": {"pool": self.prefix},
            "history": {"url": "none"},
            "routes": {"on": {"from": {"queue": "onward"}, "key": {"xpath": "/o/@k"}, "to": {"queue": "end"}}},
            "bridges": {
                "plant": {
                    "host": "127.0.0.1",
                    "port": self.port,
                    "username": USERNAME,
                    "password": "env:BROKER_PASSWORD",
                    "heartbeat_seconds": 2,
                    "receipt_seconds": 5,
                    **bridge,
                }
            },
        }
        (self.folder / "jmswrap.yaml").write_text(json.dumps(config))

    def start(self) -> "Site":
        command = [sys.executable, "-m", "jmswrap", "bridge", "-c", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            environment = {**os.environ, "BROKER_PASSWORD": PASSWORD}
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        return self

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            assert self._process.wait(PATIENCE_SECONDS) == 0, self.log
        finally:
            self._process.kill()

    def count(self, queue: str, state: State) -> int:
        return next((s.counts.get(state, 0) for s in self.store.queues() if s.name == queue), 0)

    def until(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < deadline, f"in vain waited for {what}\n{self.log[-6000:]}"
            time.sleep(0.05)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def records(self, queue: str) -> list[Record]:
        return self.store.messages(queue, limit=10_000, newest_first=False)

    def put(self, queue: str, count: int, keys: int = 0) -> list[str]:
        with queues.connect(self.folder) as site:
            return [
                site.put(
                    queue, f"<o n='{n}'/>", key=f"k{n % keys}" if keys else "", properties={"n": str(n)}
                ).message_id
                for n in range(count)
            ]


@pytest.fixture
def site(tmp_path: Path, store_server: EmbeddedServer, broker: ActiveMQ) -> Iterator[Site]:
    made = Site(tmp_path, store_server, broker.port)
    yield made
    made.stop()
    made.store.client.close()


def incoming(site: Site, **said: Any) -> dict[str, Any]:
    return {"destination": f"/queue/OPEN.{site.prefix}.IN", "queue": "inbox", **said}


def outgoing(site: Site, **said: Any) -> dict[str, Any]:
    return {"destination": f"/queue/OPEN.{site.prefix}.OUT", "queue": "outbox", **said}


def bodies(count: int) -> list[bytes]:
    return [b"<o n='%d'/>" % n for n in range(count)]


def sent_ids(frames: list[Frame]) -> Counter[str]:
    return Counter(headers["JMSWRAP_MessageID"] for _, headers, _ in frames)


def test_what_a_jms_client_sends_is_put_with_its_header_fields(site: Site, broker: ActiveMQ) -> None:
    site.configure(**{"from": [incoming(site)]})
    expires = str(time.time_ns() // 1_000_000 + 600_000)
    with broker.client() as other:
        said = {"correlation_id": "c:1", "type": "Order", "priority": "7", "reply_to": "/queue/R", "expires": expires}
        other.put(incoming(site)["destination"], [b"<o>\xc3\xa9</o>"], JMSWRAP_Key="g", colour="red: dark", **said)
    site.start()
    site.until(lambda: site.count("inbox", State.QUEUED) == 1, "the message")
    with queues.connect(site.folder) as mine:
        message = mine.receive("inbox")
        assert message is not None
        assert message.body == "<o>é</o>".encode()
        assert (message.key, message.correlation_id, message.type) == ("g", "c:1", "Order")
        assert (message.priority, message.reply_to, message.source_id[:3]) == (7, "/queue/R", "ID:")
        assert abs(message.expires_ms - int(expires)) < 5_000
        assert message.properties == {"colour": "red: dark", "identity": "0", "JMSWRAP_Key": "g"}
        message.done()


def test_what_is_put_reaches_a_jms_client_with_its_header_fields(site: Site, broker: ActiveMQ) -> None:
    site.configure(to=[outgoing(site)])
    with queues.connect(site.folder) as mine:
        put = mine.put(
            "outbox",
            "<o>é</o>",
            key="g",
            correlation_id="c:1",
            type="Order",
            priority=7,
            reply_to="/queue/R",
            time_to_live_ms=600_000,
            properties={"colour": "red: dark", "destination": "/queue/ELSEWHERE", "wei rd": "x"},
        )
    site.start()
    site.until(lambda: site.count("outbox", State.DELIVERED) == 1, "the delivery")
    with broker.client() as other:
        ((_, said, body),) = other.take(outgoing(site)["destination"])
    assert body == "<o>é</o>".encode()
    record = site.store.record(put.message_id)
    assert record is not None
    expected = {"correlation-id": "c:1", "type": "Order", "priority": "7", "reply-to": "/queue/R", "JMSWRAP_Key": "g"}
    expected |= {"persistent": "true", "colour": "red: dark", "wei_rd": "x", "JMSWRAP_destination": "/queue/ELSEWHERE"}
    expected |= {"JMSWRAP_MessageID": put.message_id, "_AMQ_DUPL_ID": put.message_id, "JMSWRAP_Redelivered": "false"}
    expected |= {"JMSWRAP_DeliveryCount": "1", "expires": str(record.expires_ms)}
    assert {name: value for name, value in said.items() if name in expected} == expected
    (attempt,) = site.store.attempts(put.message_id)
    assert (attempt.outcome, attempt.target) == ("taken", outgoing(site)["destination"])


def test_a_queue_that_a_route_reads_is_put_on_as_the_route_says(site: Site, broker: ActiveMQ) -> None:
    site.configure(**{"from": [incoming(site, queue="onward", id_header="number")]})
    with broker.client() as other:
        other.put(incoming(site)["destination"], [b"<o k='7'/>"], number="n-1")
        other.put(incoming(site)["destination"], [b"<o k='7'/>"], number="n-1")
    site.start()
    site.until(lambda: site.store.totals("onward", today()).get("duplicate") == 1, "the repetition")
    (record,) = site.records("onward")
    assert (record.message.route, record.message.key, record.message.source_id) == ("on", "7", "n-1")


def today() -> str:
    return time.strftime("%Y%m%d", time.gmtime())


def test_what_is_no_xml_goes_to_the_brokers_dead_letters_and_the_others_go_on(site: Site, broker: ActiveMQ) -> None:
    site.configure(**{"from": [incoming(site)]})
    site.start()
    with broker.client() as other:
        other.put(incoming(site)["destination"], [b"no xml", b"<o/>"])
        site.until(lambda: site.count("inbox", State.QUEUED) == 1, "the one that is XML")
        site.until(lambda: "well-formed" in site.log, "the reason")
        dead = other.take("/queue/ActiveMQ.DLQ", quiet_seconds=5, most=1)
    assert [body for _, _, body in dead] == [b"no xml"]


def test_order_per_key_is_kept_in_both_directions(site: Site, broker: ActiveMQ) -> None:
    site.configure(**{"from": [incoming(site)], "to": [outgoing(site, batch=7)]})
    with broker.client() as other:
        other.put(incoming(site)["destination"], bodies(60), JMSWRAP_Key="one")
    site.put("outbox", 60, keys=3)
    site.start()
    site.until(lambda: site.count("inbox", State.QUEUED) == 60, "what comes")
    site.until(lambda: site.count("outbox", State.DELIVERED) == 60, "what goes")
    with queues.connect(site.folder) as mine:
        numbers = []
        for message in mine.take("inbox"):
            numbers.append(int(message.properties["identity"]))
            message.done()
    assert numbers == list(range(60))
    with broker.client() as other:
        frames = other.take(outgoing(site)["destination"], most=60)
    for key in ("k0", "k1", "k2"):
        of_key = [int(said["n"]) for _, said, _ in frames if said["JMSWRAP_Key"] == key]
        assert of_key == sorted(of_key)


def test_nothing_from_the_broker_is_lost_or_doubled_by_kills(site: Site, broker: ActiveMQ) -> None:
    site.configure(**{"from": [incoming(site)]})
    with broker.client() as other:
        other.put(incoming(site)["destination"], bodies(MANY))
    for reached in (1, 100, 200, 300, 400):
        site.start()
        site.until(lambda reached=reached: site.count("inbox", State.QUEUED) >= reached, f"{reached} messages")  # type: ignore[misc]
        site.kill()
    site.start()
    with broker.client() as other:
        other.put(incoming(site)["destination"], {"last": b"<last/>"})
    site.until(lambda: site.records("inbox")[-1].message.properties["identity"] == "last", "the last one")
    found = Counter(record.message.properties["identity"] for record in site.records("inbox"))
    assert found == Counter([*map(str, range(MANY)), "last"])
    site.stop()
    with broker.client() as other:
        assert other.take(incoming(site)["destination"], quiet_seconds=1) == []


def test_nothing_to_the_broker_is_lost_by_kills_and_repetitions_are_marked(site: Site, broker: ActiveMQ) -> None:
    site.configure(to=[outgoing(site, batch=20)])
    put = site.put("outbox", MANY)
    for reached in (1, 100, 200, 300, 400):
        site.start()
        site.until(lambda reached=reached: site.count("outbox", State.DELIVERED) >= reached, f"{reached} delivered")  # type: ignore[misc]
        site.kill()
    site.start()
    site.until(lambda: site.count("outbox", State.DELIVERED) == MANY, "all")
    with broker.client() as other:
        frames = other.take(outgoing(site)["destination"])
    ids = sent_ids(frames)
    assert set(ids) == set(put)
    first: set[str] = set()
    for _, said, _ in frames:
        assert said["JMSWRAP_Redelivered"] == "true" or said["JMSWRAP_MessageID"] not in first
        first.add(said["JMSWRAP_MessageID"])


class Cut:
    """Between bridge and broker: passes everything on, until a word goes by in one direction."""

    def __init__(self, to: int) -> None:
        self._to = to
        self.word, self.upward = b"", False
        self.met = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = [self._listener]
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(("127.0.0.1", self._to))
                self._open += [here, there]
                for one, other, upward in ((here, there, True), (there, here, False)):
                    threading.Thread(target=self._pass, args=(one, other, upward), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, upward: bool) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                if self.word and upward == self.upward and self.word in data:
                    self.met.set()
                    return  # nothing more goes this way, and nobody is told
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def cut(broker: ActiveMQ) -> Iterator[Cut]:
    made = Cut(broker.port)
    yield made
    made.close()


def test_what_was_accepted_and_not_acknowledged_comes_again_and_is_a_duplicate(
    site: Site, broker: ActiveMQ, cut: Cut
) -> None:
    site.port, cut.word, cut.upward = cut.port, b"ACK\n", True
    site.configure(**{"from": [incoming(site)]})
    with broker.client() as other:
        other.put(incoming(site)["destination"], bodies(50))
    site.start()
    assert cut.met.wait(PATIENCE_SECONDS)
    site.until(lambda: site.count("inbox", State.QUEUED) >= 1, "the first ones")
    before = site.count("inbox", State.QUEUED)
    site.kill()
    cut.word = b""
    site.start()
    site.until(lambda: site.store.totals("inbox", today()).get("duplicate", 0) >= before, "the repetitions")
    site.until(lambda: site.count("inbox", State.QUEUED) == 50, "the others")


def test_what_was_committed_and_not_confirmed_is_sent_again_with_its_id_and_a_mark(
    site: Site, broker: ActiveMQ, cut: Cut
) -> None:
    site.port, cut.word = cut.port, b"RECEIPT\n"
    site.configure(to=[outgoing(site)])
    put = site.put("outbox", 10)
    site.start()
    assert cut.met.wait(PATIENCE_SECONDS)
    site.kill()
    cut.word = b""
    site.start()
    site.until(lambda: site.count("outbox", State.DELIVERED) == 10, "the second sending")
    with broker.client() as other:
        frames = other.take(outgoing(site)["destination"])
    assert sent_ids(frames) == Counter(put * 2)
    assert Counter(said["JMSWRAP_Redelivered"] for _, said, _ in frames) == {"false": 10, "true": 10}
    assert {attempt.outcome for attempt in site.store.attempts(put[0])} == {"LEASE_EXPIRED", "taken"}


def test_a_transaction_without_a_receipt_is_in_doubt_where_the_bridge_parks(
    site: Site, broker: ActiveMQ, cut: Cut
) -> None:
    site.port, cut.word = cut.port, b"RECEIPT\n"
    site.configure(to=[outgoing(site, in_doubt="park")])
    (put,) = site.put("outbox", 1)
    site.start()
    site.until(lambda: site.count("outbox", State.IN_DOUBT) == 1, "the doubt")
    (attempt,) = site.store.attempts(put)
    assert (attempt.outcome, "confirm" in attempt.sentence or "closed" in attempt.sentence) == ("no-receipt", True)
    with broker.client() as other:
        assert sent_ids(other.take(outgoing(site)["destination"])) == Counter([put])


def test_what_broke_off_before_the_commit_is_not_there_and_goes_back(site: Site, broker: ActiveMQ, cut: Cut) -> None:
    site.port, cut.word, cut.upward = cut.port, b"COMMIT\n", True
    site.configure(to=[outgoing(site)])
    put = site.put("outbox", 10)
    site.start()
    assert cut.met.wait(PATIENCE_SECONDS)
    site.kill()
    cut.word = b""
    site.start()
    site.until(lambda: site.count("outbox", State.DELIVERED) == 10, "the deliveries")
    with broker.client() as other:
        assert sent_ids(other.take(outgoing(site)["destination"])) == Counter(put)


def test_a_broker_that_refuses_one_message_gets_the_others(site: Site, broker: ActiveMQ) -> None:
    retry = {"waits_seconds": [0.2], "max_attempts": 2}
    site.configure(
        to=[outgoing(site), {"queue": "secret", "destination": "/queue/SECRET", "retry": retry}],
    )
    (refused,) = site.put("secret", 1)
    site.put("outbox", 3)
    site.start()
    site.until(lambda: site.count("secret", State.DEAD) == 1, "the refusal")
    site.until(lambda: site.count("outbox", State.DELIVERED) == 3, "the others")
    attempts = site.store.attempts(refused)
    assert [attempt.outcome for attempt in attempts] == ["broker-refused", "broker-refused"]
    assert "not authorized" in attempts[0].sentence


def bridge_findings(site: Site) -> list[str]:
    return [found.sentence for found in examine(load(site.folder)) if found.what == "bridge"]


def test_a_broker_that_is_away_is_told_and_waited_for(
    tmp_path: Path, store_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with activemq.serving(tmp_path_factory.mktemp("away")) as broker:
        site = Site(tmp_path, store_server, broker.port)
        site.configure(**{"from": [incoming(site)], "to": [outgoing(site)]})
        assert "no process runs it" in bridge_findings(site)[0]
        site.start()
        try:
            site.until(lambda: bridge_findings(site) == [], "both ends up")
            broker.stop()
            site.until(lambda: len(bridge_findings(site)) == 2, "both ends down")
            site.put("outbox", 5)
            assert site.count("outbox", State.DELIVERED) == 0
            told = subprocess.run(
                [sys.executable, "-m", "jmswrap", "queues", "-c", str(site.folder)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert "carries nothing" in told.stdout
            broker.start()
            site.until(lambda: site.count("outbox", State.DELIVERED) == 5, "what had waited")
            site.until(lambda: bridge_findings(site) == [], "both ends up again")
        finally:
            site.stop()
            site.store.client.close()
        assert "no process runs it" in bridge_findings(site)[0]


def test_up_runs_the_bridge_and_gives_back_at_once_what_a_killed_one_had(
    tmp_path: Path, broker: ActiveMQ, cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER_PASSWORD", PASSWORD)
    cut.word = b"RECEIPT\n"
    ends = f"to: [{{queue: outbox, destination: /queue/OPEN.{tmp_path.name}}}]"
    login = f"username: {USERNAME}, password: 'env:BROKER_PASSWORD'"
    (tmp_path / "jmswrap.yaml").write_text(
        "jmswrap: 1\nname: site\nhistory: {url: none}\nworkers: {processes: 1}\nroutes: {}\n"
        f"bridges:\n  plant: {{host: 127.0.0.1, port: {cut.port}, {login}, {ends}}}\n"
    )
    with machine.up(tmp_path) as running:
        with queues.connect(tmp_path) as mine:
            put = mine.put("outbox", "<o/>")
        assert cut.met.wait(PATIENCE_SECONDS)
        cut.word = b""
        os.kill(running.facts["children"]["bridge"], signal.SIGKILL)
        machine.eventually(
            lambda: running.jmswrap("show", put.message_id)["state"] == "DELIVERED" or None, "it again", 25
        )
    with broker.client() as other:
        frames = other.take(f"/queue/OPEN.{tmp_path.name}")
    assert [said["JMSWRAP_Redelivered"] for _, said, _ in frames] == ["false", "true"]
    assert "status=" in running.log.read_text()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the broker's key store")
def test_a_broker_is_spoken_to_over_tls_and_its_certificate_is_verified(
    tmp_path: Path, store_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority, folder = trustme.CA(), tmp_path_factory.mktemp("tls")
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "own.pem")
    words = ["openssl", "pkcs12", "-export", "-in", "own.pem", "-out", "own.p12", "-passout", "pass:changeit"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=60)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with activemq.serving(folder, folder / "own.p12") as broker:
        site = Site(tmp_path, store_server, broker.tls_port)
        site.configure(tls={"ca": "ca.pem"}, to=[outgoing(site)], **{"from": [incoming(site)]})
        site.put("outbox", 60)
        with broker.client() as other:
            other.put(incoming(site)["destination"], bodies(60))
        try:
            site.start()
            site.until(lambda: site.count("outbox", State.DELIVERED) == 60, "what goes")
            site.until(lambda: site.count("inbox", State.QUEUED) == 60, "what comes")
            site.stop()
            site.configure(tls={}, to=[outgoing(site)])
            site.start()
            site.until(lambda: any("not trusted" in said for said in bridge_findings(site)), "the distrust")
        finally:
            site.stop()
            site.store.client.close()
