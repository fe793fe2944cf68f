"""Who calls, over real TLS: passwords and certificates, and what each client may call."""

import base64
import contextlib
import http.client
import os
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import requests
import trustme
import zeep
from door import Orders, Reply, Starts, envelope_11, envelope_12, place
from lxml import etree
from secured import (
    CLIENTS,
    DIGEST_CLIENTS,
    HASHED,
    SECRETS,
    WSSE,
    Papers,
    basic,
    digest_token,
    instant,
    security,
    settings,
    text_token,
    timestamp,
)
from zeep.wsse.username import UsernameToken

from jmswrap.config.passwords import hashed
from jmswrap.store.server import EmbeddedServer

TELL = '<Tell xmlns="urn:example:orders"><news>rain</news></Tell>'
CCB, MDM = SECRETS["DOOR_CCB"], SECRETS["DOOR_MDM"]


@pytest.fixture(scope="module")
def _secrets() -> Iterator[None]:
    os.environ.update(SECRETS)
    yield
    for name in SECRETS:
        del os.environ[name]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return Papers.issued(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="module")
def gate(_secrets: None, starts: Starts, store_server: EmbeddedServer, papers: Papers) -> Orders:
    """Basic, password texts and certificates, over TLS; contracts for known callers only."""
    gateway = papers.gateway(", open_pages: probes")
    return starts.orders(store_server.url, gateway, settings(CLIENTS), tls=papers.client())


@pytest.fixture(scope="module")
def digests(_secrets: None, starts: Starts, store_server: EmbeddedServer) -> Orders:
    """Two processes that take password digests with a Timestamp, in clear."""
    gateway = "{processes: 2, security: {accept: [password_digest], timestamp_required: true}}"
    return starts.orders(store_server.url, gateway, settings(DIGEST_CLIENTS))


def call(gate: Orders, body: str, headers: dict[str, str] | None = None, header: str = "") -> Reply:
    fields = {"Content-Type": "text/xml; charset=utf-8", **(headers or {})}
    return gate.request("POST", "/services/Orders", envelope_11(body, header), fields)


def code(reply: Reply) -> str:
    """The fault code with its namespace, when it is not SOAP's own."""
    written = reply.envelope.find(".//faultcode")
    assert written is not None
    assert written.text is not None
    prefix, _, local = written.text.partition(":")
    return f"{{{written.nsmap[prefix]}}}{local}"


def sender(gate: Orders, reply: Reply) -> str:
    assert reply.status == 200, reply.body
    record = gate.store.record(reply.receipt["messageId"])
    assert record is not None
    return record.message.properties["JMSXUserID"]


@pytest.mark.parametrize(
    ("username", "password", "client"),
    [("ccb", CCB, "ccb"), ("ccb", SECRETS["DOOR_NEXT"], "ccb"), ("mdm", MDM, "mdm"), ("head.end", HASHED, "meters")],
)
def test_the_client_of_a_right_password_stays_with_the_message(
    gate: Orders, username: str, password: str, client: str
) -> None:
    assert sender(gate, call(gate, place(), basic(username, password))) == client
    assert sender(gate, call(gate, place(), header=security(text_token(username, password)))) == client


@pytest.mark.parametrize(
    ("username", "password"), [("ccb", "no"), ("nobody", CCB), ("meters", HASHED), ("head.end", "x")]
)
def test_a_wrong_password_is_answered_401_and_says_not_what_was_wrong(
    gate: Orders, username: str, password: str
) -> None:
    reply = call(gate, place(), basic(username, password))
    assert (reply.status, reply.fault_code) == (401, "Client")
    assert reply.headers["www-authenticate"].startswith("Basic realm=")
    assert reply.sentence == "The user name or the password is wrong; correct them."
    reply = call(gate, place(), header=security(text_token(username, password)))
    assert (reply.status, code(reply)) == (500, f"{{{WSSE}}}FailedAuthentication")
    assert reply.sentence == "The user name or the password is wrong; correct them."


def test_soap_12_tells_the_same_as_a_subcode(gate: Orders) -> None:
    body = envelope_12(place(), security(text_token("ccb", "no")))
    reply = gate.post(body, "application/soap+xml; charset=utf-8")
    assert (reply.status, reply.fault_code) == (400, "Sender")
    value = reply.envelope.find(".//{*}Subcode/{*}Value")
    assert value is not None
    assert value.text == "wsse:FailedAuthentication"
    assert value.nsmap["wsse"] == WSSE


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Bearer x", "Basic " + base64.b64encode(b"nocolon").decode()])
def test_credentials_that_cannot_be_read_are_answered_401(gate: Orders, header: str) -> None:
    assert call(gate, place(), {"Authorization": header}).status == 401


