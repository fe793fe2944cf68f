"""A gateway process on a real store, serving the orders contract: how tests start it and call it."""

import http.client
import itertools
import os
import ssl
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import redis
import yaml
from lxml import etree

from jmswrap import xml
from jmswrap.contract.derive import derive
from jmswrap.soap.server import MOST_GROWTH_BYTES
from jmswrap.store.store import Store
from tests.waiting import eventually

HERE = Path(__file__).parent
PARTNER = HERE.parents[1] / "data/partner/orders.wsdl"
ORDERS = "urn:example:orders"
FAULT = "urn:jmswrap:fault:1"
SETTINGS = """
jmswrap: 1
name: NAME
namespaces: {o: "urn:example:orders"}
services:
  Orders: {wsdl: Orders.wsdl}
routes:
  place:
    from: {service: Orders, operation: Place}
    to: {queue: placed}
    key: {xpath: "o:number"}
  tell:
    from: {service: Orders}
    to: {queue: told}
    order: none
"""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, taken apart."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def envelope(self) -> etree._Element:
        return etree.fromstring(self.body)

    @property
    def fault_code(self) -> str:
        """``Client``, ``Sender`` …; fails when the answer is not a fault in an envelope."""
        root = self.envelope
        namespace = etree.QName(root).namespace
        assert etree.QName(root).localname == "Envelope"
        if namespace == xml.SOAP_11:
            assert self.headers["content-type"].startswith("text/xml")
            code = root.findtext(f".//{{{namespace}}}Fault/faultcode")
        else:
            assert self.headers["content-type"].startswith("application/soap+xml")
            code = root.findtext(f".//{{{namespace}}}Fault/{{{namespace}}}Code/{{{namespace}}}Value")
        assert code is not None
        return code.rpartition(":")[2]

    @property
    def sentence(self) -> str:
        root = self.envelope
        return root.findtext(".//faultstring") or root.findtext(f".//{{{xml.SOAP_12}}}Text") or ""

    def detail(self, name: str) -> str:
        return self.envelope.findtext(f".//{{{FAULT}}}fault/{{{FAULT}}}{name}") or ""

    @property
    def receipt(self) -> dict[str, str]:
        root = self.envelope
        receipt = root.find(".//{urn:jmswrap:receipt:1}receipt")
        assert receipt is not None, self.body
        return {etree.QName(child).localname: child.text or "" for child in receipt}


@dataclass(frozen=True, slots=True)
class Orders:
    """The running gateway and its store."""

    port: int
    store: Store
    process: "subprocess.Popen[bytes]"
    log: Path
    tls: ssl.SSLContext | None = None
    """How a client speaks TLS with it; None: it does not."""

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        if self.tls is not None:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.tls)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def post(self, body: bytes, content_type: str | None = "text/xml; charset=utf-8", **headers: str) -> Reply:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type is not None:
            fields["Content-Type"] = content_type
        return self.request("POST", "/services/Orders", body, fields)

    def processes(self) -> list[int]:
        """The gateway's own processes, below the one that keeps them running; Linux says."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def queued(self) -> int:
        return sum(sum(queue.counts.values()) for queue in self.store.queues())


def envelope_11(body: str, header: str = "") -> bytes:
    inside = f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body>"
    return f'<s:Envelope xmlns:s="{xml.SOAP_11}">{inside}</s:Envelope>'.encode()


def envelope_12(body: str, header: str = "") -> bytes:
    return envelope_11(body, header).replace(xml.SOAP_11.encode(), xml.SOAP_12.encode())


def place(number: str = "A1", quantity: str = "3", note: str = "", attributes: str = "") -> str:
    noted = f"<note>{note}</note>" if note else ""
    return (
        f'<Place xmlns="{ORDERS}"{attributes}><number>{number}</number><quantity>{quantity}</quantity>{noted}</Place>'
    )


@dataclass(frozen=True, slots=True)
class Starts:
    """Starts gateways; ``stop`` ends those that still run."""

    folder: Path
    running: "list[subprocess.Popen[bytes]]"

    def orders(
        self,
        store_url: str,
        gateway: str = "{}",
        settings: str = SETTINGS,
        keep_alive_seconds: int = 75,
        most_growth_bytes: int = MOST_GROWTH_BYTES,
        partner: Path = PARTNER,
        tls: ssl.SSLContext | None = None,
    ) -> Orders:
        number = next(_numbers)
        name = f"door{os.getpid()}x{number}"
        folder = self.folder / name
        derive(partner, folder, "Orders")
        config = yaml.safe_load(settings.replace("NAME", name))
        config["gateway"] = {"port": 0, **yaml.safe_load(gateway)}
        (folder / "jmswrap.yaml").write_text(yaml.safe_dump(config))
        log, port_file = folder / "log", folder / "port"
        files = (folder / "jmswrap.yaml", folder, store_url, port_file, keep_alive_seconds, most_growth_bytes)
        arguments = [str(HERE / "serve_orders.py"), *map(str, files)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                stdout=output,
                stderr=output,
                env={
                    **os.environ,
                    "PYTHONPATH": f"{HERE.parents[2]}:{HERE.parents[2] / 'examples/typed_service'}:{HERE}",
                },
            )
        self.running.append(process)
        eventually(lambda: port_file.exists() or process.poll() is not None, "the gateway's start")
        assert process.poll() is None, log.read_text()
        store = Store(redis.Redis.from_url(store_url), name)
        orders = Orders(int(port_file.read_text()), store, process, log, tls)
        eventually(lambda: _alive(orders), "the gateway's first answer")
        return orders

    def stop(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(60)


def _alive(orders: Orders) -> bool:
    try:
        return orders.request("GET", "/health").status == 200
    except OSError:
        return False
