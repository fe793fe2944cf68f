"""What check says of TLS, of the ways to show who one is, and of the clients."""

from pathlib import Path

import pytest
import trustme
import yaml
from door import PARTNER

from jmswrap.app.examination import examine
from jmswrap.contract.derive import derive

HASH = "$scrypt$ln=15,r=8,p=1$0TKJ7GytjAw7cTL81iLE5w$V1dfUWmBjJQAFb1YagC4iweMms4C/rDbACklgj/lAbA"
BASIC = {"security": {"accept": ["basic"]}, "tls": {"certificate": "s.pem", "key": "s.key"}}
CCB = {"password": HASH, "operations": ["Orders.*"]}


def told(folder: Path, gateway: dict[str, object], clients: dict[str, object]) -> tuple[list[str], list[str]]:
    """Return the problems and warnings of an integration with these settings."""
    derive(PARTNER, folder, "Orders")
    issued = trustme.CA().issue_cert("localhost")
    issued.private_key_pem.write_to_path(folder / "s.key")
    issued.cert_chain_pems[0].write_to_path(folder / "s.pem")
    (folder / "ca.pem").write_text("no certificate\n")
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(folder / "other.key")
    config = {
        "jmswrap": 1,
        "name": "told",
        "services": {"Orders": {"wsdl": "Orders.wsdl"}},
        "routes": {"all": {"from": {"service": "Orders"}, "to": {"queue": "taken"}}},
        "gateway": gateway,
        "clients": clients,
    }
    (folder / "jmswrap.yaml").write_text(yaml.safe_dump(config))
    examined = examine(folder / "jmswrap.yaml")
    return [str(one) for one in examined.problems], [str(one) for one in examined.warnings]


def test_a_gateway_that_knows_its_callers_may_listen_everywhere(tmp_path: Path) -> None:
    assert told(tmp_path, {"host": "0.0.0.0", **BASIC}, {"ccb": CCB})[0] == []


@pytest.mark.parametrize(
    ("gateway", "clients", "sentence"),
    [
        ({"host": "0.0.0.0"}, {}, "where anybody could call"),
        ({"security": {"accept": ["basic"]}}, {"ccb": CCB}, "`basic` sends passwords in clear"),
        (BASIC, {}, "none is known: add them under `clients`"),
        ({}, {"ccb": CCB}, "nobody is asked who calls"),
        ({"tls": {"certificate": "s.pem"}}, {}, "needs both `certificate` and `key`: add `key`"),
        ({"tls": {"certificate": "no.pem", "key": "s.key"}}, {}, "there is no file `no.pem`"),
        ({"tls": {"certificate": "s.pem", "key": "other.key"}}, {}, "key values mismatch"),
        ({"tls": {**BASIC["tls"], "client_certificates": "optional"}}, {}, "needs `client_ca`"),
        ({"tls": {**BASIC["tls"], "client_ca": "ca.pem"}}, {}, "`client_ca` is not used"),
        ({"tls": {**BASIC["tls"], "client_ca": "ca.pem", "client_certificates": "required"}}, {}, "give a PEM file"),
        ({"tls": {**BASIC["tls"], "key_password": "secret"}}, {}, "must be a reference"),
        ({**BASIC, "public_url": "http://gate.example"}, {"ccb": CCB}, "must begin with https://"),
        ({**BASIC, "security": {"accept": ["certificate"]}}, {"ccb": CCB}, "needs callers' certificates"),
        ({**BASIC, "security": {"accept": ["basic", "certificate"]}}, {"ccb": CCB}, "no client has `certificates`"),
        (BASIC, {"ccb": {"operations": ["*"]}}, "client `ccb` can never call"),
        (BASIC, {"ccb": {"password": "hunter2", "operations": ["*"]}}, "a hash made by `jmswrap hash-password`"),
        (BASIC, {"ccb": {"password": "$5$x$y", "operations": ["*"]}}, "is no hash that can be used"),
        (BASIC, {"ccb": {"password": "env:NOWHERE_SET", "operations": ["*"]}}, "set the environment variable"),
        ({"security": {"accept": ["password_digest"]}}, {"ccb": CCB}, "computed from the password itself"),
        (BASIC, {"ccb": {**CCB, "certificates": ["CN=x"]}}, "are not used"),
        (BASIC, {"ccb": {**CCB, "certificates": ["x"]}}, "`x` names no certificate"),
        (BASIC, {"ccb": {**CCB, "username": "a:b"}}, "cannot carry a user name with a colon"),
        (BASIC, {"ccb": {"password": HASH}}, "`clients.ccb.operations` is missing"),
        (BASIC, {"ccb": {**CCB, "operations": ["Place"]}}, "must be written `service.operation`"),
        (BASIC, {"ccb": {**CCB, "operations": ["Order.Place"]}}, "did you mean `Orders`?"),
        (BASIC, {"ccb": {**CCB, "operations": ["Orders.Plce"]}}, "did you mean `Place`?"),
        (BASIC, {"ccb": {**CCB, "messages_of": ["*", "cbb"]}}, "names `cbb`, which is no client: did you mean `ccb`?"),
        (BASIC, {"ccb": CCB, "mdm": {**CCB, "username": "ccb"}}, "have the same username"),
        (
            {"security": {"accept": ["password_digest"], "open_pages": "none"}},
            {"ccb": {**CCB, "password": "file:s.key"}},
            "nobody could see a page",
        ),
    ],
)
def test_a_mistake_is_told_in_one_sentence(
    tmp_path: Path, gateway: dict[str, object], clients: dict[str, object], sentence: str
) -> None:
    problems, _ = told(tmp_path, gateway, clients)
    assert [one for one in problems if sentence in one], problems
    assert not [one for one in problems if "hunter2" in one]


def test_digests_in_clear_are_warned_of(tmp_path: Path) -> None:
    client = {"password": "file:s.key", "operations": ["*"]}
    problems, warnings = told(tmp_path, {"security": {"accept": ["password_digest"]}}, {"ccb": client})
    assert problems == []
    assert [one for one in warnings if "messages travel in clear" in one]
