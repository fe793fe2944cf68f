"""TLS to a partner: certificates are verified, calls go through, aborts reach the handshake."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rogue import CONFIRMED, Rogue, answer, rogue

from jmswrap.outcome import Outcome
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.transport import Limits

WSDL = Path(__file__).parents[2] / "data/partner/orders.wsdl"
PLACE = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the test's certificate")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return folder / "cert.pem"


@pytest.fixture
def secure(certificate: Path) -> Iterator[Rogue]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    behave = answer("200 OK", CONFIRMED)

    def serve(connection: socket.socket, seen: Rogue) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            behave(secured, seen)

    with rogue(serve) as seen:
        yield seen


def test_a_certificate_nobody_vouches_for_ends_the_call(secure: Rogue) -> None:
    with closing(PartnerClient("o", WSDL, address=f"https://127.0.0.1:{secure.port}/")) as orders:
        called = orders.call("Place", PLACE)
    assert called.outcome is Outcome.TLS_FAILED
    assert "certificate" in called.sentence.lower()
    assert secure.requests == []


def test_a_trusted_partner_is_called_over_one_connection(
    secure: Rogue, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    limits = Limits(read_seconds=30)
    with closing(PartnerClient("o", WSDL, address=f"https://127.0.0.1:{secure.port}/", limits=limits)) as orders:
        assert [orders.call("Place", PLACE).outcome for _ in range(3)] == [Outcome.REPLIED] * 3
    assert len(secure.requests) == 3
