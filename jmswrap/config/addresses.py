"""What the address of a database says by itself; jmswrap.database makes an engine of it."""

import importlib.util
import re

POSTGRES = re.compile(r"^postgres(ql)?(\+psycopg)?://")


def missing_driver(setting: str, url: str) -> str:
    """Return what is missing to use an address; empty when nothing is."""
    if POSTGRES.match(url) and importlib.util.find_spec("psycopg") is None:
        return f"`{setting}` is PostgreSQL, whose driver is not installed: pip install 'jmswrap[postgres]'"
    return ""


def is_file(url: str) -> bool:
    """Tell whether an address means SQLite, which serves one machine only."""
    return url != "none" and not POSTGRES.match(url)