def test_who_says_nothing_is_asked(gate: Orders) -> None:
    reply = call(gate, place())
    assert (reply.status, reply.fault_code) == (401, "Client")


def test_who_is_not_known_is_refused_before_its_message_is_validated(gate: Orders) -> None:
    assert call(gate, place(quantity="many")).status == 401
    assert call(gate, place(quantity="many"), basic("ccb", CCB)).detail("code") == "invalid-document"


def test_permission_goes_by_the_body_and_never_by_the_action(gate: Orders) -> None:
    reply = call(gate, TELL, {**basic("mdm", MDM), "SOAPAction": '"urn:place"'})
    assert (reply.status, reply.fault_code, reply.detail("code")) == (403, "Client", "forbidden")
    assert "Orders.Tell" in reply.sentence
    assert call(gate, place(), basic("mdm", MDM)).status == 200
    assert sender(gate, call(gate, TELL, basic("ccb", CCB))) == "ccb"


def test_a_certificate_says_who_calls(gate: Orders, papers: Papers) -> None:
    shop = replace(gate, tls=papers.client("shop", "Shop"))
    assert sender(shop, call(shop, TELL)) == "shop"
    assert call(shop, place()).status == 403


def test_a_certificate_that_no_client_has_lets_nobody_in(gate: Orders, papers: Papers) -> None:
    stranger = replace(gate, tls=papers.client("stranger", "Shop"))
    assert call(stranger, TELL).status == 401
    assert call(stranger, TELL, basic("ccb", CCB)).status == 200


def test_a_certificate_of_another_authority_ends_the_connection(gate: Orders, papers: Papers) -> None:
    forger = replace(gate, tls=papers.client("shop", "Shop", trustme.CA()))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        call(forger, TELL)


def test_credentials_of_two_clients_are_refused(gate: Orders, papers: Papers) -> None:
    shop = replace(gate, tls=papers.client("shop", "Shop"))
    assert "two different clients" in call(shop, TELL, basic("ccb", CCB)).sentence
    assert "two different clients" in call(shop, TELL, header=security(text_token("ccb", CCB))).sentence


