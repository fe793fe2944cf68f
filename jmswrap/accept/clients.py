"""Who may call, compiled: passwords, certificates and permissions of every client.

Made once, before the gateway's processes are forked. A password that has a hash costs
tens of milliseconds to check, so each process remembers for a minute what it found, under
an HMAC of name and password with a key of its own: no password stays in memory for it.
"""

import asyncio
import hashlib
import hmac
import secrets as random
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from jmswrap.config import passwords, secrets
from jmswrap.config.certificates import normal
from jmswrap.config.gateway_settings import Client
from jmswrap.config.passwords import Hash
from jmswrap.config.settings import Config
from jmswrap.errors import ConfigError, Unavailable

REMEMBERED = 4096
"""How many outcomes of password checks a process remembers, of each kind."""
REMEMBERED_SECONDS = 60.0
WAITING_CHECKS = 32
"""Checks of hashes that may wait in a process; more are answered 503: guessing must not cost callers their place."""
CHECKING_THREADS = 2

CLIENT_PROPERTY = "JMSXUserID"
"""The message property that names the client (JMS 2.0 §3.5.9)."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A password that is known itself."""

    value: bytes = field(repr=False)

    def fits(self, password: bytes) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(hashlib.sha256(self.value).digest(), hashlib.sha256(password).digest())


Password = Plain | Hash


@dataclass(frozen=True, slots=True)
class Caller:
    """A client, compiled."""

    name: str
    username: str
    passwords: tuple[Password, ...]
    certificates: frozenset[str]
    operations: frozenset[str]

    def may(self, service: str, operation: str) -> bool:
        """Tell whether it may call an operation."""
        allowed = self.operations
        return f"{service}.{operation}" in allowed or f"{service}.*" in allowed or "*" in allowed


class Clients:
    """All clients, and what the process remembers of their passwords."""

    def __init__(self, callers: Sequence[Caller]) -> None:
        self._by_username = {caller.username: caller for caller in callers}
        self._by_certificate = {name: caller for caller in callers for name in caller.certificates}
        self._key = random.token_bytes(32)
        self._right = _Memory()
        self._wrong = _Memory()
        self._threads: ThreadPoolExecutor | None = None
        self._waiting = 0
        # Who does not exist, and who has no hash, take as long as who has: the work is done for nobody.
        hashes = [each for caller in callers for each in caller.passwords if not isinstance(each, Plain)]
        self._nobody = tuple(hashes[:1])

    def by_certificate(self, names: Sequence[str]) -> Caller | None:
        """Return the client that one of a certificate's names (normal form) stands for."""
        return next((found for name in names if (found := self._by_certificate.get(name)) is not None), None)

    def by_username(self, username: str) -> Caller | None:
        """Return the client of a user name."""
        return self._by_username.get(username)

    async def by_password(self, username: str, password: bytes) -> Caller | None:
        """Return the client whose user name and password these are; Unavailable when too many are being checked."""
        caller = self._by_username.get(username)
        known = () if caller is None else caller.passwords
        if any([one.fits(password) for one in known if isinstance(one, Plain)]):  # noqa: C419 - as below
            return caller
        hashes = tuple(one for one in known if not isinstance(one, Plain))
        fits = await self._fits(username, password, hashes or self._nobody)
        return caller if hashes and fits else None

    async def _fits(self, username: str, password: bytes, hashes: tuple[Hash, ...]) -> bool:
        if not hashes:
            return False
        mark = hmac.digest(self._key, username.encode() + b"\0" + password, "sha256")
        if self._right.has(mark):
            return True
        if self._wrong.has(mark):
            return False
        if self._waiting >= WAITING_CHECKS:
            raise Unavailable("Too many passwords are being checked; send the message again in a moment.")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(CHECKING_THREADS, thread_name_prefix="jmswrap-passwords")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            fits = await loop.run_in_executor(self._threads, _any_fits, hashes, password)
        finally:
            self._waiting -= 1
        (self._right if fits else self._wrong).add(mark)
        return fits


class _Memory:
    """Marks that were seen lately; the oldest make room."""

    def __init__(self) -> None:
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def has(self, mark: bytes) -> bool:
        """Tell whether a mark is remembered."""
        until = self._until.get(mark)
        return until is not None and until > time.monotonic()

    def add(self, mark: bytes) -> None:
        """Remember a mark from now on."""
        self._until.pop(mark, None)
        self._until[mark] = time.monotonic() + REMEMBERED_SECONDS
        if len(self._until) > REMEMBERED:
            self._until.popitem(last=False)


def clients_of(config: Config, folder: Path, environment: Mapping[str, str]) -> Clients:
    """Return the clients of a configuration, secrets resolved; ConfigError names the one that is missing."""
    return Clients([caller_of(name, client, folder, environment) for name, client in config.clients.items()])


def caller_of(name: str, client: Client, folder: Path, environment: Mapping[str, str]) -> Caller:
    """Return one client compiled; ConfigError when its secret is missing."""
    written = [one for one in (client.password, client.next_password) if one]
    return Caller(
        name=name,
        username=client.username or name,
        passwords=tuple(_password(name, one, folder, environment) for one in written),
        certificates=frozenset(normal(one) for one in client.certificates),
        operations=frozenset(client.operations),
    )


def _password(name: str, written: str, folder: Path, environment: Mapping[str, str]) -> Password:
    text = written
    if secrets.is_reference(written):
        try:
            text = secrets.resolve(written, folder, environment).text
        except ConfigError as error:
            raise ConfigError(f"Client {name}: {error}") from error
    if not passwords.looks_hashed(text):
        return Plain(text.encode())
    found = passwords.read_hash(text)
    if found is None:
        raise ConfigError(f"Client {name}: the password is no hash that can be used; make one by hash-password.")
    return found


def _any_fits(hashes: tuple[Hash, ...], password: bytes) -> bool:
    return any([one.fits(password) for one in hashes])  # noqa: C419 - all of them, so that the time tells nothing
