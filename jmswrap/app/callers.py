"""Whether the gateway can know its callers: what ``check`` tries beforehand.

A key that does not belong to its certificate, a password that is nowhere, a permission for
an operation that no contract has. Worker processes need none of it, so loading does not ask.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from jmswrap.accept import clients, tls
from jmswrap.config.gateway_settings import ClientCertificates, Way
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding, Where
from jmswrap.config.suggestions import did_you_mean
from jmswrap.contract.nouns import Contract
from jmswrap.errors import ConfigError


def unknowable(
    config: Config, contracts: Mapping[str, Contract], folder: Path, environment: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield what keeps the gateway from starting, or a client from calling."""
    try:
        tls.context(config.gateway.tls, folder, environment)
    except ConfigError as error:
        yield ("gateway", "tls"), str(error)
    for name, client in config.clients.items():
        try:
            clients.caller_of(name, client, folder, environment)
        except ConfigError as error:
            yield ("clients", name, "password"), str(error)
        yield from _operations(("clients", name, "operations"), client.operations, contracts)


def imprudent(config: Config) -> Iterator[Finding]:
    """Yield what works, and is rarely meant."""
    gateway, security = config.gateway, config.gateway.security
    if Way.DIGEST in security.accept and not gateway.tls.certificate and not security.tls_by_proxy:
        yield (
            ("gateway", "security", "accept"),
            "passwords are protected by their digests, but messages travel in clear: configure `gateway.tls`",
        )
    if gateway.tls.client_certificates is not ClientCertificates.NONE and Way.CERTIFICATE not in security.accept:
        yield (
            ("gateway", "tls", "client_certificates"),
            "callers are asked for certificates, but these do not say who calls: "
            "add `certificate` to `gateway.security.accept`",
        )


def _operations(where: Where, written: tuple[str, ...], contracts: Mapping[str, Contract]) -> Iterator[Finding]:
    for number, one in enumerate(written):
        service, _, operation = one.rpartition(".")
        contract = contracts.get(service)
        known = {name for port in contract.ports for name in port.operations} if contract is not None else set()
        if contract is None or operation == "*" or operation in known:
            continue
        end = did_you_mean(operation, sorted(known))
        yield (*where, number), f"`{one}`: service `{service}` has no operation `{operation}`{end}"
