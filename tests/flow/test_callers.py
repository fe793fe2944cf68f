"""An integration that knows its callers, as a person runs it: TLS, permissions, who asks about what."""

import base64
import hashlib
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import trustme
import yaml
from lxml import etree
from machine import Up, eventually, up

from jmswrap import xml
from jmswrap.config.passwords import hashed
from jmswrap.contract.answers import NAMESPACE
from jmswrap.contract.wrap import wrap

ORDERS = Path(__file__).parents[1] / "data" / "partner" / "orders.wsdl"
ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>{}</s:Header><s:Body>{}</s:Body></s:Envelope>'
PASSWORDS = {"shop": "one", "till": "two", "desk": "three", "chief": "four"}
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
    config["routes"]["Orders"] |= {"keep_answer_seconds": 600}
    config["history"] = {"after_seconds": 1}
    config["clients"] = {
        "shop": {"password": hashed(b"one"), "operations": ["Orders.*"]},
        "till": {"password": hashed(b"two"), "operations": ["Orders.*"]},
        "desk": {"password": hashed(b"three"), "operations": ["Orders.*"], "messages_of": ["shop"]},
        "chief": {"password": hashed(b"four"), "operations": ["Orders.*"], "messages_of": ["*"]},
    }
    (folder / "jmswrap.yaml").write_text(yaml.safe_dump(config))
    with up(folder, "--simulate", "--workers", 1) as started:
        yield started


def call(running: Up, body: str, username: str, password: str, header: str = "") -> etree._Element:
    address = running.facts["services"]["Orders"]["address"]
    assert address.startswith("https://")
    secret = base64.b64encode(f"{username}:{password}".encode()).decode()
    headers = {"Content-Type": "text/xml", "Authorization": f"Basic {secret}"}
    request = urllib.request.Request(address, ENVELOPE.format(header, body).encode(), headers)
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


def sent(running: Up, username: str, correlation_id: str) -> str:
    relates = f'<a:RelatesTo xmlns:a="{xml.WSA_10}">{correlation_id}</a:RelatesTo>'
    receipt = call(running, PLACE, username, PASSWORDS[username], relates)
    return receipt.findtext(".//{*}messageId") or ""


def correlated(running: Up, username: str, correlation_id: str) -> tuple[str, str]:
    """Return the id and the answer's confirmation that a client is told of; empty when it is told of none."""
    which = f"<correlationId>{correlation_id}</correlationId>"
    told = call(running, f'<GetResponse xmlns="{NAMESPACE}">{which}</GetResponse>', username, PASSWORDS[username])
    return told.findtext(".//{*}messageId") or "", told.findtext(".//{*}confirmation") or ""


def test_clients_that_choose_the_same_correlation_id_are_each_told_of_their_own_message(running: Up) -> None:
    shop, till = (sent(running, client, "urn:batch") for client in ("shop", "till"))
    latest = {"shop": shop, "till": till, "desk": shop, "chief": till}

    def answered() -> bool:
        return all(correlated(running, client, "urn:batch")[1] for client in latest)

    def left() -> bool:
        kept = {message["id"] for message in running.jmswrap("messages", "--history")}
        return {shop, till} <= kept

    eventually(answered, "the answers")
    assert {client: correlated(running, client, "urn:batch")[0] for client in latest} == latest
    eventually(left, "the messages in the history")
    assert {client: correlated(running, client, "urn:batch")[0] for client in latest} == latest
    # Once the store has forgotten the correlation ids, the history is asked.
    store = redis.Redis.from_url(running.facts["store"])
    assert store.delete("Orders:cor:Orders/shop:urn:batch", "Orders:cor:Orders/till:urn:batch") == 2
    assert {client: correlated(running, client, "urn:batch")[0] for client in latest} == latest
    store.close()


def test_a_message_from_before_clients_were_told_apart_is_found_by_its_own_client_only(running: Up) -> None:
    old = sent(running, "shop", "urn:old")
    store = redis.Redis.from_url(running.facts["store"])
    assert store.rename("Orders:cor:Orders/shop:urn:old", "Orders:cor:Orders:urn:old")
    store.close()
    assert {c: correlated(running, c, "urn:old")[0] for c in PASSWORDS} == {
        "shop": old,
        "till": "",
        "desk": old,
        "chief": old,
    }


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
        request = urllib.request.Request(address, ENVELOPE.format("", PLACE).encode(), {"Content-Type": "text/xml"})
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            assert b"receipt" in answer.read()
        stranger = ssl.create_default_context(cafile=str(tmp_path / "orders/ca.pem"))
        with pytest.raises((urllib.error.URLError, OSError)):
            urllib.request.urlopen(request, context=stranger, timeout=30)
