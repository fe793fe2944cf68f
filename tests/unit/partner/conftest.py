"""Partners' certificates, and clients made from a section of ``jmswrap.yaml``."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from jmswrap.config.partner_settings import Partner
from jmswrap.partner.authentication import Authentication
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.transport import Limits

WSDL = Path(__file__).parents[2] / "data/partner/orders.wsdl"
Make = Callable[..., PartnerClient]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def pki(authority: trustme.CA, tmp_path: Path) -> Path:
    """A folder with ca.pem, and for us, them and another: NAME.pem and NAME.key."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name in ("us", "them", "other"):
        # RSA, because that is what partners sign with.
        made = authority.issue_cert("127.0.0.1", "localhost", common_name=name, key_type=trustme.KeyType.RSA)
        made.cert_chain_pems[0].write_to_path(str(tmp_path / f"{name}.pem"))
        made.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
    return tmp_path


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Make]:
    """Make clients as a process does; they are closed at the end."""
    made: list[PartnerClient] = []

    def make(address: str, environment: dict[str, str] | None = None, **section: Any) -> PartnerClient:
        settings = Partner.model_validate({"wsdl": str(WSDL), **section})
        authentication = Authentication.of(settings, tmp_path, environment or {})
        limits = Limits(connect_seconds=20, read_seconds=30, total_seconds=60)
        made.append(PartnerClient("shop", WSDL, address=address, limits=limits, authentication=authentication))
        return made[-1]

    yield make
    for client in made:
        client.close()
