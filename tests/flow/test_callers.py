"""An integration that knows its callers, as a person runs it: TLS, permissions, who asks about what."""

import base64
import hashlib
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
import yaml
from lxml import etree
from machine import Up, up

from jmswrap.config.passwords import hashed
from jmswrap.contract.answers import NAMESPACE
from jmswrap.contract.wrap import wrap

ORDERS = Path(__file__).parents[1] / "data" / "partner" / "orders.wsdl"
ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'
PLACE = '<Place xmlns="urn:example:orders"><number>A1</number><quantity>3</quantity></Place>'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("callers") / "orders"
    wrap(str(ORDERS), folder)
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.private_key_pem.write_to_path(folder / "gate.key")
    issued.cert_chain_pems[0].write_to_path(folder / "gate.pem")
    config = yaml.safe_load((folder / "jmswrap.yaml").read_text())
    tls = {"certificate": "gate.pem", "key": "gate.key"}
    config["gateway"] = {"tls": tls, "security": {"accept": ["basic"], "open_pages": "none"}}
    config["clients"] = {
        "shop": {"password": hashed(b"one"), "operations": ["Orders.*"]},
        "till": {"password": hashed(b"two"), "operations": ["Orders.*"]},
    }
    (folder / "jmswrap.yaml").write_text(yaml.safe_dump(config))
    with up(folder, "--simulate", "--workers", 1) as started:
        yield started


def call(running: Up, body: str, username: str, password: str) -> etree._Element:
    address = running.facts["services"]["Orders"]["address"]
    assert address.startswith("https://")
    secret = base64.b64encode(f"{username}:{password}".encode()).decode()
    headers = {"Content-Type": "text/xml", "Authorization": f"Basic {secret}"}
    request = urllib.request.Request(address, ENVELOPE.format(body).encode(), headers)
    context = ssl.create_default_context(cafile=str(running.folder / "ca.pem"))
    try:
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            return etree.fromstring(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return etree.fromstring(error.read())


def asked(running: Up, message_id: str, username: str, password: str) -> etree._Element:
    question = f'<GetMessageStatus xmlns="{NAMESPACE}"><messageId>{message_id}</messageId></GetMessageStatus>'
    return call(running, question, username, password)


def test_up_sees_a_gateway_that_speaks_tls_and_shows_nothing_to_strangers(running: Up) -> None:
    context = ssl.create_default_context(cafile=str(running.folder / "ca.pem"))
    with pytest.raises(urllib.error.HTTPError, match="401") as refusal:
        urllib.request.urlopen(running.facts["services"]["Orders"]["wsdl"], context=context, timeout=30)
    refusal.value.close()


def test_show_tells_who_sent_a_message(running: Up) -> None:
    receipt = call(running, PLACE, "shop", "one")
    message_id = receipt.findtext(".//{*}messageId")
    assert message_id
    assert running.jmswrap("show", message_id)["properties"] == {"JMSXUserID": "shop"}


def test_a_wrong_password_queues_nothing(running: Up) -> None:
    before = len(running.jmswrap("messages"))
    assert call(running, PLACE, "shop", "two").findtext(".//faultcode") == "soap:Client"
    assert len(running.jmswrap("messages")) == before


def test_a_client_is_told_of_its_own_messages_only(running: Up) -> None:
    message_id = call(running, PLACE, "shop", "one").findtext(".//{*}messageId")
    assert message_id
    assert asked(running, message_id, "shop", "one").findtext(".//faultcode") is None
    assert "knows no message" in (asked(running, message_id, "till", "two").findtext(".//faultstring") or "")


def test_up_sees_a_gateway_that_wants_a_certificate_of_everybody(tmp_path: Path) -> None:
    made = wrap(str(ORDERS), tmp_path / "orders")
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(tmp_path / "orders/ca.pem")
    issued.private_key_pem.write_to_path(tmp_path / "orders/gate.key")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "orders/gate.pem")
    config = yaml.safe_load(made.settings.read_text())
    files = {"certificate": "gate.pem", "key": "gate.key", "client_ca": "ca.pem", "client_certificates": "required"}
    config["gateway"] = {"tls": files, "security": {"accept": ["certificate"]}}
    shop = authority.issue_cert(common_name="shop")
    print_of = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shop.cert_chain_pems[0].bytes().decode())).hexdigest()
    config["clients"] = {"shop": {"certificates": [f"sha256:{print_of}"], "operations": ["*"]}}
    made.settings.write_text(yaml.safe_dump(config))
    context = ssl.create_default_context(cafile=str(tmp_path / "orders/ca.pem"))
    shop.configure_cert(context)
    with up(made.folder, "--simulate", "--workers", 1) as running:
        address = running.facts["services"]["Orders"]["address"]
        request = urllib.request.Request(address, ENVELOPE.format(PLACE).encode(), {"Content-Type": "text/xml"})
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            assert b"receipt" in answer.read()
        stranger = ssl.create_default_context(cafile=str(tmp_path / "orders/ca.pem"))
        with pytest.raises((urllib.error.URLError, OSError)):
            urllib.request.urlopen(request, context=stranger, timeout=30)
