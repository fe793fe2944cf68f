"""What partners see of who calls: credentials in HTTP and in the envelope."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree
from rogue import CONFIRMED, Rogue, once, rogue

from jmswrap.errors import ConfigError
from jmswrap.outcome import Outcome
from jmswrap.partner.client import PartnerClient

Make = Callable[..., PartnerClient]
PLACE = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
OK = once("200 OK", CONFIRMED)


def header(seen: Rogue, name: str, index: int = -1) -> str:
    lines = seen.requests[index].partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return next((line.partition(": ")[2] for line in lines if line.lower().startswith(f"{name.lower()}: ")), "")


def security(seen: Rogue, index: int = -1) -> etree._Element:
    root = etree.fromstring(seen.requests[index].partition(b"\r\n\r\n")[2])
    (found,) = root.findall(f"{SOAP}Header/{WSSE}Security")
    return found


def test_http_basic_carries_the_name_and_the_secret(partner: Make) -> None:
    section = {"basic": {"username": "jörg", "password": "env:SHOP"}}
    with rogue(OK) as seen:
        partner(seen.address, {"SHOP": "pass:wörd"}, security=section).call("Place", PLACE)
    kind, _, pair = header(seen, "Authorization").partition(" ")
    assert (kind, base64.b64decode(pair).decode()) == ("Basic", "jörg:pass:wörd")


def test_a_username_token_with_its_password_as_text(partner: Make) -> None:
    section = {"username_token": {"username": "us", "password": "env:SHOP"}}
    with rogue(OK) as seen:
        partner(seen.address, {"SHOP": "a<b"}, security=section).call("Place", PLACE)
    block = security(seen)
    assert block.get(f"{SOAP}mustUnderstand") == "1"
    assert block.findtext(f"{WSSE}UsernameToken/{WSSE}Username") == "us"
    password = block.find(f"{WSSE}UsernameToken/{WSSE}Password")
    assert (password.text, password.get("Type").rpartition("#")[2]) == ("a<b", "PasswordText")
    assert PLACE in seen.requests[0]


def test_a_digest_is_of_a_new_nonce_and_the_time_of_each_attempt(partner: Make) -> None:
    section = {"username_token": {"username": "us", "password": "env:SHOP", "digest": True}}
    with rogue(OK) as seen:
        client = partner(seen.address, {"SHOP": "secret"}, security=section)
        assert [client.call("Place", PLACE).outcome for _ in range(2)] == [Outcome.REPLIED] * 2
    nonces = set()
    for index in range(2):
        token = security(seen, index).find(f"{WSSE}UsernameToken")
        nonce = base64.b64decode(token.findtext(f"{WSSE}Nonce"))
        created = token.findtext(f"{WSU}Created")
        digest = hashlib.sha1(nonce + created.encode() + b"secret").digest()
        assert base64.b64decode(token.findtext(f"{WSSE}Password")) == digest
        assert abs((datetime.fromisoformat(created.replace("Z", "+00:00")) - datetime.now(UTC)).total_seconds()) < 60
        nonces.add(nonce)
    assert len(nonces) == 2
    assert b"secret" not in seen.requests[0]


def test_a_timestamp_alone_is_valid_from_now_for_as_long_as_it_says(partner: Make) -> None:
    with rogue(OK) as seen:
        section = {"timestamp": {"lifetime_seconds": 60}, "must_understand": False}
        partner(seen.address, security=section).call("Place", PLACE)
    block = security(seen)
    created, expires = (
        datetime.fromisoformat(block.findtext(f"{WSU}Timestamp/{WSU}{name}").replace("Z", "+00:00"))
        for name in ("Created", "Expires")
    )
    assert (expires - created).total_seconds() == 60
    assert abs((created - datetime.now(UTC)).total_seconds()) < 60
    assert block.get(f"{SOAP}mustUnderstand") is None
    assert len(block) == 1


def test_what_our_caller_said_of_itself_is_not_passed_on_beside_our_own(partner: Make) -> None:
    theirs = f'<w:Security xmlns:w="{WSSE[1:-1]}"><w:UsernameToken/></w:Security>'
    with rogue(OK) as seen:
        client = partner(seen.address, security={"timestamp": {}})
        client.call("Place", PLACE, headers=(theirs, '<Origin xmlns="urn:example:orders">7</Origin>'))
    assert security(seen).find(f"{WSSE}UsernameToken") is None
    assert b">7</Origin>" in seen.requests[0]


def test_a_typed_call_carries_the_security_header_too(partner: Make) -> None:
    with rogue(OK) as seen:
        partner(seen.address, security={"timestamp": {}}).call("Place", PLACE, typed=True)
    assert security(seen).find(f"{WSU}Timestamp") is not None


def test_headers_of_the_partner_s_own_are_filled_in_for_each_attempt(partner: Make, tmp_path: Path) -> None:
    (tmp_path / "session.xml").write_text(
        "<?xml version='1.0'?>\n<s:Session xmlns:s='urn:s'><s:key>${env:KEY}</s:key><s:of>${operation}</s:of>"
        "<s:id>${id}</s:id><s:at>${now}</s:at></s:Session>",
        "utf-8-sig",
    )
    with rogue(OK) as seen:
        own = {"http_headers": {"X-Api-Key": "env:KEY", "X-Site": "north"}, "soap_headers": ["session.xml"]}
        client = partner(seen.address, {"KEY": "k&y"}, **own)
        client.call("Place", PLACE)
        client.call("Place", PLACE)
    assert (header(seen, "X-Api-Key"), header(seen, "X-Site")) == ("k&y", "north")
    blocks = [
        etree.fromstring(r.partition(b"\r\n\r\n")[2]).find(f"{SOAP}Header/{{urn:s}}Session") for r in seen.requests
    ]
    assert "\ufeff".encode() not in seen.requests[0], "the file's byte order mark stays in the file"
    assert [block.findtext("{urn:s}key") for block in blocks] == ["k&y"] * 2
    assert [block.findtext("{urn:s}of") for block in blocks] == ["Place"] * 2
    assert len({block.findtext("{urn:s}id") for block in blocks}) == 2


def test_a_secret_in_a_file_is_read_again_when_it_was_renewed(partner: Make, tmp_path: Path) -> None:
    (tmp_path / "shop.secret").write_text("old\n")
    section = {"basic": {"username": "us", "password": "file:shop.secret"}}
    with rogue(OK) as seen:
        client = partner(seen.address, security=section)
        client.call("Place", PLACE)
        (tmp_path / "renewed").write_text("new!\n")
        (tmp_path / "renewed").replace(tmp_path / "shop.secret")
        client.call("Place", PLACE)
        (tmp_path / "shop.secret").unlink()
        client.call("Place", PLACE)
    pairs = [base64.b64decode(header(seen, "Authorization", index)[6:]) for index in range(3)]
    assert pairs == [b"us:old", b"us:new!", b"us:new!"]


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"security": {"basic": {"username": "us", "password": "env:GONE"}}}, "environment variable GONE"),
        ({"soap_headers": ["gone.xml"]}, "gone.xml cannot be read"),
        ({"tls": {"ca": "gone.pem"}}, "gone.pem holds no certificates"),
        ({"security": {"signature": {"key": "a.key", "certificate": "a.pem"}}}, "a.pem cannot be read"),
    ],
)
def test_what_cannot_be_used_is_said_at_the_start(partner: Make, section: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        partner("http://127.0.0.1:9/", **section)
