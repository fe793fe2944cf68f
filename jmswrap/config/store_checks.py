"""What can be wrong about the store and the databases, as far as the file alone shows it. Like ``checks``."""

import re
from urllib.parse import urlsplit

from jmswrap.config.secrets import is_reference, misplaced
from jmswrap.config.settings import Config
from jmswrap.config.source import Found, Where

_HISTORY = re.compile(r"^(sqlite:///.+|postgres(ql)?(\+psycopg)?://.+)$")
_STORES = {"redis": True, "rediss": True, "unix": False}
"""The schemes of a store's address, and whether they need a host."""


def store(config: Config) -> Found:
    """Yield every problem of the store's section."""
    settings = config.store
    if settings.url.startswith("sentinel://"):
        if not re.fullmatch(r"sentinel://([^/@]*@)?[^/@,]+(,[^/@,]+)*/[^/?]+", settings.url):
            yield ("store", "url"), "`store.url` says too little: write sentinel://HOST:PORT,HOST:PORT/NAME"
    elif settings.url:
        parts = urlsplit(settings.url)
        if parts.scheme not in _STORES:
            yield ("store", "url"), "`store.url` must begin with redis://, rediss://, unix:// or sentinel://"
        elif _STORES[parts.scheme] and not parts.hostname:
            yield ("store", "url"), "`store.url` names no host: write redis://HOST:PORT"
    if ":" in _userinfo(settings.url):
        yield ("store", "url"), "`store.url` holds a password: name where it is in `store.password` (`env:`, `file:`)"
    if settings.password and not is_reference(settings.password):
        yield ("store", "password"), misplaced("store.password")
    elif settings.password and not settings.url:
        yield ("store", "password"), "`store.password` is of no use to the embedded server: add `store.url`, or drop it"
    if settings.sentinel_password and not is_reference(settings.sentinel_password):
        yield ("store", "sentinel_password"), misplaced("store.sentinel_password")
    elif settings.sentinel_password and not settings.url.startswith("sentinel://"):
        yield ("store", "sentinel_password"), "`store.sentinel_password` is of use with a `store.url` of sentinels only"
    if settings.prefix and re.search(r"[\s{}*?\[\]]", settings.prefix):
        yield ("store", "prefix"), "`store.prefix` stands in every key: use letters, digits, `-`, `_`, `.` and `:` only"
    named: set[str] = set()
    for index, key in enumerate(settings.encryption.keys):
        where: Where = ("store", "encryption", "keys", index)
        if not is_reference(key.secret):
            yield (*where, "secret"), misplaced(f"store.encryption.keys[{index + 1}].secret")
        if key.id in named:
            yield (*where, "id"), f"two keys are named `{key.id}`: give each secret a name of its own"
        named.add(key.id)


def history(config: Config) -> Found:
    """Yield every problem of where the history and the cross-references are kept."""
    url = config.history.url
    if url and url != "none" and not _HISTORY.match(url):
        yield (
            ("history", "url"),
            f"`history.url` is `{url.partition(':')[0]}…`: write sqlite:///FILE, postgresql://HOST/DB or `none`",
        )
    for section, address in (("history", url), ("cross_references", config.cross_references.url)):
        if address.startswith("postgres") and ":" in _userinfo(address):
            sentence = f"`{section}.url` holds a password: put it into the file that PGPASSFILE names"
            yield (section, "url"), sentence


def _userinfo(address: str) -> str:
    """Return what stands before the @ of an address."""
    return address.partition("://")[2].partition("/")[0].rpartition("@")[0]
