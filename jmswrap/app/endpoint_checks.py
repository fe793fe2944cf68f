"""Addresses in the vendor's configuration files that nobody calls."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from jmswrap.app.oracle_files import ENDPOINT
from jmswrap.app.transforms import readable_properties
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding
from jmswrap.contract.nouns import Port


def imprudent(config: Config, ports: Mapping[str, Port], folder: Path) -> Iterator[Finding]:
    """Yield the endpoint properties of Read processes that somebody set, and that say other than what is called."""
    known = readable_properties(config, folder)
    told: set[tuple[str, str]] = set()
    for name, route in config.routes.items():
        partner = route.to.partner or ""
        port = ports.get(partner)
        if port is None:
            continue
        called = config.partners[partner].address or port.address or "no address"
        for key, said in known.service(name).items():
            # What the contract says is what was shipped.
            if ENDPOINT.match(key) is None or not _complete(said) or said in (called, port.address):
                continue
            if (partner, said) not in told:
                sentence = f"the property {key} of {name} is {said}, and partner `{partner}` is called at {called}"
                yield ("partners", partner), f"{sentence}: set `partners.{partner}.address`, or correct the property"
            told.add((partner, said))


def _complete(address: str) -> bool:
    """Tell whether an address is one: before the vendor's installation it holds tokens that begin with `@`."""
    return address.startswith(("http://", "https://")) and "@" not in address
