"""An integration with a service of every reply style, a partner that does as its orders say, raw SOAP calls."""

import http.client
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from lxml import etree

from jmswrap import xml
from jmswrap.app.republish import republish
from jmswrap.contract.derive import derive
from jmswrap.contract.schemas import Schemas

PARTNER = Path(__file__).parents[1] / "data/partner/orders.wsdl"
SOAP = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}
MEDIA = {"1.1": "text/xml; charset=utf-8", "1.2": "application/soap+xml; charset=utf-8"}
ORDERS = "urn:example:orders"
ANSWER = "urn:jmswrap:answer:1"
RECEIPT = "urn:jmswrap:receipt:1"
LONG_SECONDS, SHORT_SECONDS = 25, 3
"""How long a service waits for the partner's answer: longer than any machine takes, and so that a test sees the end."""
SERVICES = {
    "sync": ("sync", LONG_SECONDS),
    "hybrid": ("hybrid", LONG_SECONDS),
    "empty": ("empty", SHORT_SECONDS),
    "receipt": ("receipt", SHORT_SECONDS),
    "curt": ("sync", SHORT_SECONDS),
    "hasty": ("hybrid", SHORT_SECONDS),
}
"""Their reply styles by name."""


class Partner:
    """A partner: an order's number says what becomes of it, ``slow-…``, ``stock-…``, ``broken-…``."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        """Number and whole request, in the order they came."""
        self.hold = threading.Event()
        self.hold.set()
        partner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["content-length"])).decode()
                found = re.search(r"number>([^<]*)<", text)
                number = found[1] if found else ""
                partner.got.append((number, text))
                if number.startswith("slow"):
                    partner.hold.wait(60)
                status, body = partner.reply(number)
                declared = f'xmlns:e="{SOAP["1.1"]}" xmlns:xsi="{xml.XSI}" xmlns:xsd="{xml.XSD}"'
                envelope = f"<e:Envelope {declared}><e:Body>{body}</e:Body></e:Envelope>".encode()
                self.send_response(status)
                self.send_header("content-type", "text/xml")
                self.send_header("content-length", str(len(envelope)))
                self.end_headers()
                try:
                    self.wfile.write(envelope)
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                assert format

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reply(self, number: str) -> tuple[int, str]:
        if number.startswith("stock"):
            typed = f'<s:number xsi:type="xsd:string">{number}</s:number>'
            detail = f'<s:OutOfStock xmlns:s="{ORDERS}">{typed}</s:OutOfStock>'
            inside = f"<faultcode>e:Server</faultcode><faultstring>sold out</faultstring><detail>{detail}</detail>"
            return 500, f"<e:Fault>{inside}</e:Fault>"
        if number.startswith("broken"):
            return 500, "<e:Fault><faultcode>e:Server</faultcode><faultstring>database down</faultstring></e:Fault>"
        return 200, f'<PlaceResponse xmlns="{ORDERS}"><confirmation>C-{number}</confirmation></PlaceResponse>'

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"

    def close(self) -> None:
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()


def integration(folder: Path, partner: str, **more: Any) -> None:
    """Write an integration with a service of each style, some twice; each takes Place and Tell."""
    folder.mkdir()
    derive(PARTNER, folder / "contracts", "unused")
    routes: dict[str, Any] = {}
    for service, (style, seconds) in SERVICES.items():
        once = {} if style == "sync" else {"keep_answer_seconds": 600, "id": {"message_id": True}}
        told = {"retry": {"waits_seconds": [0.2], "max_attempts": 2}, "in_doubt": "redeliver", **once, **more}
        begins = {"service": service, "operation": "Place"}
        to = {"partner": "shop", "operation": "Place"}
        # Named by its own element: the contract is the partner's.
        answer = {"answer": style, "answer_seconds": seconds}
        routes[service] = {"from": begins, "to": to | {"operation": ""}, **answer, **told}
        routes[f"{service}-news"] = {
            "from": {"service": service, "operation": "Tell"},
            "to": {"partner": "shop"},
            "answer": "empty",
            "in_doubt": "redeliver",
        }
    config: dict[str, Any] = {
        "jmswrap": 1,
        "name": "answers",
        "services": {service: {"wsdl": f"wsdl/{service}.wsdl"} for service in SERVICES},
        "partners": {"shop": {"wsdl": "partner/orders.wsdl", "address": partner, "breaker_failures": 0}},
        "history": {"after_seconds": 0.3},
        "workers": {"processes": 1},
        "routes": routes,
    }
    for style in ("sync", "empty", "receipt"):
        config["services"][style]["callbacks"] = {"allow": ["127.0.0.1"], "private": ["127.0.0.0/8"]}
        config["services"][style]["callbacks"]["retry"] = {"waits_seconds": [0.2]}
    config["services"]["hybrid"]["callbacks"] = {"allow": ["127.0.0.1"]}
    (folder / "partner").mkdir()
    (folder / "partner/orders.wsdl").write_bytes(PARTNER.read_bytes())
    for service in SERVICES:
        derive(PARTNER, folder / "wsdl", service)
    (folder / "jmswrap.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    assert len(republish(folder)) == len(SERVICES)


@dataclass
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes
    seconds: float
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.body)

    def text(self, *names: str) -> str:
        """The text of the first element of this local name, below others."""
        path = "".join(f"//*[local-name()='{name}']" for name in names)
        found = self.root.xpath(f"string({path})")
        return str(found)

    @property
    def content(self) -> etree._Element:
        """The body's child."""
        return self.root.xpath("//*[local-name()='Body']/*")[0]  # type: ignore[index,return-value]


def call(port: int, service: str, body: str, header: str = "", version: str = "1.1", action: str = "") -> Reply:
    """POST an envelope."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    envelope = f'<s:Envelope xmlns:s="{SOAP[version]}">{head}<s:Body>{body}</s:Body></s:Envelope>'
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": MEDIA[version]}
    if version == "1.1":
        headers["SOAPAction"] = f'"{action}"'
    begun = time.monotonic()
    try:
        connection.request("POST", f"/services/{service}", envelope.encode(), headers)
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, answer.read(), time.monotonic() - begun, fields)
    finally:
        connection.close()


def place(number: str) -> str:
    return f'<Place xmlns="{ORDERS}"><number>{number}</number><quantity>1</quantity></Place>'


def ask(question: str, by: str, value: str) -> str:
    return f'<q:{question} xmlns:q="{ANSWER}"><q:{by}>{value}</q:{by}></q:{question}>'


def fits(folder: Path, service: str, reply: Reply) -> None:
    """Hold that a reply's body is what the published contract says."""
    content = reply.content
    Schemas.of(folder / f"wsdl/{service}.wsdl").validate(content, str(content.tag))
