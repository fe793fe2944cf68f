"""Bodies at rest, sealed with AES-256-GCM under keys that a person rotates.

A sealed body says under which key, so that sealed and plain ones lie side by side and old
keys can be replaced while messages move:

    NUL 0x01 | length of the key's id | id | 4 bytes of the key's print | nonce (12) | ciphertext, tag

No XML and no JSON begins with NUL. Every message has a key of its own, derived from the
secret and the message's id, so that no key ever seals enough for its nonces to repeat; the
id is associated data, so that one message's body cannot be put in another's place. The
``cryptography`` package is asked for by this module only, and only when there is a key.
"""

import base64
import hashlib
import hmac
import importlib
import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jmswrap.errors import ConfigError, Unopened

SECRET_BYTES = 32
"""The shortest secret: `openssl rand -base64 32` makes a longer one."""

HEAD_BYTES = 64
"""So much of a stored body tells its key; a key's id has at most 32 characters."""

_MAGIC = b"\x00\x01"
_PRINT = 4
_NONCE = 12
_CIPHERS = "cryptography.hazmat.primitives.ciphers.aead"

MISSING_PACKAGE = "`store.encryption` needs the package `cryptography`: pip install 'jmswrap[encryption]'"


def is_installed() -> bool:
    """Tell whether bodies can be sealed here."""
    return importlib.util.find_spec("cryptography") is not None


@dataclass(frozen=True, slots=True)
class Seal:
    """The head of a sealed body: under which key it is."""

    key: str
    print: bytes
    length: int
    """Bytes of the head."""


def seal_of(stored: bytes) -> Seal | None:
    """Return the head of a stored body, of which ``HEAD_BYTES`` are enough; None when it is plain."""
    if not stored.startswith(_MAGIC) or len(stored) < 3:
        return None
    end = 3 + stored[2]
    key = stored[3:end].decode("ascii", "replace")
    return Seal(key, stored[end : end + _PRINT], end + _PRINT)


@dataclass(frozen=True, slots=True)
class Resealed:
    """One step of putting everything under the key that seals now."""

    looked_at: int
    """Messages."""
    resealed: int
    closed: Mapping[str, int]
    """How many could not be opened, by the id of their key."""


class Keyring:
    """The keys of an integration: the first one seals, all open. Without keys, bodies are plain."""

    def __init__(self, secrets: Sequence[tuple[str, bytes]] = ()) -> None:
        """Take pairs of a key's id and its secret; ConfigError when a secret is short or the package is missing."""
        if secrets and not is_installed():
            raise ConfigError(MISSING_PACKAGE)
        for key, secret in secrets:
            if len(secret) < SECRET_BYTES:
                raise ConfigError(
                    f"The secret of key `{key}` has {len(secret)} bytes: make one of {SECRET_BYTES} or more, "
                    "such as `openssl rand -base64 32`."
                )
        self._masters = {key: hashlib.sha256(b"jmswrap:1:" + secret).digest() for key, secret in secrets}
        self.prints: Mapping[str, bytes] = {
            key: hmac.digest(master, b"print", "sha256")[:_PRINT] for key, master in self._masters.items()
        }
        """Four bytes by which a key's secret is told from another one under the same id."""
        self.first = secrets[0][0] if secrets else ""
        """The id of the key that seals; empty: none does."""
        self._cipher: Any = importlib.import_module(_CIPHERS).AESGCM if secrets else None
        name = self.first.encode("ascii")
        self._head = _MAGIC + bytes([len(name)]) + name + self.prints.get(self.first, b"")

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._masters)})"

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        """Return what is to be stored of a message's body; an empty one (erased) says nothing and stays as it is."""
        if not self.first or not plain:
            return plain
        nonce = os.urandom(_NONCE)
        sealed: bytes = self._key(self.first, bound_to).encrypt(nonce, plain, bound_to.encode())
        return self._head + nonce + sealed

    def open(self, stored: bytes, bound_to: str) -> bytes:
        """Return the body that was stored; Unopened when its key is not here or it was changed."""
        seal = seal_of(stored)
        if seal is None:
            return stored
        if seal.key not in self._masters:
            raise Unopened(
                f"What message {bound_to} carries is sealed with key {seal.key}, which is not here: "
                "add it to store.encryption.keys.",
                seal.key,
            )
        if self.prints[seal.key] != seal.print:
            raise Unopened(
                f"What message {bound_to} carries is sealed with another secret under the key's name {seal.key}: "
                "give each secret a name of its own in store.encryption.keys.",
                seal.key,
            )
        nonce = stored[seal.length : seal.length + _NONCE]
        try:
            opened: bytes = self._key(seal.key, bound_to).decrypt(
                nonce, stored[seal.length + _NONCE :], bound_to.encode()
            )
        except Exception as error:
            raise Unopened(
                f"What message {bound_to} carries was changed since it was sealed with key {seal.key}: "
                "restore it from a backup, or end the message.",
                seal.key,
                damaged=True,
            ) from error
        return opened

    def needs(self, stored: bytes) -> bool:
        """Tell whether a stored body, or its head, is to be sealed anew to be as this ring would store it."""
        if not self.first:
            return seal_of(stored) is not None
        return bool(stored) and not stored.startswith(self._head)

    def seal_text(self, plain: str, bound_to: str) -> str:
        """Return a text as ``KEY:BASE64``; empty when texts stay plain."""
        if not self.first or not plain:
            return ""
        sealed = self.seal(plain.encode("utf-8", "replace"), bound_to)
        return f"{self.first}:{base64.b64encode(sealed).decode('ascii')}"

    def open_text(self, text: str, bound_to: str) -> str:
        """Return a text that ``seal_text`` made; Unopened as ``open``."""
        _, _, sealed = text.partition(":")
        return self.open(base64.b64decode(sealed), bound_to).decode("utf-8")

    def _key(self, key: str, bound_to: str) -> Any:
        return self._cipher(hmac.digest(self._masters[key], bound_to.encode(), "sha256"))


PLAIN = Keyring()
"""No keys: what is stored is what was given."""
