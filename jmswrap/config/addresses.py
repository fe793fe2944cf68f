"""What an address says by itself; jmswrap.database makes an engine of that of a database."""

import importlib.util
import ipaddress
import re

POSTGRES = re.compile(r"^postgres(ql)?(\+psycopg)?://")


def missing_driver(setting: str, url: str) -> str:
    """Return what is missing to use an address; empty when nothing is."""
    if POSTGRES.match(url) and importlib.util.find_spec("psycopg") is None:
        return f"`{setting}` is PostgreSQL, whose driver is not installed: pip install 'jmswrap[postgres]'"
    return ""


def is_file(url: str) -> bool:
    """Tell whether a database's address means SQLite, which serves one machine only."""
    return url != "none" and not POSTGRES.match(url)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address stays on this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
