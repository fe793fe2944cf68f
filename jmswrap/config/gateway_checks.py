"""What can be wrong about who may call: ways nobody can use, callers nobody can be.

Like ``checks``: each yields a place and a sentence.
"""

from collections.abc import Callable
from pathlib import Path

from jmswrap.config import certificates, passwords, secrets
from jmswrap.config.gateway_settings import EVERYBODY, Client, ClientCertificates, Pages, Way
from jmswrap.config.settings import Config
from jmswrap.config.source import Found, Where
from jmswrap.config.suggestions import did_you_mean

_PASSWORD_WAYS = frozenset((Way.BASIC, Way.TEXT, Way.DIGEST))
_IN_CLEAR = (Way.BASIC, Way.TEXT)
_ACCEPT: Where = ("gateway", "security", "accept")


def security(config: Config, folder: Path, services: frozenset[str]) -> Found:
    """Yield every problem of TLS, of the ways to show who one is, and of the clients."""
    yield from _tls(config, folder)
    yield from _ways(config)
    yield from _twice(config)
    for name, client in config.clients.items():
        yield from _client(config, name, client)
        yield from _operations(("clients", name, "operations"), client, services)
        yield from _others(config, name, client)


def _tls(config: Config, folder: Path) -> Found:
    tls = config.gateway.tls
    if bool(tls.certificate) != bool(tls.key):
        missing = "key" if tls.certificate else "certificate"
        yield ("gateway", "tls"), f"`gateway.tls` needs both `certificate` and `key`: add `{missing}`"
    for key, file in (("certificate", tls.certificate), ("key", tls.key), ("client_ca", tls.client_ca)):
        if file and not (folder / file).is_file():
            yield ("gateway", "tls", key), f"there is no file `{file}` in {folder}: write the PEM file there"
    if tls.key_password and not secrets.is_reference(tls.key_password):
        yield ("gateway", "tls", "key_password"), secrets.misplaced("gateway.tls.key_password")
    asked = tls.client_certificates is not ClientCertificates.NONE
    if asked and not tls.certificate:
        yield ("gateway", "tls"), "`client_certificates` needs TLS: give `certificate` and `key`"
    if asked and not tls.client_ca:
        yield ("gateway", "tls"), "`client_certificates` needs `client_ca`: whose certificates are to be believed?"
    if tls.client_ca and not asked:
        yield (
            ("gateway", "tls", "client_ca"),
            "`client_ca` is not used: set `client_certificates` to `optional` or `required`",
        )
    if tls.certificate and config.gateway.public_url.startswith("http://"):
        yield ("gateway", "public_url"), "the gateway speaks TLS: `gateway.public_url` must begin with https://"


def _ways(config: Config) -> Found:
    gateway, accept = config.gateway, config.gateway.security.accept
    if config.clients and not accept:
        yield (
            ("clients",),
            "there are clients, but nobody is asked who calls: list ways in `gateway.security.accept`",
        )
    if accept and not config.clients:
        yield _ACCEPT, "callers must show who they are, but none is known: add them under `clients`"
    if not gateway.tls.certificate and not gateway.security.tls_by_proxy:
        for way in (way for way in _IN_CLEAR if way in accept):
            yield (
                _ACCEPT,
                f"`{way}` sends passwords in clear: configure `gateway.tls`, "
                "or set `tls_by_proxy` when a proxy speaks TLS with the callers",
            )
    if Way.CERTIFICATE in accept and gateway.tls.client_certificates is ClientCertificates.NONE:
        yield (
            _ACCEPT,
            "`certificate` needs callers' certificates: set `gateway.tls.client_certificates` and `client_ca`",
        )
    yield from _unused_ways(config)
    closed = accept and gateway.security.open_pages is Pages.NONE
    if closed and not {Way.BASIC, Way.CERTIFICATE} & set(accept):
        yield (
            ("gateway", "security", "open_pages"),
            "nobody could see a page, a WS-Security password comes with calls only: accept `basic` or `certificate`",
        )


def _unused_ways(config: Config) -> Found:
    accept, clients = config.gateway.security.accept, config.clients.values()
    for way in accept if clients else ():
        with_certificate = way is Way.CERTIFICATE
        if not any(client.certificates if with_certificate else client.password for client in clients):
            lacking = "`certificates`" if with_certificate else "a `password`"
            yield _ACCEPT, f"`{way}` lets nobody in: no client has {lacking}"


def _client(config: Config, name: str, client: Client) -> Found:
    where: Where = ("clients", name)
    accept = set(config.gateway.security.accept)
    if not client.password and not client.certificates:
        yield where, f"client `{name}` can never call: give it a `password` or `certificates`"
    if client.next_password and not client.password:
        yield (*where, "next_password"), f"client `{name}` has a `next_password` but no `password`: move it there"
    if accept and client.password and not accept & _PASSWORD_WAYS:
        yield (*where, "password"), f"the password of client `{name}` is not used: `gateway.security.accept` has no way"
    if accept and client.certificates and Way.CERTIFICATE not in accept:
        yield (
            (*where, "certificates"),
            f"the certificates of client `{name}` are not used: add `certificate` to `gateway.security.accept`",
        )
    if ":" in client.username:
        yield (*where, "username"), "HTTP Basic cannot carry a user name with a colon: use another"
    for key, written in (("password", client.password), ("next_password", client.next_password)):
        if written:
            yield from _password((*where, key), written, accept)
    for number, written in enumerate(client.certificates):
        if not certificates.normal(written):
            yield (
                (*where, "certificates", number),
                f"`{written}` names no certificate: write `sha256:` and 64 hexadecimal digits, or `CN=…,O=…`",
            )


def _password(where: Where, written: str, accept: set[Way]) -> Found:
    key = ".".join(str(part) for part in where)
    if passwords.looks_hashed(written):
        if passwords.read_hash(written) is None:
            yield where, f"`{key}` is no hash that can be used: make one with `jmswrap hash-password`"
        elif Way.DIGEST in accept:
            yield (
                where,
                "`password_digest` is computed from the password itself, which a hash does not tell: "
                "give `env:NAME` or `file:PATH` of the password",
            )
    elif not secrets.is_reference(written):
        yield where, f"{secrets.misplaced(key)}; a hash made by `jmswrap hash-password` may stand here"


def _operations(where: Where, client: Client, services: frozenset[str]) -> Found:
    for number, written in enumerate(client.operations):
        service, dot, operation = written.rpartition(".")
        if written == "*":
            continue
        if not dot or not service or not operation or "*" in service:
            yield (*where, number), f"`{written}` must be written `service.operation`, `service.*` or `*`"
        elif service not in services:
            end = did_you_mean(service, sorted(services))
            yield (*where, number), f"`{written}` is of `{service}`, which is no service{end}"


def _others(config: Config, name: str, client: Client) -> Found:
    for number, other in enumerate(client.messages_of):
        if other != EVERYBODY and other not in config.clients:
            end = did_you_mean(other, sorted(config.clients))
            yield ("clients", name, "messages_of", number), f"`messages_of` names `{other}`, which is no client{end}"


def _twice(config: Config) -> Found:
    yield from _same(config, "username", lambda name, client: [client.username or name])
    normal = certificates.normal
    yield from _same(config, "certificates", lambda _, client: [n for c in client.certificates if (n := normal(c))])


def _same(config: Config, key: str, of: Callable[[str, Client], list[str]]) -> Found:
    seen: dict[str, str] = {}
    for name, client in config.clients.items():
        for value in of(name, client):
            first = seen.setdefault(value, name)
            if first != name:
                yield ("clients", name), f"clients `{first}` and `{name}` have the same {key}: who calls must be clear"
