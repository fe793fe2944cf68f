"""TLS at the gateway: which versions are spoken. The handshakes are OpenSSL's own, in memory."""

import ssl
from pathlib import Path

import pytest
import trustme

from jmswrap.accept.tls import context
from jmswrap.config.gateway_settings import Tls


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, trustme.CA]:
    folder, authority = tmp_path_factory.mktemp("papers"), trustme.CA()
    issued = authority.issue_cert("gateway.example")
    issued.private_key_pem.write_to_path(folder / "s.key")
    for number, pem in enumerate(issued.cert_chain_pems):
        pem.write_to_path(folder / "s.pem", append=number > 0)
    return folder, authority


def spoken(server: ssl.SSLContext, client: ssl.SSLContext) -> str | None:
    """Return the version that the two agree on; SSLError when there is none."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname="gateway.example")
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (one, other):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return one.version()


@pytest.mark.parametrize(
    ("least", "most", "version"),
    [
        ("1.2", ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
        ("1.2", ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
        ("1.3", ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
        ("1.3", ssl.TLSVersion.TLSv1_2, ""),
        ("1.2", ssl.TLSVersion.TLSv1_1, ""),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_no_version_below_the_least_is_spoken(
    papers: tuple[Path, trustme.CA], least: str, most: ssl.TLSVersion, version: str
) -> None:
    folder, authority = papers
    server = context(Tls.model_validate({"certificate": "s.pem", "key": "s.key", "minimum_version": least}), folder, {})
    client = ssl.create_default_context()
    # Old versions are off by OpenSSL's own level, too: without it, only the gateway stands in their way.
    client.set_ciphers("DEFAULT@SECLEVEL=0")
    client.minimum_version, client.maximum_version = min(most, ssl.TLSVersion.TLSv1_2), most
    authority.configure_trust(client)
    assert server is not None
    if version:
        assert spoken(server, client) == version
    else:
        with pytest.raises(ssl.SSLError):
            spoken(server, client)
