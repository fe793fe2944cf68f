"""Nonces that were used: one window for all gateway processes.

A nonce of a WS-Security password digest may be used once. ``SET NX PX`` decides, whichever
process is asked; what is kept is a hash, for as long as its call could be repeated.
"""

import hashlib

import redis.asyncio

from jmswrap.store import keys
from jmswrap.store.edge import edge


class Nonces:
    """The nonces of one integration's callers, for an event loop."""

    def __init__(self, client: "redis.asyncio.Redis", prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    async def first_use(self, username: str, nonce: bytes, keep_ms: int) -> bool:
        """Tell whether a caller uses a nonce for the first time, and remember it; StoreDown when nobody can tell."""
        mark = hashlib.sha256(username.encode() + b"\0" + nonce).hexdigest()
        with edge():
            new = await self._client.set(keys.nonce(self._prefix, mark), b"1", nx=True, px=keep_ms)
        return bool(new)
