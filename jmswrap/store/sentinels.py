"""Addresses of stores behind Sentinel: ``sentinel://[USER:PASSWORD@]HOST:PORT,HOST:PORT/NAME[?PASSWORD]``.

Pure. User and password before the hosts are the servers' own, the one behind the name is the sentinels'.
"""

from dataclasses import dataclass
from urllib.parse import unquote

from jmswrap.errors import StoreDown

SCHEME = "sentinel://"
SENTINEL_PORT = 26_379


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Who is asked which server is the primary, and by what name it goes."""

    name: str
    addresses: tuple[tuple[str, int], ...]
    username: str | None = None
    password: str | None = None
    sentinel_password: str | None = None


def parse(url: str) -> Sentinels | None:
    """Read a ``sentinel://`` address; None for any other, StoreDown for one that says too little."""
    if not url.startswith(SCHEME):
        return None
    before, at, hosts = url.removeprefix(SCHEME).rpartition("@")
    hosts, _, name = hosts.partition("/")
    name, _, asking = name.partition("?")
    addresses = tuple(_address(host) for host in hosts.split(",") if host)
    if not addresses or not name or "/" in name:
        raise StoreDown("store.url says too little: write sentinel://HOST:PORT,HOST:PORT/NAME.")
    user, _, password = before.partition(":")
    secret = unquote(password) or None if at else None
    return Sentinels(name, addresses, unquote(user) or None, secret, unquote(asking) or None)


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(SENTINEL_PORT)
    if not host or not port.isdigit():
        raise StoreDown(f"store.url names a sentinel `{text}`: write HOST:PORT.")
    return host.strip("[]"), int(port)