def test_a_caller_that_waits_for_100_continue_is_refused_before_it_sends(gate: Orders) -> None:
    assert gate.tls is not None
    head = b"POST /services/Orders HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 9\r\n"
    with (
        socket.create_connection(("127.0.0.1", gate.port), timeout=15) as plain,
        gate.tls.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(head + b"Authorization: Basic eDp5\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 401 ")


def test_clear_text_is_not_answered_where_tls_is_spoken(gate: Orders) -> None:
    with socket.create_connection(("127.0.0.1", gate.port), timeout=15) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"alive" not in connection.recv(1000)


def test_contracts_are_for_known_callers_where_that_is_set(gate: Orders) -> None:
    path = "/services/Orders?wsdl"
    assert gate.request("GET", path).status == 401
    assert gate.request("GET", path, headers=basic("ccb", "no")).status == 401
    assert gate.request("GET", path, headers=basic("ccb", CCB)).body.startswith(b"<?xml")
    assert gate.request("GET", "/").status == 401
    assert gate.request("GET", "/health").status == 200


def test_checking_a_hash_does_not_hold_up_the_calls_of_a_client(gate: Orders) -> None:
    """One check of this hash takes 60 ms and more; measured beside it, and beside calls that need none."""

    def seconds(work: Callable[[], object]) -> float:
        began = time.monotonic()
        work()
        return time.monotonic() - began

    def called(name: str, password: str) -> None:
        assert call(gate, place(), basic(name, password)).status == 200

    called("head.end", HASHED)
    checks = known = plain = 0.0
    for _ in range(20):
        checks += seconds(lambda: hashed(HASHED.encode()))
        known += seconds(lambda: called("head.end", HASHED))
        plain += seconds(lambda: called("ccb", CCB))
    assert known < plain + checks / 2


def test_the_password_is_neither_stored_nor_logged(gate: Orders) -> None:
    reply = call(gate, place(), header=security(text_token("ccb", CCB)))
    record = gate.store.record(reply.receipt["messageId"], with_body=True)
    assert record is not None
    assert CCB not in repr(record)
    call(gate, place(), basic("ccb", "a wrong password"))
    call(gate, place(), header=security(text_token("ccb", "a wrong password")))
    said = gate.log.read_text()
    assert "not-admitted" in said
    assert "wrong password" not in said
    assert CCB not in said


def test_refusals_do_not_fill_the_log(gate: Orders) -> None:
    before = gate.log.read_text().count(" not-admitted ")
    for _ in range(60):
        call(gate, place())
    assert gate.log.read_text().count(" not-admitted ") - before <= 30


@pytest.mark.parametrize(
    ("inside", "fault"),
    [
        (lambda: '<d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"/>', "UnsupportedSecurityToken"),
        (lambda: text_token("ccb", CCB) * 2, "InvalidSecurity"),
        (lambda: text_token("ccb<!-- -->x", CCB), "InvalidSecurity"),
        (lambda: "<w:UsernameToken><w:Username>ccb</w:Username></w:UsernameToken>", "InvalidSecurity"),
        (lambda: text_token("ccb", CCB).replace("<w:Password>", '<w:Password Type="urn:x">'), "InvalidSecurity"),
        (lambda: digest_token("ccb", CCB, b"n", instant()), "FailedAuthentication"),
        (lambda: text_token("ccb", CCB) + timestamp("yesterday"), "InvalidSecurity"),
        (lambda: text_token("ccb", CCB) + timestamp(instant(500)), "InvalidSecurity"),
        (lambda: text_token("ccb", CCB) + timestamp(instant(), instant(-10)), "InvalidSecurity"),
    ],
)
def test_a_security_header_that_cannot_be_relied_on_is_refused(
    gate: Orders, inside: Callable[[], str], fault: str
) -> None:
    """The header is written when it is sent: its times are a matter of minutes."""
    reply = call(gate, place(), header=security(inside()))
    assert (reply.status, code(reply)) == (500, f"{{{WSSE}}}{fault}"), reply.body
    assert reply.envelope.find(".//detail") is None


def test_two_security_headers_are_refused(gate: Orders) -> None:
    reply = call(gate, place(), header=security(text_token("ccb", CCB)) * 2)
    assert code(reply) == f"{{{WSSE}}}InvalidSecurity"


def test_a_timestamp_that_has_expired_is_refused(gate: Orders) -> None:
    inside = text_token("ccb", CCB) + timestamp(instant(-200), instant(-100))
    assert code(call(gate, place(), header=security(inside))).endswith("}MessageExpired")
    inside = text_token("ccb", CCB) + timestamp(instant(-50), instant(-20))
    assert call(gate, place(), header=security(inside)).status == 200


def test_a_security_header_is_not_understood_where_none_is_configured(orders: Orders) -> None:
    header = security(text_token("ccb", CCB))
    assert orders.post(envelope_11(place(), header)).fault_code == "MustUnderstand"
    assert orders.post(envelope_11(place(), header.replace('mustUnderstand="1"', 'mustUnderstand="0"'))).status == 200


def test_a_security_header_for_somebody_else_is_not_read(gate: Orders) -> None:
    header = security(text_token("mdm", MDM), ' s:mustUnderstand="1" s:actor="urn:a-proxy"')
    assert sender(gate, call(gate, place(), basic("ccb", CCB), header)) == "ccb"


def digest_call(digests: Orders, nonce: bytes, created: str, password: str = CCB, times: str | None = None) -> Reply:
    token = digest_token("ccb", password, nonce, created)
    return call(digests, place(), header=security(token + (timestamp(created) if times is None else times)))


def test_a_digest_is_taken_once_whichever_process_is_asked(digests: Orders) -> None:
    nonce, created = secrets.token_bytes(16), instant()
    replies = [digest_call(digests, nonce, created) for _ in range(12)]
    assert [reply.status for reply in replies] == [200] + [500] * 11
    assert {code(reply) for reply in replies[1:]} == {f"{{{WSSE}}}InvalidSecurity"}
    assert sender(digests, replies[0]) == "ccb"


def test_a_wrong_digest_does_not_use_up_the_nonce(digests: Orders) -> None:
    nonce, created = secrets.token_bytes(16), instant()
    assert code(digest_call(digests, nonce, created, "no")).endswith("}FailedAuthentication")
    assert digest_call(digests, nonce, created).status == 200


@pytest.mark.parametrize(("seconds", "fault"), [(-361, "MessageExpired"), (70, "InvalidSecurity")])
def test_a_digest_of_another_time_is_refused(digests: Orders, seconds: float, fault: str) -> None:
    reply = digest_call(digests, secrets.token_bytes(16), instant(seconds), times=timestamp(instant()))
    assert code(reply).endswith(f"}}{fault}")


def test_a_digest_of_the_first_moment_of_the_clock_is_as_old_as_it_says(digests: Orders) -> None:
    reply = digest_call(digests, secrets.token_bytes(16), "1970-01-01T00:00:00Z", times=timestamp(instant()))
    assert code(reply).endswith("}MessageExpired")
    reply = digest_call(digests, secrets.token_bytes(16), instant(), times=timestamp("1970-01-01T00:00:00Z"))
    assert code(reply).endswith("}MessageExpired")


def test_a_timestamp_is_demanded_where_that_is_set(digests: Orders) -> None:
    assert "no Timestamp" in digest_call(digests, secrets.token_bytes(16), instant(), times="").sentence
    assert "security header is missing" in call(digests, place()).sentence
    for empty in ("<u:Timestamp/>", f"<u:Timestamp><u:Expires>{instant(9e8)}</u:Expires></u:Timestamp>"):
        assert "no Created" in digest_call(digests, secrets.token_bytes(16), instant(), times=empty).sentence


def test_a_password_as_text_is_refused_where_digests_are_taken(digests: Orders) -> None:
    reply = call(digests, place(), header=security(text_token("ccb", CCB) + timestamp(instant())))
    assert code(reply) == f"{{{WSSE}}}FailedAuthentication"


def test_zeep_calls_with_a_password_text_over_tls(gate: Orders, papers: Papers) -> None:
    session = requests.Session()
    session.verify = str(papers.folder / "ca.pem")
    session.trust_env = False  # or the machine's own authorities would go before
    session.auth = ("ccb", CCB)
    address = f"https://127.0.0.1:{gate.port}/services/Orders"
    transport = zeep.Transport(session=session)
    client = zeep.Client(f"{address}?wsdl", wsse=UsernameToken("ccb", CCB), transport=transport)
    session.auth = None
    binding = next(iter(client.wsdl.bindings))
    receipt = client.create_service(binding, address).Place(number="Z1", quantity=1)
    assert str(receipt.status) == "ACCEPTED"
    transport.session.close()


def test_zeep_calls_with_a_digest_and_a_timestamp(digests: Orders) -> None:
    wsu = zeep.wsse.utils.WSU
    times = wsu.Timestamp(wsu.Created(instant()), wsu.Expires(instant(60)))
    address = f"http://127.0.0.1:{digests.port}/services/Orders"
    token = UsernameToken("ccb", CCB, use_digest=True, timestamp_token=times)
    client = zeep.Client(f"{address}?wsdl", wsse=token)
    receipt = client.service.Place(number="Z2", quantity=1)
    assert str(receipt.status) == "ACCEPTED"
    client.transport.session.close()


def test_the_answer_to_a_refusal_is_no_more_than_an_envelope(gate: Orders) -> None:
    for reply in (call(gate, place()), call(gate, place(), header=security(text_token("ccb", "no")))):
        assert etree.QName(reply.envelope).localname == "Envelope"
        assert not [word for word in (b"Traceback", b"jmswrap/", b"redis") if word in reply.body]


def test_too_many_guesses_at_once_are_put_off_and_none_breaks_a_page(gate: Orders) -> None:
    with contextlib.ExitStack() as open_ones:
        # All of them stand before the first guess is sent: so the guesses come together.
        connections = [
            http.client.HTTPSConnection("127.0.0.1", gate.port, timeout=30, context=gate.tls) for _ in range(44)
        ]
        for connection in connections:
            open_ones.callback(connection.close)
            connection.connect()
        for number, connection in enumerate(connections):
            connection.request("GET", "/services/Orders?wsdl", headers=basic("head.end", f"guess {number}"))
        answers = [(found.status, found.read()) for found in (each.getresponse() for each in connections)]
    assert {status for status, _ in answers} == {401, 503}
    assert all(said == b"not now: unavailable\n" for status, said in answers if status == 503)
