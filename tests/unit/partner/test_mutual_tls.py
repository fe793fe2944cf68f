"""TLS as a partner asks for it: client certificates, its own authority, versions."""

import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as forms
from rogue import CONFIRMED, Rogue, once, rogue

from jmswrap.errors import ConfigError
from jmswrap.outcome import Outcome
from jmswrap.partner.client import PartnerClient

Make = Callable[..., PartnerClient]
PLACE = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'
IDENTIFIED = {"ca": "ca.pem", "certificate": "us.pem", "key": "us.key"}


@contextmanager
def secure(pki: Path, names: list[str], newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Iterator[Rogue]:
    """A partner that wants a client certificate and notes whose it was."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "them.pem", pki / "them.key")
    context.load_verify_locations(pki / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = newest
    behave = once("200 OK", CONFIRMED)

    def serve(connection: socket.socket, seen: Rogue) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            shown = secured.getpeercert() or {}
            names.append(next(value for group in shown["subject"] for kind, value in group if kind == "commonName"))
            behave(secured, seen)

    with rogue(serve) as seen:
        yield seen


def https(seen: Rogue) -> str:
    return seen.address.replace("http:", "https:")


def test_a_client_certificate_is_shown(partner: Make, pki: Path) -> None:
    names: list[str] = []
    with secure(pki, names) as seen:
        assert partner(https(seen), tls=IDENTIFIED).call("Place", PLACE).outcome is Outcome.REPLIED
    assert names == ["us"]


def test_without_one_the_call_is_not_made(partner: Make, pki: Path) -> None:
    with secure(pki, []) as seen:
        called = partner(https(seen), tls={"ca": "ca.pem"}).call("Place", PLACE)
        assert seen.requests == []
    # With TLS 1.3 the server says no only after the client's handshake is done.
    assert called.outcome in (Outcome.TLS_FAILED, Outcome.NO_ANSWER, Outcome.PARTLY_SENT, Outcome.NOT_CONNECTED)


def test_a_partner_below_the_least_version_is_not_called(partner: Make, pki: Path) -> None:
    with secure(pki, [], newest=ssl.TLSVersion.TLSv1_2) as seen:
        called = partner(https(seen), tls={**IDENTIFIED, "minimum_version": "1.3"}).call("Place", PLACE)
        assert called.outcome is Outcome.TLS_FAILED
        assert partner(https(seen), tls=IDENTIFIED).call("Place", PLACE).outcome is Outcome.REPLIED


def test_a_certificate_that_was_renewed_is_used_for_the_next_connection(partner: Make, pki: Path) -> None:
    names: list[str] = []
    with secure(pki, names) as seen:
        client = partner(https(seen), tls=IDENTIFIED)
        client.call("Place", PLACE)
        shutil.copy(pki / "other.pem", pki / "us.pem")
        client.close()
        client.call("Place", PLACE)
        shutil.copy(pki / "other.key", pki / "us.key")
        client.close()
        client.call("Place", PLACE)
    assert names == ["us", "us", "other"]


def test_a_key_of_another_certificate_is_one_sentence(partner: Make, pki: Path) -> None:
    with pytest.raises(ConfigError, match=r"other.key does not belong to the certificate us.pem"):
        partner("https://127.0.0.1:9/", tls={**IDENTIFIED, "key": "other.key"})


def test_a_locked_key_opens_with_its_password_only(partner: Make, pki: Path) -> None:

    key = forms.load_pem_private_key((pki / "us.key").read_bytes(), None)
    locked = key.private_bytes(
        forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.BestAvailableEncryption(b"open sesame")
    )
    (pki / "us.key").write_bytes(locked)
    names: list[str] = []
    with secure(pki, names) as seen:
        section = {**IDENTIFIED, "key_password": "env:KEY"}
        assert partner(https(seen), {"KEY": "open sesame"}, tls=section).call("Place", PLACE).outcome is Outcome.REPLIED
    for wrong in ({**IDENTIFIED, "key_password": "env:KEY"}, IDENTIFIED):
        with pytest.raises(ConfigError, match="password is wrong"):
            partner("https://127.0.0.1:9/", {"KEY": "please"}, tls=wrong)
