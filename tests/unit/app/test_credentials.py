"""What ``jmswrap check`` says of partners' secrets, keys and certificates."""

import datetime
import shutil
from pathlib import Path

import pytest
import trustme

from jmswrap.app.examination import examine

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, authority = tmp_path_factory.mktemp("pki"), trustme.CA()
    past = datetime.datetime(2020, 5, 17, tzinfo=datetime.UTC)
    for name, until in (("us", None), ("other", None), ("old", past)):
        made = authority.issue_cert("localhost", key_type=trustme.KeyType.RSA, not_after=until)
        made.cert_chain_pems[0].write_to_path(str(folder / f"{name}.pem"))
        made.private_key_pem.write_to_path(str(folder / f"{name}.key"))
    return folder


def said(folder: Path, pki: Path, partner: str, address: str = "https://localhost/") -> tuple[list[str], list[str]]:
    shutil.copy(ROOT / "tests/data/partner/orders.wsdl", folder / "orders.wsdl")
    shutil.copytree(pki, folder / "pki", dirs_exist_ok=True)
    (folder / "two-lines").write_text("hunter2\nhunter3\n")
    (folder / "umlaut").write_text("hünter2\n")
    (folder / "jmswrap.yaml").write_text(
        f"""jmswrap: 1
name: orders
partners:
  shop:
    wsdl: orders.wsdl
    address: {address}
{partner}
routes:
  place: {{from: {{queue: in}}, to: {{partner: shop, operation: Place}}, order: none}}
"""
    )
    found = examine(folder)
    problems, warnings = ([one.sentence for one in many] for many in (found.problems, found.warnings))
    return problems, warnings


BASIC = "    security: {basic: {username: us, password: 'env:JMSWRAP_TEST_SHOP'}}"


@pytest.mark.parametrize(
    ("partner", "sentence"),
    [
        (BASIC, "set the environment variable JMSWRAP_TEST_SHOP"),
        ("    security: {basic: {username: us, password: hunter2}}", "not a place for secrets"),
        ("    security: {basic: {username: 'a:b', password: 'env:PATH'}}", "user name with a colon"),
        ("    http_headers: {X-Api-Key: hunter2}", "not a place for secrets"),
        ("    http_headers: {Content-Type: text/plain}", "is made for each call"),
        ("    http_headers: {'X Y': z}", "cannot be the name of an HTTP header"),
        ("    http_headers: {X-Api-Key: 'file:two-lines'}", "write it as one line"),
        ("    http_headers: {X-Api-Key: 'file:umlaut'}", "which an HTTP header must be"),
        ("    tls: {certificate: pki/us.pem}", "add `key`"),
        ("    tls: {certificate: pki/gone.pem, key: pki/us.key}", "there is no file `pki/gone.pem`"),
        ("    tls: {certificate: pki/us.pem, key: pki/other.key}", "does not belong to the certificate us.pem"),
        ("    tls: {ca: orders.wsdl}", "holds no certificates"),
        ("    security: {signature: {key: pki/other.key, certificate: pki/us.pem}}", "does not belong"),
        ("    soap_headers: [orders.wsdl, gone.xml]", "there is no file `gone.xml`"),
    ],
)
def test_what_keeps_a_partner_from_being_called_is_one_sentence(
    tmp_path: Path, pki: Path, partner: str, sentence: str
) -> None:
    problems, _ = said(tmp_path, pki, partner)
    assert len(problems) == 1, problems
    assert sentence in problems[0]
    assert "hunter2" not in problems[0]


def test_several_problems_are_told_at_once(tmp_path: Path, pki: Path) -> None:
    (tmp_path / "odd.xml").write_text("<a>${password}</a>")
    partner = (
        "    tls: {certificate: pki/us.pem, key: pki/other.key}\n"
        "    security: {signature: {key: pki/us.key, certificate: pki/us.pem, algorithm: ecdsa-sha256}}\n"
        "    soap_headers: [odd.xml]"
    )
    problems, _ = said(tmp_path, pki, partner)
    assert [word for word in ("us.pem", "ecdsa-sha256", "${password}") if not any(word in p for p in problems)] == []
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("partner", "address", "warning"),
    [
        (BASIC, "http://localhost/", "is sent its password over http://, in clear"),
        ("    tls: {certificate: pki/old.pem, key: pki/old.key}", "https://localhost/", "expired on 2020-05-17"),
        (
            "    security: {oauth: {token_url: 'http://x/', client_id: us, client_secret: 'env:JMSWRAP_TEST_SHOP'}}",
            "https://localhost/",
            "token endpoint in clear",
        ),
    ],
)
def test_what_works_and_is_rarely_meant_is_a_warning(
    tmp_path: Path, pki: Path, partner: str, address: str, warning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JMSWRAP_TEST_SHOP", "hunter2")
    problems, warnings = said(tmp_path, pki, partner, address)
    assert problems == []
    assert len([one for one in warnings if warning in one]) == 1, warnings


def test_a_digest_over_http_is_no_warning(tmp_path: Path, pki: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JMSWRAP_TEST_SHOP", "hunter2")
    token = "    security: {username_token: {username: us, password: 'env:JMSWRAP_TEST_SHOP', digest: true}}"
    assert not [one for one in said(tmp_path, pki, token, "http://localhost/")[1] if "clear" in one]
