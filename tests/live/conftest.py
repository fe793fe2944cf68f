"""What the tests of the bridge share: one ActiveMQ for all of them."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import activemq
import pytest
import trustme
from activemq import ActiveMQ
from bridge_site import Cut, Site

from jmswrap.store.server import EmbeddedServer


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who signed the broker's certificate."""
    return trustme.CA()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[ActiveMQ]:
    """A broker that is also spoken to over TLS where openssl can make its key store."""
    folder = tmp_path_factory.mktemp("activemq")
    with activemq.serving(folder, _key_store(folder, authority) if shutil.which("openssl") else None) as running:
        yield running


def _key_store(folder: Path, authority: trustme.CA) -> Path:
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "own.pem")
    words = ["openssl", "pkcs12", "-export", "-in", "own.pem", "-out", "own.p12", "-passout", "pass:changeit"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=60)
    return folder / "own.p12"


@pytest.fixture
def site(tmp_path: Path, store_server: EmbeddedServer, broker: ActiveMQ) -> Iterator[Site]:
    made = Site(tmp_path, store_server, broker.port)
    yield made
    made.kill()
    made.store.client.close()


@pytest.fixture
def cut(broker: ActiveMQ) -> Iterator[Cut]:
    made = Cut(broker.port)
    yield made
    made.close()
