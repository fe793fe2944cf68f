"""Hashes of passwords: scrypt, as ``jmswrap hash-password`` makes them, and sha256-crypt.

The forms are those of other tools: ``$scrypt$ln=15,r=8,p=1$SALT$HASH`` (unpadded Base64)
and ``$5$rounds=5000$SALT$HASH`` (``openssl passwd -5``, ``mkpasswd -m sha-256``). Standard
library only; checking one takes some 5 to 100 ms, so callers keep what they found.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

LOG2_COST = 15
"""scrypt's work for new hashes: 32 MiB and some 60 ms."""
LONGEST = 1024
"""The longest password that is hashed, bytes: work must not grow with what a caller sends."""

_BLOCK, _PARALLEL, _SALT_BYTES, _HASH_BYTES = 8, 1, 16, 32
_SCRYPT = re.compile(r"^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/.]+)\$([A-Za-z0-9+/.]+)$")
_SHA256 = re.compile(r"^\$5\$(?:rounds=(\d{4,9})\$)?([^$:\s]{0,16})\$([./0-9A-Za-z]{43})$")
_FEWEST_ROUNDS, _ROUNDS, _MOST_ROUNDS = 1000, 5000, 1_000_000
_ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Scrypt:
    """A hash made by scrypt (RFC 7914)."""

    log2_cost: int
    block: int
    parallel: int
    salt: bytes
    hash: bytes

    def fits(self, password: bytes) -> bool:
        """Tell whether a password has this hash."""
        if len(password) > LONGEST:
            return False
        made = _scrypt(password, self.salt, self.log2_cost, self.block, self.parallel, len(self.hash))
        return hmac.compare_digest(made, self.hash)


@dataclass(frozen=True, slots=True)
class Sha256Crypt:
    """A hash made by sha256-crypt (glibc's ``$5$``)."""

    rounds: int
    salt: bytes
    hash: str

    def fits(self, password: bytes) -> bool:
        """Tell whether a password has this hash."""
        if len(password) > LONGEST:
            return False
        return hmac.compare_digest(_sha256_crypt(password, self.salt, self.rounds), self.hash)


Hash = Scrypt | Sha256Crypt


def looks_hashed(text: str) -> bool:
    """Tell whether a text claims to be a hash."""
    return text.startswith(("$scrypt$", "$5$"))


def read_hash(text: str) -> Hash | None:
    """Return the hash that a text is; None when it is none that can be used."""
    found = _SCRYPT.match(text)
    if found:
        cost, block, parallel = (int(found.group(n)) for n in (1, 2, 3))
        salt, made = _decoded(found.group(4)), _decoded(found.group(5))
        usable = 10 <= cost <= 20 and 1 <= block <= 32 and 1 <= parallel <= 16 and salt and len(made) >= 16
        return Scrypt(cost, block, parallel, salt, made) if usable else None
    found = _SHA256.match(text)
    if found is None:
        return None
    rounds = int(found.group(1) or _ROUNDS)
    return Sha256Crypt(rounds, found.group(2).encode(), found.group(3)) if rounds <= _MOST_ROUNDS else None


def hashed(password: bytes) -> str:
    """Return a new hash of a password, by scrypt."""
    salt = secrets.token_bytes(_SALT_BYTES)
    made = _scrypt(password, salt, LOG2_COST, _BLOCK, _PARALLEL, _HASH_BYTES)
    return f"$scrypt$ln={LOG2_COST},r={_BLOCK},p={_PARALLEL}${_encoded(salt)}${_encoded(made)}"


def _scrypt(password: bytes, salt: bytes, log2_cost: int, block: int, parallel: int, length: int) -> bytes:
    cost = 1 << log2_cost
    most = 128 * block * (cost + parallel + 2) + 1_048_576
    return hashlib.scrypt(password, salt=salt, n=cost, r=block, p=parallel, maxmem=most, dklen=length)


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    # passlib writes a dot for the plus.
    try:
        return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return b""


def _sha256_crypt(password: bytes, salt: bytes, rounds: int) -> str:
    """Follow "Unix crypt using SHA-256", U. Drepper; Python's ``crypt`` is gone since 3.13."""
    last = _first_digest(password, salt)
    p_bytes = _stretched(hashlib.sha256(password * len(password)).digest(), len(password))
    s_bytes = _stretched(hashlib.sha256(salt * (16 + last[0])).digest(), len(salt))
    for number in range(max(rounds, _FEWEST_ROUNDS)):
        odd = number % 2
        piece = p_bytes if odd else last
        if number % 3:
            piece += s_bytes
        if number % 7:
            piece += p_bytes
        last = hashlib.sha256(piece + (last if odd else p_bytes)).digest()
    return _crypt_text(last)


def _first_digest(password: bytes, salt: bytes) -> bytes:
    other = hashlib.sha256(password + salt + password).digest()
    digest = hashlib.sha256(password + salt + _stretched(other, len(password)))
    left = len(password)
    while left:
        digest.update(other if left & 1 else password)
        left >>= 1
    return digest.digest()


def _stretched(piece: bytes, length: int) -> bytes:
    return (piece * (length // len(piece) + 1))[:length]


def _crypt_text(digest: bytes) -> str:
    triples = [(0, 10, 20), (21, 1, 11), (12, 22, 2), (3, 13, 23), (24, 4, 14)]
    triples += [(15, 25, 5), (6, 16, 26), (27, 7, 17), (18, 28, 8), (9, 19, 29)]
    text = "".join(_letters(digest[a] << 16 | digest[b] << 8 | digest[c], 4) for a, b, c in triples)
    return text + _letters(digest[31] << 8 | digest[30], 3)


def _letters(value: int, count: int) -> str:
    return "".join(_ITOA64[value >> 6 * place & 63] for place in range(count))
